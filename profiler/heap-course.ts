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

/** The course of a heap from a moment at which it held `first` bytes, as far as its collections have been told. */
export class HeapSum {
  #peak: number;
  #held: number;
  #allocated = 0;

  constructor(first: number) {
    this.#peak = first;
    this.#held = first;
  }

  add({ before, after = before }: CollectedHeap): void {
    this.#rise(before);
    this.#held = after;
  }

  /** The course up to now; `last` is what the heap holds, where that is known. */
  course(last = this.#held): HeapCourse {
    this.#rise(last);
    return { peak: this.#peak, allocated: this.#allocated };
  }

  #rise(held: number): void {
    this.#peak = Math.max(this.#peak, held);
    this.#allocated += Math.max(0, held - this.#held);
    this.#held = held;
  }
}
