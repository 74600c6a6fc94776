// Where the CPU time of a cell went, by the calls that ran.
import type { HolderFrame } from "./peak-holders.js";

/** A function in the tree of calls; what is called from it is in `children`. */
export interface CpuNode {
  /** `file` is empty for what has none: V8's own functions, and `(garbage collector)`, `(program)`, `(idle)`. */
  readonly frame: HolderFrame;
  /** Indices into the list of nodes. */
  readonly children: readonly number[];
  /** How many samples found it running itself. */
  readonly hits: number;
  /** The same by the lines of the user's code: line and samples. */
  readonly lines: readonly (readonly [line: number, samples: number])[];
}

/** What was sampled while a cell ran. */
export interface CpuProfile {
  /** The root first, whose frame is `(root)`. */
  readonly nodes: readonly CpuNode[];
  /** Indices of what was found running, in the order of time. */
  readonly samples: readonly number[];
  /** How long each of the samples stands for, in microseconds. */
  readonly intervals: readonly number[];
}

/** The name of the time in which nothing ran. */
export const idleName = "(idle)";

/** The CPU time of each node itself, in microseconds. */
export function timesOf({ nodes, samples, intervals }: CpuProfile): readonly number[] {
  const times = nodes.map(() => 0);
  for (const [at, node] of samples.entries()) times[node] = (times[node] ?? 0) + (intervals[at] ?? 0);
  return times;
}
