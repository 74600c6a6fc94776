// Which stacks allocated what is in V8's heap, by V8's sampling heap profiler.
import { type HeapProfiler, Session } from "node:inspector";
import { createRequire } from "node:module";
import type { StackSite } from "./call-stack.js";

/** Bytes in the heap by the stack that allocated them, the outermost function first. */
export interface HeapStack {
  readonly sites: readonly StackSite[];
  readonly bytes: number;
}

/** A heap profiler at work. */
export interface HeapSampling {
  /** Keeps what the heap holds now. */
  readonly snap: () => void;
  /** What the heap holds now, as far as it may be read; the last `snap` is kept. */
  readonly read: () => readonly HeapStack[];
  /** What the heap held at the last `snap`. */
  readonly kept: () => readonly HeapStack[];
  /** Ends the sampling. */
  readonly end: () => void;
  /** Why what it says is less than certain. */
  readonly notes: readonly string[];
}

/** Bytes between samples, on average. */
export const samplingIntervals = {
  /** As jemalloc and Go's runtime have it: a sample takes V8 some 20 microseconds, and fast code allocates a GiB a second. */
  peak: 512 * 1024,
  /** What has stayed is little, and may take its time. */
  leaks: 128 * 1024,
} as const;
const stackDepth = 64;

/** Starts to sample allocations; `addonPath` is the native profiler's, which reads its samples without a collection. */
export function sampleHeapStacks(addonPath: string | undefined, samplingInterval: number): HeapSampling {
  if (addonPath === undefined)
    return sampleByInspector(
      "Stacks at the peak may be late: the package @datadog/pprof is not installed",
      samplingInterval,
    );
  let addon: HeapAddon;
  try {
    // Not bundled: it is native, and this file is run from where Cellscope is installed.
    addon = createRequire(import.meta.url)(addonPath) as HeapAddon;
    addon.start(samplingInterval, stackDepth);
  } catch (error) {
    return sampleByInspector(
      `Stacks at the peak may be late: @datadog/pprof cannot be used (${firstLineOf(error)})`,
      samplingInterval,
    );
  }
  let kept: HeapNode | undefined;
  const stacksOf = (node: HeapNode): readonly HeapStack[] => [...stacksOfAddon(node, [], inUse)];
  return {
    snap: () => {
      kept = addon.v8Profile();
    },
    read: () => stacksOf(addon.v8Profile()),
    kept: () => (kept === undefined ? [] : stacksOf(kept)),
    end: () => addon.stop(),
    notes: [],
  };
}

interface HeapAddon {
  readonly start: (interval: number, depth: number) => void;
  readonly stop: () => void;
  readonly v8Profile: () => HeapNode;
}

type HeapNode = AddonNode<{ readonly sizeBytes: number; readonly count: number }>;

function inUse({ allocations }: HeapNode): { readonly bytes: number } {
  return { bytes: allocations.reduce((sum, { sizeBytes, count }) => sum + sizeBytes * count, 0) };
}

/** A function in a profile of the native profiler, with those that it called. */
export interface AddonNode<Allocation> {
  readonly name: string;
  readonly scriptName: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
  readonly allocations: readonly Allocation[];
  readonly children: readonly AddonNode<Allocation>[];
}

/** What a profile of the native profiler says, by stack; `figuresOf` puts the allocations of one function together. */
export function* stacksOfAddon<Allocation, Figures extends { readonly bytes: number }>(
  node: AddonNode<Allocation>,
  above: readonly StackSite[],
  figuresOf: (node: AddonNode<Allocation>) => Figures,
): Generator<Figures & { readonly sites: readonly StackSite[] }> {
  const figures = figuresOf(node);
  if (figures.bytes > 0) yield { sites: above, ...figures };
  for (const child of node.children) {
    const { name, scriptName: script, lineNumber: line, columnNumber: column } = child;
    yield* stacksOfAddon(child, [...above, { name, script, line, column }], figuresOf);
  }
}

/** Why native code could not be loaded: the paths that were tried follow. */
export function firstLineOf(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}

/** Each reading of the inspector's forces a full collection: they may take a tenth of the time and no more. */
const collectionShare = 10;

function sampleByInspector(note: string, samplingInterval: number): HeapSampling {
  const session = new Session();
  session.connect();
  const began = performance.now();
  let spent = 0;
  let newest: HeapProfiler.SamplingHeapProfileNode | undefined;
  let kept: HeapProfiler.SamplingHeapProfileNode | undefined;
  // On its own thread a session answers before `post` returns.
  session.post("HeapProfiler.startSampling", { samplingInterval });
  const readNewest = () => {
    const now = performance.now();
    if (spent * collectionShare > now - began) return;
    session.post("HeapProfiler.getSamplingProfile", (error, answer) => {
      if (error === null) newest = answer.profile.head;
    });
    spent += performance.now() - now;
  };
  return {
    snap: () => {
      readNewest();
      kept = newest;
    },
    read: () => {
      readNewest();
      return newest === undefined ? [] : [...stacksOfInspector(newest, [])];
    },
    kept: () => (kept === undefined ? [] : [...stacksOfInspector(kept, [])]),
    end: () => {
      session.post("HeapProfiler.stopSampling");
      session.disconnect();
    },
    notes: [`${note}.`],
  };
}

/** What a profile of the inspector says, by stack. */
export function* stacksOfInspector(
  node: HeapProfiler.SamplingHeapProfileNode,
  above: readonly StackSite[],
): Generator<HeapStack> {
  if (node.selfSize > 0) yield { sites: above, bytes: node.selfSize };
  for (const child of node.children) {
    const { functionName: name, url: script, lineNumber, columnNumber } = child.callFrame;
    // The inspector counts from 0.
    const site = { name, script, line: lineNumber + 1, column: columnNumber + 1 };
    yield* stacksOfInspector(child, [...above, site]);
  }
}
