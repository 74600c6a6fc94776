// What the watch on the main thread and the guard's thread say to each other about V8's collections.
import type { HeapCourse } from "./heap-course.js";

/** The name of the BroadcastChannel; each process has its own, whatever the name. */
export const collectionChannel = "cellscope.collections";

/** A stretch of time in milliseconds of `process.hrtime`, and the bytes that the heap held at both ends. */
export interface HeapStretch {
  readonly began: number;
  readonly ended: number;
  readonly first: number;
  readonly last: number;
}

/** From the main thread. */
export type CollectionCommand =
  /** Hear of all collections; what was allocated so far is written into `allocated` from time to time, in bytes. */
  | { readonly type: "begin"; readonly allocated: Float64Array<SharedArrayBuffer> }
  /** No more; tell what became of the heap. */
  | { readonly type: "end"; readonly stretch: HeapStretch };

/** From the guard. */
export type CollectionAnswer =
  | { readonly type: "begun" }
  | { readonly type: "ended"; readonly course: HeapCourse }
  | { readonly type: "failed"; readonly reason: string };
