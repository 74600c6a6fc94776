// Loaded by path into the executor's main thread, and run right around a measured cell. What it allocates
// while the cell runs would be counted as the cell's, so it does all its work before and after.
import { getHeapStatistics, writeHeapSnapshot } from "node:v8";
import type { Allocations } from "../allocations.js";
import type { HolderCourse } from "../holder-course.js";
import type { Measured } from "../measured.js";
import { type CellReading, type MemoryState, readingSymbol, type WatchOptions } from "../memory-reading.js";
import type { PeakHolders } from "../peak-holders.js";
import { type TimeCounters, timeBetween } from "../time-reading.js";
import { sampleCpu } from "./self/cpu-samples.js";
import { openFreedMemory } from "./self/freed-memory.js";
import { type HeapWatch, watchHeap } from "./self/heap-watch.js";
import { forgetSurvivors, nurserySize, touchNursery } from "./self/nursery.js";
import { type HighWater, openHighWater } from "./self/own-files.js";
import { watchPauses } from "./self/pauses.js";
import { type PeakStacks, watchPeakStacks } from "./self/peak-stacks.js";
import { type LineLooks, watchRunningLine } from "./self/running-line.js";
import { collectGarbage, keepsPages, someTurns, warmCompiler } from "./self/steady.js";
import { openTimeCounters } from "./self/time-counters.js";
import type { CodePlaces } from "./self/user-frame.js";

let highWater: HighWater | undefined;
let readTimes: (() => TimeCounters) | undefined;
let giveBack: (() => void) | undefined;

/** Prepares the process, reads the baseline and returns what ends the watch. A failure is a reading with its reason. */
export async function begin(
  options: WatchOptions = {},
  places?: CodePlaces,
): Promise<() => Promise<Measured<CellReading>>> {
  try {
    const end = await watch(options, places);
    return async () => {
      try {
        return { value: await end() };
      } catch (error) {
        return missing(error);
      }
    };
  } catch (error) {
    return async () => missing(error);
  }
}

async function watch(
  { timeFiles, stacks, heapFiles, cpuProfile, ffiPath }: WatchOptions,
  places: CodePlaces | undefined,
): Promise<() => Promise<CellReading>> {
  if (highWater === undefined) {
    highWater = openHighWater();
    warmCompiler();
    // The first use of each reader compiles and allocates: none of that may fall into a cell.
    highWater.reset();
    highWater.read();
    await watchPauses().end();
    const heap = await watchHeap();
    const answer = answerSampler(heap);
    for (let i = 0; i < 200; i++) answer();
    if (places !== undefined) {
      const looks = watchRunningLine("", places, 0);
      for (let i = 1; i < 200; i++) looks.look(1000 * i);
    }
    await someTurns(50);
    await heap.course();
    stopAnswering();
  }
  const mark = highWater;
  giveBack ??= openFreedMemory(ffiPath);
  const trim = giveBack;
  readTimes ??= openTimeCounters(timeFiles ?? { cpuStat: [] });
  const peakStacks =
    stacks &&
    places &&
    (await watchPeakStacks(stacks.addonPath, places, {
      course: stacks.course === true,
      allocations: stacks.allocations === true,
      leaks: heapFiles !== undefined,
    }));
  const unwritten = heapFiles && writeHeap(heapFiles.before, heapFiles.limit);
  const heapWatch = await watchHeap();
  await collectGarbage(forgetSurvivors);
  trim();
  const cpuSampling = cpuProfile === true && places !== undefined ? sampleCpu(places) : undefined;
  const pauses = watchPauses();
  touchNursery();
  const nursery = nurserySize();
  const looks = places?.cell === undefined ? undefined : watchRunningLine(places.cell, places, now());
  answerSampler(heapWatch, {
    ...(peakStacks && { peakStacks }),
    ...(looks && { looks }),
  });
  // A buffer that is filled at the end of a cell is not looked at in time.
  peakStacks?.begin(() => looks?.look(now(), true));
  const times = readTimes;
  const timesBefore = times();
  const cpu = process.cpuUsage();
  const began = now();
  pauses.begin(began);
  const baseline = readMemory();
  heapWatch.begin(began, baseline.heapUsed);
  const unmarked = mark.reset();

  return async () => {
    const hwm = unmarked === undefined ? mark.read() : { missing: unmarked };
    const ended = now();
    const { user, system } = process.cpuUsage(cpu);
    const time = timeBetween(timesBefore, times(), ended - began);
    const end = readMemory();
    const nurseryGrowth = nurserySize() - nursery;
    heapWatch.ended(ended, end.heapUsed);
    stopAnswering();
    const held = endStacks(peakStacks);
    const cpuSamples = cpuSampling?.end();
    const seen = await pauses.end();
    await collectGarbage();
    trim();
    const kept = keptWith(nursery);
    const heap = await heapWatch.course();
    const survivors = heapFiles && peakStacks && measured(() => peakStacks.survivors());
    const allocated = {
      heap: Math.max(0, heap.allocated - (looks?.allocated() ?? 0)),
      ...(heap.isPartial && { sampled: true as const }),
      ...(held === undefined ? {} : { offHeap: held.total }),
    };
    const allocations =
      peakStacks &&
      stacks?.allocations === true &&
      measured(() => allocationsOf(peakStacks, allocated, [baseline, kept]));
    const heapFilesMissing = heapFiles && (unwritten ?? writeHeap(heapFiles.after, heapFiles.limit));
    // A snapshot leaves the memory that V8 wrote it in, several times that of the heap.
    if (heapFiles) trim();
    // Only now: an inspector session that ends makes V8 forget the numbers of all objects.
    peakStacks?.close();
    cpuSampling?.close();
    return {
      began,
      ended,
      baseline,
      hwm,
      heapPeak: { value: heap.peak },
      end,
      nurseryGrowth,
      kept,
      cpu: { user: user / 1000, system: system / 1000 },
      pauses: seen.filter(({ time }) => time <= ended),
      allocated,
      time,
      ...(looks && { lines: { seen: looks.seen(), fromOutside: false } }),
      ...(held === undefined || stacks?.allocations === true ? {} : { holders: held.holders }),
      ...(allocations && { allocations }),
      ...(held?.course && { course: held.course }),
      ...(survivors && { survivors }),
      ...(cpuSamples && { cpuProfile: measured(cpuSamples) }),
      ...(heapFilesMissing !== undefined && { heapFilesMissing }),
    };
  };
}

