// What the watch on the main thread and the guard's thread say to each other about V8's collections.
import type { HeapCourse } from "./heap-course.js";

/** The name of the BroadcastChannel; each process has its own, whatever the name. */
export const collectionChannel = "cellscope.collections";

/**
 * Numbers that both threads see, by their place: when the cell began and ended, in milliseconds of `process.hrtime`, 0 before
 * that; the bytes that the heap held when it began; and those that have been allocated since, as far as the guard has heard.
 */
export const heapWord = { began: 0, ended: 1, first: 2, allocated: 3, count: 4 } as const;

/** From the main thread. */
export type CollectionCommand =
  /** Hear of all collections between the moments that `words` will say. */
  | { readonly type: "begin"; readonly words: Float64Array<SharedArrayBuffer> }
  /** No more; tell what became of the heap, which held `last` bytes when the cell ended. */
  | { readonly type: "end"; readonly last: number };

/** From the guard. */
export type CollectionAnswer =
  | { readonly type: "begun" }
  | { readonly type: "ended"; readonly course: HeapCourse }
  | { readonly type: "failed"; readonly reason: string };
