// What V8 held around a cell, and what its collector did in it: some microseconds, for cells whose sender asks for it.
import { type PerformanceEntry, PerformanceObserver, performance } from "node:perf_hooks";
import type { HeapUse } from "./link.js";

// Cells may put something else in its place.
const { setImmediate } = globalThis;

/** The measurement of one cell. */
export interface HeapMeasurement {
  /** Reads what is held now: the cell has ended. */
  readonly end: () => void;
  /** The figures, a turn after the end, when Node has handed out the collections; `undefined` when there was no end. */
  readonly read: () => Promise<HeapUse | undefined>;
}

interface Collections {
  readonly began: number;
  ended: number;
  count: number;
  time: number;
}

let observer: PerformanceObserver | undefined;
let current: Collections | undefined;

/** Begins to measure a cell; there is one at a time. */
export function measureHeapUse(): HeapMeasurement {
  observer ??= observeCollections();
  const before = readHeap();
  const collections: Collections = { began: performance.now(), ended: Infinity, count: 0, time: 0 };
  current = collections;
  let after: HeapUse["after"] | undefined;
  return {
    end: () => {
      collections.ended = performance.now();
      after = readHeap();
    },
    read: async () => {
      if (after === undefined) return undefined;
      await new Promise((resolve) => setImmediate(resolve));
      count(observer?.takeRecords() ?? []);
      const { count: gcCount, time: gcTime } = collections;
      return { before, after, gcCount, gcTime };
    },
  };
}

function readHeap(): HeapUse["before"] {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heapUsed, arrayBuffers };
}

/** It stays: V8 is told once, and not around each cell. */
function observeCollections(): PerformanceObserver {
  const created = new PerformanceObserver((list) => count(list.getEntries()));
  created.observe({ entryTypes: ["gc"] });
  return created;
}

function count(pauses: readonly PerformanceEntry[]): void {
  if (current === undefined) return;
  for (const { startTime, duration } of pauses) {
    if (startTime < current.began || startTime > current.ended) continue;
    current.count++;
    current.time += duration;
  }
}
