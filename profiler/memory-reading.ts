// What is read of one process's memory, and what the probe brings home from one cell.
// Times are milliseconds of `process.hrtime`: one clock for all processes of a machine.

import type { Allocations } from "./allocations.js";
import type { CpuProfile } from "./cpu-profile.js";
import type { HolderCourse } from "./holder-course.js";
import type { SeenLines } from "./lines/running-lines.js";
import type { Measured } from "./measured.js";
import type { PeakHolders } from "./peak-holders.js";
import type { HeapFiles } from "./survivors/survivors.js";
import type { TimeCounters, TimeFiles } from "./time-reading.js";

/** What V8 says of its own memory, in the words of `process.memoryUsage()`. */
export interface HeapState {
  readonly heapTotal: number;
  readonly heapUsed: number;
  /** Everything that V8 counts outside its heap; `arrayBuffers` is a part of it. */
  readonly external: number;
  readonly arrayBuffers: number;
}

/** The memory of a Node process at one moment. */
export interface MemoryState extends HeapState {
  readonly rss: number;
}

/** How V8 names its pauses; `minor` and `major` are collections, the others are steps of one. */
export type CollectionKind = "minor" | "major" | "incremental" | "weak callbacks";

/** Pauses that V8 made for its garbage collector; several that are close together when there were very many. */
export interface CollectionPause {
  readonly time: number;
  /** Sum of what `count` pauses took. */
  readonly pause: number;
  readonly kind: CollectionKind;
  readonly count: number;
}

/** What the watch around one cell has read. */
export interface CellReading {
  readonly began: number;
  readonly ended: number;
  /** After a forced collection, right before the cell. */
  readonly baseline: MemoryState;
  /** The highest RSS between `began` and `ended`, as the operating system kept it. */
  readonly hwm: Measured<number>;
  /** The highest `heapUsed`, which is right before a collection or at the end; the highest that was seen when `allocated.sampled`. */
  readonly heapPeak: Measured<number>;
  /** Right after the cell. */
  readonly end: MemoryState;
  /** What V8's nursery, where new objects are made, has grown by in the cell, in bytes. */
  readonly nurseryGrowth: number;
  /** After a forced collection, after the cell. */
  readonly kept: MemoryState;
  /** CPU time of the whole process, all threads. */
  readonly cpu: { readonly user: number; readonly system: number };
  readonly pauses: readonly CollectionPause[];
  /** All that was allocated, collected or not. */
  readonly allocated: {
    readonly heap: number;
    /** At least so much: V8 keeps no count. */
    readonly offHeap?: number;
    /** V8 did not tell of its collections: `heap` is what was seen to grow, which is less. */
    readonly sampled?: true;
  };
  /** Where the time went, from `began` to `ended`. */
  readonly time: TimeCounters;
  /** Absent when nobody asked for it. */
  readonly holders?: Measured<PeakHolders>;
  /** The same from one moment to the next; absent when nobody asked for it. */
  readonly course?: Measured<HolderCourse>;
  /** Who allocated, in place of who held it; absent when nobody asked for it. */
  readonly allocations?: Measured<Allocations>;
  /** What of it is alive after the cell; absent when nobody asked for it. */
  readonly survivors?: Measured<PeakHolders>;
  /** Which line of the cell was seen when; absent when nobody looked. */
  readonly lines?: SeenLines;
  /** Where the CPU time went; absent when nobody asked for it. */
  readonly cpuProfile?: Measured<CpuProfile>;
  /** Why the heap snapshots that were asked for are not there. */
  readonly heapFilesMissing?: string;
}

/** What the watch is asked to do. */
export interface WatchOptions {
  readonly timeFiles?: TimeFiles;
  /** Keeps the stacks of what is held at the peak. */
  readonly stacks?: {
    /** The native heap profiler's module; absent when it is not installed. */
    readonly addonPath?: string;
    /** Keeps those of other moments too. */
    readonly course?: true;
    /** Keeps those of all that is allocated, whatever becomes of it, in place of what is held. */
    readonly allocations?: true;
  };
  /** Takes a CPU profile. */
  readonly cpuProfile?: true;
  /** Absolute path of koffi, which lets freed memory be given back; absent when it is not installed. */
  readonly ffiPath?: string;
  /** Writes a heap snapshot before the cell and one after it, unless more than `limit` bytes of heap are in use. */
  readonly heapFiles?: HeapFiles & { readonly limit: number };
}

/**
 * Names the function that the watch puts on the main thread's global object while a measured cell runs (`Symbol.for`).
 * It returns `time rss heapTotal heapUsed external arrayBuffers`, separated by blanks; the heap sampler calls it.
 */
export const readingSymbol = "cellscope.memory";
