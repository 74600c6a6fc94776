// What a cell allocated that is still alive after it: the words between the process that reads a heap snapshot and
// those who show what it found.

/** All survivors of one constructor. */
export interface SurvivorGroup {
  /** `Row`, `Array`, `(string)`, `(closure)`. */
  readonly name: string;
  readonly count: number;
  /** With what belongs to them alone inside V8: elements, properties, the data of a buffer. */
  readonly bytes: number;
  /** How the largest of them is reached: `cache.rows[3]`. */
  readonly path: string;
}

/** What is reached through one variable of the notebook, by the shortest way. */
export interface SurvivorHolder {
  /** The name of the variable; absent for what no variable reaches. */
  readonly variable?: string;
  readonly count: number;
  readonly bytes: number;
}

/** What a heap snapshot after a cell has that one before it had not. */
export interface Survivors {
  readonly count: number;
  readonly bytes: number;
  /** The largest first. */
  readonly groups: readonly SurvivorGroup[];
  /** The largest first. */
  readonly holders: readonly SurvivorHolder[];
}

/** Two heap snapshots of one process, as files. */
export interface HeapFiles {
  readonly before: string;
  readonly after: string;
}
