// Who held the memory of a cell from one moment to the next: the stacks of each moment, in one table of functions.
import type { HolderFrame, PeakHolders } from "./peak-holders.js";

/** What one stack held at one moment: its index in the course's `stacks`, and bytes as in `HolderStack`. */
export type HeldByStack = readonly [stack: number, heap: number, offHeap: number, uncertain: number];

/** Who held what at one moment. */
export interface HolderMoment {
  /** The clock of the samples in a reading; milliseconds since the cell began in a profile. */
  readonly time: number;
  /** What V8 had in use beyond the baseline. */
  readonly heapGrown: number;
  readonly offHeapGrown: number;
  /** The largest first. */
  readonly held: readonly HeldByStack[];
}

/** Who held the memory over the time of a cell. */
export interface HolderCourse {
  readonly frames: readonly HolderFrame[];
  /** Indices into `frames`, the outermost first. */
  readonly stacks: readonly (readonly number[])[];
  /** In the order of time; the highest moment that was seen is always among them. */
  readonly moments: readonly HolderMoment[];
}

/** The stacks of one moment of a course, as those of the peak are told. */
export function holdersAt({ frames, stacks }: HolderCourse, moment: HolderMoment): PeakHolders {
  const { time, heapGrown, offHeapGrown, held } = moment;
  return {
    time,
    heapGrown,
    offHeapGrown,
    frames,
    stacks: held.map(([index, heap, offHeap, uncertain]) => ({
      frames: stacks[index] ?? [],
      heap,
      offHeap,
      uncertain,
    })),
    notes: [],
  };
}

/** The moment of a span of time at which the most was held; before the first one in it, the one that went before. */
export function highestMoment({ moments }: HolderCourse, from: number, to: number): HolderMoment | undefined {
  const inside = moments.filter(({ time }) => time >= from && time <= to);
  const sum = ({ heapGrown, offHeapGrown }: HolderMoment) => heapGrown + offHeapGrown;
  if (inside.length > 0) return inside.reduce((most, moment) => (sum(moment) > sum(most) ? moment : most));
  return moments.findLast(({ time }) => time <= to) ?? moments[0];
}
