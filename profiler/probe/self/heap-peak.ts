// The highest `heapUsed` of a stretch of time, and all that was allocated in it. The heap is largest right before a
// collection, and V8's GC profiler keeps the heap's figures of the moments before and after each one.
import { GCProfiler, getHeapStatistics } from "node:v8";

/** What became of the heap. */
export interface HeapCourse {
  readonly peak: number;
  /** All that was allocated: what the heap grew by from one collection to the next, summed up. */
  readonly allocated: number;
  /** The heap was not followed all the time: the peak is the highest that was seen, and part of `allocated` an estimate. */
  readonly isPartial: boolean;
}

/** Follows the heap from now on. Times are milliseconds of one clock, which may be any. */
export interface HeapPeak {
  /**
   * Takes in the collections so far. The profiler holds some 6 kB for each one, outside the heap, which a cell that
   * makes much garbage would otherwise see as its own growth. Returns whether there are so many that the next look should
   * come soon.
   */
  readonly look: (time: number, heapUsed: number) => boolean;
  /** All that was allocated until the last look. */
  readonly allocated: () => number;
  /** Ends the watch. */
  readonly end: (time: number, heapUsed: number) => HeapCourse;
}

/** The heap right before and right after one collection. */
export interface CollectedHeap {
  readonly before: number;
  readonly after: number;
}

/** What listens to V8's collections: what there was since it was started is handed over when it is stopped. */
export interface CollectionListener {
  readonly start: () => void;
  readonly stop: () => readonly CollectedHeap[];
}

/** What the profiler takes for each collection, in milliseconds. */
const cost = 0.4;
/** It may take so much of the time, and so many milliseconds at once. */
const share = 0.01;
const allowance = 1;
/** Collections in a millisecond of which there would be too many between two looks that are far apart. */
const frequent = 0.2;

/**
 * Starts to follow V8's heap. Where collections follow each other so quickly that listening to them costs too much, it
 * rests in between; of the time without it, only what looks see is known, and how much was allocated before and after.
 * `isComplete`: it never rests.
 */
export function watchHeapPeak(
  began: number,
  {
    listener = listenToCollections(),
    heapUsed = getHeapStatistics().used_heap_size,
    isComplete = false,
  }: { readonly listener?: CollectionListener; readonly heapUsed?: number; readonly isComplete?: boolean } = {},
): HeapPeak {
  let last = heapUsed;
  let peak = last;
  let allocated = 0;
  let spent = 0;
  let isListening = true;
  let isPartial = false;
  let since = began;
  /** Milliseconds that have passed without listening and are not accounted for yet, and what was allocated at least. */
  let unheard = 0;
  let leastUnheard = 0;
  /** Bytes a millisecond, of the last time that was listened to. */
  let rate = 0;
  let collectionRate = 0;
  listener.start();

  const listenTo = (time: number, heapUsed: number) => {
    let heard = 0;
    const collections = listener.stop();
    for (const { before, after } of collections) {
      peak = Math.max(peak, before);
      heard += Math.max(0, before - last);
      last = after;
      spent += cost;
    }
    heard += Math.max(0, heapUsed - last);
    const duration = time - since;
    const heardRate = duration > 0 ? heard / duration : rate;
    // Of the time between two that were listened to it is taken that it was as both of them.
    allocated += heard + Math.max(leastUnheard, (unheard * (rate + heardRate)) / 2);
    unheard = 0;
    leastUnheard = 0;
    rate = heardRate;
    collectionRate = duration > 0 ? collections.length / duration : collectionRate;
  };
  const passBy = (time: number, heapUsed: number) => {
    unheard += time - since;
    leastUnheard += Math.max(0, heapUsed - last);
  };
  const take = (time: number, heapUsed: number) => {
    if (isListening) listenTo(time, heapUsed);
    else passBy(time, heapUsed);
    peak = Math.max(peak, heapUsed);
    last = heapUsed;
    since = time;
  };
  const all = () => allocated + Math.max(leastUnheard, unheard * rate);
  return {
    look: (time, heapUsed) => {
      take(time, heapUsed);
      isListening = isComplete || spent <= allowance + (time - began) * share;
      if (isListening) listener.start();
      else isPartial = true;
      return isListening && collectionRate > frequent;
    },
    allocated: all,
    end: (time, heapUsed) => {
      take(time, heapUsed);
      return { peak, allocated: all(), isPartial };
    },
  };
}

function listenToCollections(): CollectionListener {
  let profiler: GCProfiler | undefined;
  return {
    start: () => {
      profiler = new GCProfiler();
      profiler.start();
    },
    stop: () =>
      (profiler?.stop().statistics ?? []).map(({ beforeGC, afterGC }) => ({
        before: beforeGC.heapStatistics.usedHeapSize,
        after: afterGC.heapStatistics.usedHeapSize,
      })),
  };
}
