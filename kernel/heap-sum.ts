// What the reply to a cell says of V8's memory, for whoever asks: a cell that holds magics runs several pieces of code.
import type { HeapUse } from "./executor/link.js";
import type { Content } from "./protocol/messages.js";

/** Whether the metadata of an `execute_request` ask for it: `{"cellscope": {"measure": true}}`. */
export function asksForHeap({ cellscope }: Content): boolean {
  return typeof cellscope === "object" && cellscope !== null && "measure" in cellscope && cellscope.measure === true;
}

/** Adds up the pieces of one cell. */
export class HeapSum {
  #sum: HeapUse | undefined;

  add(use: HeapUse): void {
    const { before, gcCount, gcTime } = this.#sum ?? { ...use, gcCount: 0, gcTime: 0 };
    this.#sum = { before, after: use.after, gcCount: gcCount + use.gcCount, gcTime: gcTime + use.gcTime };
  }

  /** For the reply; empty when nothing was measured. */
  toMetadata(): Content {
    if (this.#sum === undefined) return {};
    const { before, after, gcCount, gcTime } = this.#sum;
    return {
      cellscope: {
        heap_used_before: before.heapUsed,
        heap_used: after.heapUsed,
        array_buffers_before: before.arrayBuffers,
        array_buffers: after.arrayBuffers,
        gc_count: gcCount,
        gc_time: gcTime,
      },
    };
  }
}
