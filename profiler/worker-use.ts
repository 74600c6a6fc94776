// The worker threads that a cell has: what each of them holds, by readings of their own heaps.
import type { HeapState } from "./memory-reading.js";

/** What the probe in the guard's thread tells of a worker thread. Bytes and milliseconds. */
export interface WorkerReading extends HeapState {
  /** The clock of the samples. */
  readonly time: number;
  readonly id: string;
  /** CPU time of the thread since it began; absent where the system does not tell. */
  readonly cpu?: number;
}

/** That a thread is there, or is gone. */
export interface WorkerChange {
  readonly time: number;
  readonly id: string;
  /** Present when it has been found. */
  readonly found?: { readonly name: string; readonly url: string };
}

/** What comes from the probe: all threads that were there are known, one more reading, a thread that came or went. */
export type WorkerMessage =
  | { readonly ready: true }
  | { readonly failed: string }
  | { readonly reading: WorkerReading }
  | { readonly change: WorkerChange };

/** What one worker thread did while a cell ran. */
export interface WorkerUse {
  /** As the `name` of the `Worker` says; empty without one. */
  readonly name: string;
  /** The file that it runs; empty for code given as text. */
  readonly file: string;
  /** The highest reading of heap and external memory together; absent when it never answered. */
  readonly peak?: HeapState & { readonly time: number };
  /** What it held at the end of the cell; absent when it had ended, or never answered. */
  readonly end?: HeapState;
  /** CPU time while the cell ran, up to the last reading. */
  readonly cpu?: number;
  /** How many readings there were. */
  readonly readings: number;
}

/** What worker threads held and did. */
export interface WorkerCourse {
  /** All of them together, by the latest readings at a time; `undefined` when none was read yet. */
  readonly at: (time: number) => HeapState | undefined;
  /** One by one, from `began` to `ended`; times are since `began`. */
  readonly uses: (began: number, ended: number) => readonly WorkerUse[];
}

interface Thread {
  readonly name: string;
  readonly file: string;
  readonly readings: WorkerReading[];
  readonly found: number;
  gone: number;
}

/** What heap and external memory are together. */
export function sumOf({ heapTotal, external }: HeapState): number {
  return heapTotal + external;
}

/** Puts what the probe told together; pure. */
export function workerCourseOf(messages: readonly WorkerMessage[]): WorkerCourse {
  const threads = new Map<string, Thread>();
  for (const message of messages) {
    if ("change" in message) {
      const { id, time, found } = message.change;
      const known = threads.get(id);
      if (found !== undefined) {
        const { name, url } = found;
        threads.set(id, { name, file: fileOf(url), readings: [], found: time, gone: Number.POSITIVE_INFINITY });
      } else if (known !== undefined) known.gone = time;
    } else if ("reading" in message) threads.get(message.reading.id)?.readings.push(message.reading);
  }
  return {
    at: (time) => {
      const alive = [...threads.values()].filter(({ found, gone }) => found <= time && time <= gone);
      const latest = alive.flatMap(({ readings }) => readings.findLast((reading) => reading.time <= time) ?? []);
      // Threads of which none has answered yet hold nobody knows what.
      if (latest.length === 0 && alive.length > 0) return undefined;
      return latest.reduce<HeapState>((sum, one) => addHeaps(sum, one), nothing);
    },
    uses: (began, ended) =>
      [...threads.values()].filter(({ gone }) => gone >= began).map((thread) => useOf(thread, began, ended)),
  };
}

const nothing: HeapState = { heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers: 0 };

function addHeaps(one: HeapState, other: HeapState): HeapState {
  return {
    heapTotal: one.heapTotal + other.heapTotal,
    heapUsed: one.heapUsed + other.heapUsed,
    external: one.external + other.external,
    arrayBuffers: one.arrayBuffers + other.arrayBuffers,
  };
}

function useOf({ name, file, readings, gone }: Thread, began: number, ended: number): WorkerUse {
  const before = readings.findLast(({ time }) => time < began);
  const during = readings.filter(({ time }) => time >= began && time <= ended);
  const seen = before === undefined ? during : [before, ...during];
  const [first] = seen;
  const last = seen.at(-1);
  if (first === undefined || last === undefined) return { name, file, readings: 0 };
  const highest = seen.reduce((most, reading) => (sumOf(reading) > sumOf(most) ? reading : most), first);
  // What a thread did before its first reading is the cell's, unless it was there before the cell.
  const cpu = (last.cpu ?? Number.NaN) - (before === undefined ? 0 : (before.cpu ?? Number.NaN));
  return {
    name,
    file,
    peak: { time: Math.max(0, highest.time - began), ...heapOf(highest) },
    ...(gone > ended && { end: heapOf(last) }),
    ...(Number.isFinite(cpu) && { cpu }),
    readings: during.length,
  };
}

function heapOf({ heapTotal, heapUsed, external, arrayBuffers }: HeapState): HeapState {
  return { heapTotal, heapUsed, external, arrayBuffers };
}

function fileOf(url: string): string {
  return url.startsWith("file://") ? decodeURIComponent(url.slice("file://".length)) : url;
}
