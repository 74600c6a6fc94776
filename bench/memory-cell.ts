// What a cell with a known cost is, and the arithmetic of what memory takes.

/** Where the true peak comes from. */
export type PeakTruth =
  /** Arithmetic: bytes that are allocated, touched and held all at once. */
  | { readonly by: "arithmetic"; readonly bytes: number }
  /** `VmHWM` of a run without Cellscope, reset and read by the benchmark: what V8's collector leaves uncollected, nobody can reckon. */
  | { readonly by: "plain run" }
  /** The same, and of the child processes their own `VmHWM`. */
  | { readonly by: "plain run and child" };

/** A cell with a known cost. */
export interface MemoryCell {
  readonly name: string;
  readonly set: "known" | "held out before" | "held out";
  /** Allocations of 64 KiB or more, or hot loops of small ones. */
  readonly size: "large" | "small";
  readonly options?: string;
  /** A cell that has to have run. */
  readonly before?: string;
  readonly code: string;
  readonly peak: PeakTruth;
  /** The function that holds the most at the peak; absent where nobody does. */
  readonly holder?: string;
  /** By line of the code what the line allocates, in any unit; absent where a cell is about another thing. */
  readonly lines?: Readonly<Record<number, number>>;
}

/** What RSS grows by for a block of so many bytes: one that glibc maps for itself has a page more, for its header. */
export function mapped(bytes: number): number {
  return bytes + 4096;
}

/** Bytes that the tables of a Map take while it grows to `size` entries: each is twice as large as the one before. */
export function grownMap(size: number): number {
  let bytes = 0;
  for (let capacity = 4; ; capacity *= 2) {
    bytes += 16 + 8 * (3 + capacity / 2 + 3 * capacity);
    if (capacity >= size) return bytes;
  }
}

/** Bytes that an array of the heap takes while `push` lets it grow to `length`: V8 makes it half as long again, and 16. */
export function grownArray(length: number): number {
  let bytes = 0;
  for (let capacity = 0; capacity < length; ) {
    capacity = Math.floor(capacity + 1 + (capacity + 1) / 2 + 16);
    bytes += 16 + 8 * capacity;
  }
  return bytes;
}
