// How often a cell is looked at where nobody says: often while it is young, because a short cell is all that it has to
// show, and seldom when it is old, because a picture of it has a few hundred moments and each look wakes up a process.

/** Milliseconds until the next look. */
export interface Pace {
  readonly shortest: number;
  readonly longest: number;
  /** So many looks in the time that it takes to become e times as old. */
  readonly looks: number;
}

/** From outside of the process. What a look costs is the waking up, some 0.1 ms; reading is a tenth of it. */
export const outsidePace: Pace = { shortest: 10, longest: 100, looks: 30 };

/** From inside, which wakes up three threads, the cell's among them. What makes RSS rise in between is looked at besides. */
export const insidePace: Pace = { shortest: 25, longest: 1000, looks: 4 };

/** At the lines of a cell, from a thread beside it; a look has every line read its memory some dozens of times. */
export const linesPace: Pace = { shortest: 1, longest: 4, looks: 150 };

/** The time until the next look at what has run for `elapsed` milliseconds. */
export function intervalAt({ shortest, longest, looks }: Pace, elapsed: number): number {
  return Math.min(longest, Math.max(shortest, elapsed / looks));
}

/** Looks come late on a busy machine: so many times what they usually are apart, or were meant to be, is no gap yet. */
const lateness = { usual: 2.5, meant: 1.6 } as const;

/**
 * How far apart two looks from inside may be with nothing missed between them, in milliseconds, by the age of the cell at the
 * first of the two. A longer time without an answer is one long call of native code.
 * @param times of all looks, in milliseconds and in their order.
 * @param shortest at least so much, in milliseconds.
 */
export function longestGap(times: readonly number[], shortest: number): (age: number) => number {
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  const usual = gaps.sort((a, b) => a - b)[gaps.length >> 1] ?? 0;
  const least = Math.max(shortest, lateness.usual * usual);
  return (age) => Math.max(least, lateness.meant * intervalAt(insidePace, age));
}
