// What V8 has freed between two reads of the memory, from Node's `GCProfiler`. A stopped one goes on writing some kilobytes
// down at every collection, until it is collected itself; one that has lived through two collections has been promoted, and
// waits for a full one. Loops that make garbage would leave hundreds of them, which is why there is not always a watch, and
// why small heaps get their full collection.
import { GCProfiler } from "node:v8";
import { collectUnseen } from "../self/pauses.js";

/** What was allocated, in bytes. */
interface Taken {
  readonly heap: number;
  readonly external: number;
  /** Whether what was left behind has been collected, which has made the heap smaller. */
  readonly hasCollected: boolean;
}

/** What the process holds, in bytes. */
interface Holding {
  readonly heapUsed: number;
  readonly external: number;
}

/** When it is. */
interface At {
  /** The number of the guard's look. */
  readonly tick: number;
  /** From one look to the next, and over code that was not read meanwhile. */
  readonly isSpan: boolean;
}

/** Collections by which an object is promoted. */
const promotedBy = 2;
const fullCollection = "MarkSweepCompact";
/** Looks without a watch after the first profiler that is left behind; twice as many after each further one. */
const firstRest = 64;
const mostDoublings = 20;
/** So many may be left behind before the watch rests: each writes some 15 MiB in four seconds of garbage in a small nursery. */
const leftBehind = 1;
/**
 * What is left behind is collected while the heap is smaller than this, in bytes, which takes some milliseconds, and has grown
 * by no more than that: then there is little of the cell's own that V8 would have collected later.
 */
const collectedBelow = 64 * 1024 * 1024;
const collectedWithin = 8 * 1024 * 1024;
/** So many collections for each look, over some looks, and there will soon be two in one. */
const often = 0.25;
const rateOver = 16;
/** As long as they are a millisecond apart. */
const shortLooks = 64;
/** In so many looks in a row the heap has grown as it was to be expected at least, but for so much: V8 does not collect. */
const calmLooks = 8;
const expectedWithin = 0.1;
const little = 64 * 1024;

/** Follows the collections of one cell. */
export class CollectionWatch {
  #profiler: GCProfiler | undefined;
  #left = 0;
  #restsUntil = 0;
  #calm = 0;
  #rate = 0;
  #collectedBelow = 0;

  get isOn(): boolean {
    return this.#profiler !== undefined;
  }

  /** Forgets what was, and watches from now on; `heapUsed` is what the heap holds now, in bytes. */
  begin(heapUsed: number): void {
    this.stop();
    this.#collectedBelow = Math.min(heapUsed + collectedWithin, collectedBelow);
    this.#left = 0;
    this.#restsUntil = 0;
    this.#rate = 0;
    this.#start();
  }

  stop(): void {
    this.#profiler?.stop();
    this.#profiler = undefined;
  }

  /** Forgets the collections of the last microseconds. */
  restart(): void {
    if (this.#profiler === undefined) return;
    this.#profiler.stop();
    this.#start();
  }

  /**
   * While there is no watch: begins one where the code has come to a place where it never was, where the heap grows as if
   * nothing was freed, and where single statements take long, after a while.
   */
  resume(tick: number, { isNew, isAlone }: { readonly isNew: boolean; readonly isAlone: boolean }): void {
    const isDue = tick >= this.#restsUntil && (isAlone || this.#calm >= calmLooks);
    if (!isNew && !isDue) return;
    this.#rate = 0;
    this.#start();
  }

  /**
   * Whether the heap has grown, without a watch, by more than was to be expected: then that is believed. Where it has grown by
   * less, some may have been freed.
   */
  believes(growth: number, expected: number): boolean {
    const isCalm = growth >= 0 && growth >= expected * (1 - expectedWithin) - little;
    this.#calm = isCalm ? this.#calm + 1 : 0;
    return growth > expected + little;
  }

  /**
   * What was allocated on the way from one collection to the next, since `last`. External memory is freed some time after a
   * collection, which is why its way counts only where it goes up. `undefined` when there was no watch.
   */
  take(last: Holding, now: Holding, { tick, isSpan }: At): Taken | undefined {
    const statistics = this.#profiler?.stop()?.statistics;
    this.#profiler = undefined;
    if (statistics === undefined) return undefined;
    let { heapUsed, external: outside } = last;
    let heap = 0;
    let external = 0;
    for (const { gcType, beforeGC, afterGC } of statistics) {
      heap += Math.max(0, beforeGC.heapStatistics.usedHeapSize - heapUsed);
      external += Math.max(0, beforeGC.heapStatistics.externalMemory - outside);
      heapUsed = afterGC.heapStatistics.usedHeapSize;
      outside = afterGC.heapStatistics.externalMemory;
      if (gcType === fullCollection) this.#left = 0;
    }
    if (isSpan) this.#rate += (statistics.length - this.#rate) / rateOver;
    const isPromoted = statistics.length >= promotedBy;
    const hasCollected = isPromoted && now.heapUsed < this.#collectedBelow;
    if (hasCollected) collectUnseen();
    if (isPromoted) {
      this.#restsUntil = tick + firstRest * 2 ** Math.min(this.#left, mostDoublings);
      this.#left += 1;
    }
    const isOften = this.#rate > often && tick > shortLooks;
    if (!(isPromoted && this.#left > leftBehind) && !isOften) this.#start();
    return {
      heap: heap + Math.max(0, now.heapUsed - heapUsed),
      external: external + Math.max(0, now.external - outside),
      hasCollected,
    };
  }

  #start(): void {
    this.#calm = 0;
    this.#profiler = new GCProfiler();
    this.#profiler.start();
  }
}
