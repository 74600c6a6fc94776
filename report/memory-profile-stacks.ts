// Who held the memory at the peak, or who allocated it, for the tools that draw stacks: speedscope and Chrome's
// DevTools. Pure.
import {
  type HolderFrame,
  type HolderNode,
  type HolderStack,
  type HolderStacks,
  treeOf,
} from "../profiler/peak-holders.js";
import type { ChromeCallFrame } from "./chrome-call-frame.js";
import { nameOfFrame } from "./memory-profile-holders.js";
import { heldWords } from "./stack-words.js";

/** A node of Chrome's heap profile. */
interface HeapProfileNode {
  readonly callFrame: ChromeCallFrame;
  readonly selfSize: number;
  readonly id: number;
  readonly children: readonly HeapProfileNode[];
}

/** What DevTools opens as `.heapprofile`: heap and off-heap bytes in one tree. */
export interface HeapProfile {
  readonly head: HeapProfileNode;
  readonly samples: readonly { readonly size: number; readonly nodeId: number; readonly ordinal: number }[];
}

/** Puts the stacks into the shape of `HeapProfiler.stopSampling`. */
export function heapProfileOf(holders: HolderStacks): HeapProfile {
  const samples: { size: number; nodeId: number; ordinal: number }[] = [];
  let lastId = 0;
  const nodeOf = ({ frame, self, children }: HolderNode): HeapProfileNode => {
    lastId += 1;
    const id = lastId;
    const selfSize = Math.round(self);
    if (selfSize > 0) samples.push({ size: selfSize, nodeId: id, ordinal: samples.length + 1 });
    return { callFrame: callFrameOf(frame), selfSize, id, children: children.map(nodeOf) };
  };
  return { head: nodeOf(treeOf(holders)), samples };
}

function callFrameOf(frame: HolderFrame | undefined): ChromeCallFrame {
  const [functionName, url, line] =
    frame === undefined ? ["(root)", "", 0] : [nameOfFrame(frame), frame.file, frame.line];
  return { functionName, scriptId: "0", url, lineNumber: line - 1, columnNumber: frame === undefined ? -1 : 0 };
}

/** A file of speedscope, as its schema has it. */
export interface SpeedscopeFile {
  readonly $schema: string;
  readonly shared: {
    readonly frames: readonly { readonly name: string; readonly file?: string; readonly line?: number }[];
  };
  readonly profiles: readonly {
    readonly type: "sampled";
    readonly name: string;
    readonly unit: "bytes";
    readonly startValue: number;
    readonly endValue: number;
    readonly samples: readonly (readonly number[])[];
    readonly weights: readonly number[];
  }[];
  readonly name: string;
  readonly activeProfileIndex: number;
  readonly exporter: string;
}

const speedscopeNames = {
  held: {
    all: "held at the peak",
    heap: "held in V8's heap",
    offHeap: "held off the heap",
    file: "Memory held at the peak of a cell",
  },
  allocated: {
    all: "allocated, freed again or not",
    heap: "allocated in V8's heap",
    offHeap: "allocated off the heap",
    file: "Memory allocated by a cell",
  },
} as const;

/** Puts the stacks into speedscope's shape: all bytes, then those of V8's heap and those off it. */
export function speedscopeOf({ frames, stacks }: HolderStacks, { did } = heldWords): SpeedscopeFile {
  const names = speedscopeNames[did];
  // What no function of the user's did has a name in the table too.
  const nobody = frames.length;
  const profileOf = (name: string, bytesOf: (stack: HolderStack) => number) => {
    const counted = stacks
      .map((stack) => ({ stack, bytes: Math.round(bytesOf(stack)) }))
      .filter(({ bytes }) => bytes > 0);
    return {
      type: "sampled" as const,
      name,
      unit: "bytes" as const,
      startValue: 0,
      endValue: counted.reduce((sum, { bytes }) => sum + bytes, 0),
      samples: counted.map(({ stack }) => (stack.frames.length === 0 ? [nobody] : stack.frames)),
      weights: counted.map(({ bytes }) => bytes),
    };
  };
  return {
    $schema: "https://www.speedscope.app/file-format-schema.json",
    shared: {
      frames: [
        ...frames.map((frame) => ({
          name: nameOfFrame(frame),
          file: frame.file,
          ...(frame.line > 0 && { line: frame.line }),
        })),
        { name: nameOfFrame(undefined) },
      ],
    },
    profiles: [
      profileOf(names.all, ({ heap, offHeap }) => heap + offHeap),
      profileOf(names.heap, ({ heap }) => heap),
      profileOf(names.offHeap, ({ offHeap }) => offHeap),
    ],
    name: names.file,
    activeProfileIndex: 0,
    exporter: "cellscope",
  };
}
