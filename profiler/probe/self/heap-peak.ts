// The highest `heapUsed` of a stretch of time, and all that was allocated in it. The heap is largest right before a
// collection, and V8's GC profiler keeps the heap's figures of the moments before and after each one.
import { GCProfiler, getHeapStatistics } from "node:v8";

/** What became of the heap. */
export interface HeapCourse {
  readonly peak: number;
  /** All that was allocated: what the heap grew by from one collection to the next, summed up. */
  readonly allocated: number;
}

/** Follows the heap from now on. */
export interface HeapPeak {
  /**
   * Folds the collections so far into the figures. The profiler holds some 6 kB for each one, outside the heap,
   * which a long cell that makes much garbage would otherwise see as its own growth.
   */
  readonly fold: () => void;
  /** All that was allocated until the last `fold`. */
  readonly allocated: () => number;
  /** Ends the watch; `now` is the `heapUsed` of the end. */
  readonly end: (now: number) => HeapCourse;
}

/** Starts to follow V8's heap. */
export function watchHeapPeak(): HeapPeak {
  let last = getHeapStatistics().used_heap_size;
  let peak = last;
  let allocated = 0;
  let profiler = new GCProfiler();
  profiler.start();
  const take = () => {
    for (const { beforeGC, afterGC } of profiler.stop().statistics) {
      const before = beforeGC.heapStatistics.usedHeapSize;
      peak = Math.max(peak, before);
      allocated += Math.max(0, before - last);
      last = afterGC.heapStatistics.usedHeapSize;
    }
  };
  return {
    fold: () => {
      take();
      profiler = new GCProfiler();
      profiler.start();
    },
    allocated: () => allocated,
    end: (now) => {
      take();
      return { peak: Math.max(peak, now), allocated: allocated + Math.max(0, now - last) };
    },
  };
}
