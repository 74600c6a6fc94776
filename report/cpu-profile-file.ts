// Where the CPU time went, as Chrome's DevTools, VS Code and speedscope open it. Pure.
import type { CpuProfile } from "../profiler/cpu-profile.js";
import type { HolderFrame } from "../profiler/peak-holders.js";
import type { ChromeCallFrame } from "./chrome-call-frame.js";
import { nameOfFrame } from "./memory-profile-holders.js";

/** A `.cpuprofile`: what `Profiler.stop` of the inspector returns. */
export interface ChromeCpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: ChromeCallFrame;
    readonly hitCount: number;
    readonly children: readonly number[];
    readonly positionTicks?: readonly { readonly line: number; readonly ticks: number }[];
  }[];
  /** Microseconds. */
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The name of a function that ran, of V8's too. */
export function nameOfCall(frame: HolderFrame): string {
  return frame.file === "" && frame.name !== ""
    ? frame.name
    : nameOfFrame({ ...frame, line: Math.max(frame.line, frame.file === "" ? 1 : 0) });
}

/** DevTools shows nothing of a profile that begins at 0, and the wrong shares of one that begins late on a clock. */
const startTime = 1;

/** Puts a profile into the shape of the inspector's. */
export function chromeCpuProfileOf({ nodes, samples, intervals }: CpuProfile): ChromeCpuProfile {
  // The same script has the same number wherever it is.
  const scripts = new Map<string, number>();
  const scriptOf = (file: string) => {
    if (file === "") return "0";
    const known = scripts.get(file) ?? scripts.size + 1;
    scripts.set(file, known);
    return String(known);
  };
  return {
    // The format counts nodes from 1, and a list of nodes from 0.
    nodes: nodes.map(({ frame, children, hits, lines }, index) => ({
      id: index + 1,
      callFrame: {
        functionName: nameOfCall(frame),
        scriptId: scriptOf(frame.file),
        url: frame.file,
        lineNumber: Math.max(frame.line, frame.file === "" ? 0 : 1) - 1,
        columnNumber: frame.file === "" ? -1 : 0,
      },
      hitCount: hits,
      children: children.map((child) => child + 1),
      ...(lines.length > 0 && { positionTicks: lines.map(([line, ticks]) => ({ line, ticks })) }),
    })),
    startTime,
    endTime: startTime + intervals.reduce((sum, interval) => sum + interval, 0),
    samples: samples.map((node) => node + 1),
    // Each says how long after the one before it the sample was taken.
    timeDeltas: samples.map((_, at) => (at === 0 ? 0 : (intervals[at - 1] ?? 0))),
  };
}
