// The highest `heapUsed` of a stretch of time. The heap is largest right before a collection, and V8's
// GC profiler keeps the heap's figures of that moment.
import { GCProfiler, getHeapStatistics } from "node:v8";

/** Follows the heap's peak from now on. */
export interface HeapPeak {
  /**
   * Folds the collections so far into the peak. The profiler holds some 6 kB for each one, outside the heap,
   * which a long cell that makes much garbage would otherwise see as its own growth.
   */
  readonly fold: () => void;
  /** Ends the watch and returns the peak; `now` is the `heapUsed` of the end. */
  readonly end: (now: number) => number;
}

/** Starts to follow the peak of V8's heap. */
export function watchHeapPeak(): HeapPeak {
  let peak = getHeapStatistics().used_heap_size;
  let profiler = new GCProfiler();
  profiler.start();
  const take = () => {
    for (const { beforeGC } of profiler.stop().statistics) peak = Math.max(peak, beforeGC.heapStatistics.usedHeapSize);
  };
  return {
    fold: () => {
      take();
      profiler = new GCProfiler();
      profiler.start();
    },
    end: (now) => {
      take();
      return Math.max(peak, now);
    },
  };
}