/** Lets the heap sampler, in the guard's thread, read this thread's memory by evaluating one short expression. */
function answerSampler(
  heap: HeapWatch,
  { peakStacks, looks }: { readonly peakStacks?: PeakStacks; readonly looks?: LineLooks } = {},
): () => string {
  const answer = () => {
    heap.look(getHeapStatistics().used_heap_size);
    peakStacks?.look(heap.allocated());
    const time = now();
    looks?.look(time);
    const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
    return `${time} ${rss} ${heapTotal} ${heapUsed} ${external} ${arrayBuffers}`;
  };
  Object.defineProperty(globalThis, Symbol.for(readingSymbol), { value: answer, configurable: true });
  return answer;
}

interface Held {
  readonly total: number;
  readonly holders: Measured<PeakHolders>;
  readonly course?: Measured<HolderCourse>;
}

function allocationsOf(
  peakStacks: PeakStacks,
  { heap, offHeap = 0 }: CellReading["allocated"],
  [before, after]: readonly [MemoryState, MemoryState],
): Allocations {
  const grown = {
    heap: Math.max(0, after.heapUsed - before.heapUsed),
    offHeap: Math.max(0, after.external - before.external),
  };
  const inUse = { heap: after.heapUsed, offHeap: after.external };
  return { heap, offHeap, inUse, grown, ...peakStacks.allocations() };
}

function measured<T>(read: () => T): Measured<T> {
  try {
    return { value: read() };
  } catch (error) {
    return missing(error);
  }
}

/** Says why there is no snapshot. While it is written V8 needs about as much memory again as is in use. */
function writeHeap(path: string, limit: number): string | undefined {
  const { heapUsed } = process.memoryUsage();
  if (heapUsed > limit)
    return `${Math.round(heapUsed / 1024 ** 2)} MiB of heap are in use, and only up to ${Math.round(limit / 1024 ** 2)} MiB are written down`;
  try {
    writeHeapSnapshot(path);
    return undefined;
  } catch (error) {
    return missing(error).missing;
  }
}

/** A profiler that fails must not take the figures with it. */
function endStacks(peakStacks: PeakStacks | undefined): Held | undefined {
  if (peakStacks === undefined) return undefined;
  const { total, holders, course } = peakStacks.end();
  return { total, holders: measured(holders), ...(course && { course: measured(course) }) };
}

function stopAnswering(): void {
  Reflect.deleteProperty(globalThis, Symbol.for(readingSymbol));
}

function readMemory(): MemoryState {
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { rss, heapTotal, heapUsed, external, arrayBuffers };
}

/** What the process would hold with the nursery that it had: that V8's has grown is nothing that the cell keeps. */
function keptWith(nursery: number): MemoryState {
  // All of it is to be resident, as it was before the cell; what has been taken anew is not.
  if (keepsPages || nurserySize() !== nursery) touchNursery();
  const grown = nurserySize() - nursery;
  const memory = readMemory();
  return { ...memory, rss: memory.rss - grown, heapTotal: memory.heapTotal - grown };
}

function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function missing(error: unknown): { readonly missing: string } {
  return { missing: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}
