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

/** The time until the next look at what has run for `elapsed` milliseconds. */
export function intervalAt({ shortest, longest, looks }: Pace, elapsed: number): number {
  return Math.min(longest, Math.max(shortest, elapsed / looks));
}
