// What RSS was made of, from what the operating system says and what V8 says.

import type { MemoryMoment } from "../profiler/memory-profile.js";
import type { HeapState } from "../profiler/memory-reading.js";
import { longestGap } from "../profiler/pace.js";

/** The parts of RSS. `rest` is native memory, code and stacks: whatever V8 does not count. */
export interface MemoryParts {
  /** What V8 has taken for its heap, used or not. */
  readonly heap: number;
  readonly arrayBuffers: number;
  /** What V8 counts outside its heap beside array buffers: compiled code of libraries, native objects. */
  readonly otherExternal: number;
  /** Heap and external memory of worker threads; absent where they were not looked at. */
  readonly workers?: number;
  /** Never below 0; 0 when V8 counts memory that nobody has touched yet, which is not resident. */
  readonly rest: number;
}

/** Splits RSS into its parts. */
export function splitMemory(rss: number, heap: HeapState, workers?: HeapState): MemoryParts {
  const otherExternal = Math.max(0, heap.external - heap.arrayBuffers);
  const theirs = workers === undefined ? 0 : workers.heapTotal + workers.external;
  const counted = heap.heapTotal + heap.arrayBuffers + otherExternal + theirs;
  return {
    heap: heap.heapTotal,
    arrayBuffers: heap.arrayBuffers,
    otherExternal,
    ...(workers && { workers: theirs }),
    rest: Math.max(0, rss - counted),
  };
}

/** The boundaries of the stacked areas at one moment, from below: rest, then heap, then what is off the heap. */
export interface Layer {
  readonly time: number;
  /** Top of all, child processes and all. */
  readonly rss: number;
  /** Top of the process itself. */
  readonly own: number;
  /** Top of the native rest. */
  readonly rest: number;
  /** Top of the heap. */
  readonly heap: number;
}

/** Milliseconds: how far apart two moments may be to be drawn through, by the time of the first. */
export type Bridge = (from: number) => number;

/**
 * What is drawn through: what comes between two looks as they were meant, at the usual pace or at one that was asked for,
 * also if one look came late. A longer time without an answer from inside, as in one long call of native code, stays open.
 */
export function bridgeOf(timeline: readonly MemoryMoment[], duration: number): Bridge {
  const known = timeline.flatMap(({ time, heap }) => (heap === undefined ? [] : [time]));
  return longestGap(known, Math.max(150, duration / 40));
}

/**
 * The stacked areas of a timeline, in stretches without a gap. Where the process was seen from outside only, its parts
 * are drawn through if the known moments around are not further apart than `bridge` tells.
 */
export function layersOf(timeline: readonly MemoryMoment[], bridge: Bridge): readonly (readonly Layer[])[] {
  const known = timeline.flatMap(({ heap, ...moment }) =>
    heap === undefined ? [] : [{ time: moment.time, rss: ownOf(moment), heap }],
  );
  const stretches: Layer[][] = [];
  let next = 0;
  let open: Layer[] | undefined;
  let atFirst: number | undefined;
  for (const moment of timeline) {
    while ((known[next]?.time ?? Number.POSITIVE_INFINITY) < moment.time) next += 1;
    const own = ownOf(moment);
    const parts =
      moment.heap === undefined
        ? partsBetween(known[next - 1], known[next], { time: moment.time, rss: own }, bridge)
        : splitMemory(own, moment.heap);
    if (parts === undefined) {
      open = undefined;
      continue;
    }
    if (open === undefined) {
      open = [];
      stretches.push(open);
    }
    // A buffer that is being filled is counted in full and resident in part: the part that is not must not be taken
    // from the rest, which was there before. What reaches above RSS is cut off: the picture is one of resident memory.
    atFirst ??= parts.rest;
    const rest = Math.max(parts.rest, Math.min(atFirst, own - parts.heap), 0);
    open.push({ time: moment.time, rss: moment.rss, own, rest, heap: Math.min(own, rest + parts.heap) });
  }
  return stretches;
}

/** What the process itself held: its child processes may be counted in RSS. */
export function ownOf({ rss, children = 0 }: Pick<MemoryMoment, "rss" | "children">): number {
  return rss - children;
}

interface KnownMoment {
  readonly time: number;
  readonly rss: number;
  readonly heap: HeapState;
}

/** The parts between two known moments: a straight line, and what RSS differs from it goes to the part that changes most. */
function partsBetween(
  before: KnownMoment | undefined,
  after: KnownMoment | undefined,
  { time, rss }: MemoryMoment,
  bridge: Bridge,
): MemoryParts | undefined {
  if (before === undefined || after === undefined || after.time - before.time > bridge(before.time)) return undefined;
  const [from, to] = [splitMemory(before.rss, before.heap), splitMemory(after.rss, after.heap)];
  const share = (time - before.time) / (after.time - before.time);
  const parts = { ...from };
  let moving: keyof MemoryParts = "heap";
  let sum = 0;
  for (const part of ["heap", "arrayBuffers", "otherExternal", "rest"] as const) {
    parts[part] = from[part] + (to[part] - from[part]) * share;
    sum += parts[part];
    if (Math.abs(to[part] - from[part]) > Math.abs(to[moving] - from[moving])) moving = part;
  }
  return { ...parts, [moving]: Math.max(0, parts[moving] + rss - sum) };
}
