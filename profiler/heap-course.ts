// What became of V8's heap in a stretch of time, from what it held before and after each collection.

/** The heap right before and right after one collection, in bytes, and when that began, in milliseconds of `process.hrtime`. */
export interface CollectedHeap {
  readonly time: number;
  readonly before: number;
  /** Absent when that was not heard. */
  readonly after?: number;
}

/** What became of the heap, in bytes. */
export interface HeapCourse {
  /** It is largest right before a collection, or at the end. */
  readonly peak: number;
  /** All that was allocated: what the heap grew by from one collection to the next, summed up. */
  readonly allocated: number;
}

/** The course of a heap that held `first` bytes at the beginning and `last` at the end, with all collections in between. */
export function courseOfHeap(first: number, collections: readonly CollectedHeap[], last: number): HeapCourse {
  let peak = Math.max(first, last);
  let allocated = 0;
  let held = first;
  for (const { before, after = before } of collections) {
    peak = Math.max(peak, before);
    allocated += Math.max(0, before - held);
    held = after;
  }
  return { peak, allocated: allocated + Math.max(0, last - held) };
}
