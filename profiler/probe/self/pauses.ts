// V8's pauses while a cell runs, with their time and kind, in a bounded list.
import { constants, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import type { CollectionKind, CollectionPause } from "../../memory-reading.js";
import { mergeNeighbours } from "../../merge-pauses.js";
import { collectNow } from "./garbage-collector.js";
import { nextTurn } from "./steady.js";

/** Twice as many as a picture tells apart, and more: each is handed to the kernel, and a loop makes thousands a second. */
const capacity = 512;

/** Watches pauses; times are milliseconds of `process.hrtime`. */
export interface PauseWatch {
  /** Only those from `time` on count. */
  readonly begin: (time: number) => void;
  /** Returns them, once, with those that Node has not yet handed out. */
  readonly end: () => Promise<readonly CollectionPause[]>;
}

/** When `collectUnseen` was at it: milliseconds of `performance.now()`. */
const unseen: { readonly began: number; readonly ended: number }[] = [];

/** Collects this thread's garbage in the middle of a cell, of which no watch of this module tells. */
export function collectUnseen(): void {
  const began = performance.now();
  collectNow();
  unseen.push({ began, ended: performance.now() });
}

/** Begins to watch. */
export function watchPauses(): PauseWatch {
  let pauses: CollectionPause[] = [];
  let began = Number.NEGATIVE_INFINITY;
  unseen.length = 0;
  // Entries count from the start of this thread; samples from other processes know only hrtime.
  const offset = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  const add = (entries: readonly PerformanceEntry[]) => {
    for (const entry of entries) {
      const time = entry.startTime + offset;
      if (time < began || unseen.some((own) => entry.startTime >= own.began && entry.startTime <= own.ended)) continue;
      const kind = kindOf((entry as GcEntry).detail?.kind);
      pauses.push({ time, pause: entry.duration, kind, count: 1 });
      if (pauses.length === capacity) pauses = mergeNeighbours(pauses);
    }
  };
  const observer = new PerformanceObserver((list) => add(list.getEntries()));
  observer.observe({ entryTypes: ["gc"] });
  return {
    begin: (time) => {
      began = time;
    },
    end: async () => {
      // Node hands an entry to the observer in a turn after the pause; a synchronous cell has had none.
      await nextTurn();
      await nextTurn();
      add(observer.takeRecords());
      observer.disconnect();
      return pauses.sort((a, b) => a.time - b.time);
    },
  };
}

/** What Node adds to an entry of type `gc`; its types leave it out. */
interface GcEntry extends PerformanceEntry {
  readonly detail?: { readonly kind?: number };
}

function kindOf(type: number | undefined): CollectionKind {
  switch (type) {
    case constants.NODE_PERFORMANCE_GC_MAJOR:
      return "major";
    case constants.NODE_PERFORMANCE_GC_INCREMENTAL:
      return "incremental";
    case constants.NODE_PERFORMANCE_GC_WEAKCB:
      return "weak callbacks";
    default:
      // V8 has two kinds of minor collection (scavenge, minor mark-sweep); Node's constants name only one.
      return "minor";
  }
}
