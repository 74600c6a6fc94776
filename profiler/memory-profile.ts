import type { Allocations } from "./allocations.js";
import type { CpuProfile } from "./cpu-profile.js";
import type { HolderCourse } from "./holder-course.js";
import type { KernelProbe, ProbeWatch } from "./kernel-probe.js";
import { type RunningLines, runningLinesOf } from "./lines/running-lines.js";
import type { Measured } from "./measured.js";
import type {
  CellReading,
  CollectionKind,
  CollectionPause,
  HeapState,
  MemoryState,
  WatchOptions,
} from "./memory-reading.js";
import { mergeNeighbours } from "./merge-pauses.js";
import { type MappingGroup, type NativeGrowth, nativeGrowth, readMappings } from "./native-memory.js";
import type { PeakHolders } from "./peak-holders.js";
import type { Sample } from "./sample-frames.js";
import type { SampleSeries } from "./sample-series.js";
import { type SampleSubscription, type SubscribeOptions, subscribeToSamples } from "./sample-socket.js";
import { readClock } from "./sampler.js";
import { type OpenHeapFiles, openHeapFiles, readSurvivors } from "./survivors/read-survivors.js";
import type { Survivors } from "./survivors/survivors.js";
import { findTimeFiles } from "./system/time-files.js";
import { thinSamples } from "./thin-samples.js";
import type { TimeCounters, TimeFiles } from "./time-reading.js";
import { watchWorkers } from "./watch-workers.js";
import type { WorkerCourse, WorkerUse } from "./worker-use.js";

/** The memory at one moment of a cell; `heap` is absent where only the outside of the process was seen. */
export interface MemoryMoment {
  /** Milliseconds since the cell began. */
  readonly time: number;
  readonly rss: number;
  readonly heap?: HeapState;
  /** RSS of all child processes together, beside `rss`. */
  readonly childrenRss?: number;
  /** The same as a part of `rss`, where they were to be counted. */
  readonly children?: number;
  /** What the worker threads held together, where they were looked at; it is a part of `rss` and not of `heap`. */
  readonly workers?: HeapState;
}

/** All pauses of one kind. */
export interface CollectionTotal {
  readonly count: number;
  readonly pause: number;
}

/** What one cell did to the memory of its process. Times are milliseconds since the cell began. */
export interface MemoryProfile {
  readonly duration: number;
  /** CPU time of all threads of the process, which may exceed `duration`. */
  readonly cpu?: number;
  /** After a forced collection, before the cell; the first sample when `sampled`. */
  readonly baseline: MemoryMoment;
  readonly peak: {
    readonly rss: number;
    /** The operating system kept it; otherwise it is the highest sample. */
    readonly exact: boolean;
    /** When the highest sample was taken. */
    readonly time: number;
    /** What of it the child processes held, where they were counted. */
    readonly children?: number;
    /** The highest of the moments of which the heap is known too: what the peak was made of, as nearly as was seen. */
    readonly seen?: MemoryMoment;
  };
  /** `peak.rss` less `baseline.rss`. */
  readonly increment: number;
  /** What V8's nursery has grown by, which varies from run to run. Absent where that is little of the increment. */
  readonly nurseryGrowth?: number;
  /** The highest `heapUsed`, to the byte where V8 was about to collect. */
  readonly heapPeak?: number;
  /** Right after the cell. */
  readonly end?: MemoryMoment;
  /** After a forced collection, after the cell. */
  readonly kept?: MemoryMoment;
  /**
   * All that was allocated, collected or not; what is outside the heap is at least so much. `sampled`: V8
   * did not tell of its collections, `heap` is what was seen to grow, and `heapPeak` the highest that was seen.
   */
  readonly allocated?: { readonly heap: number; readonly offHeap?: number; readonly sampled?: true };
  /** Where the time went. */
  readonly time?: TimeCounters;
  /** Who held what heap and ArrayBuffers grew by, when they were at their highest. */
  readonly holders?: Measured<PeakHolders>;
  /** Who held it from one moment to the next; absent when nobody asked for it. */
  readonly course?: Measured<HolderCourse>;
  /** Who allocated, freed again or not, in place of who held it; absent when nobody asked for it. */
  readonly allocations?: Measured<Allocations>;
  /** Who allocated what of it is alive after the cell. */
  readonly survivors?: Measured<PeakHolders>;
  /** The same by constructor and by the variable that holds it. */
  readonly alive?: Measured<Survivors>;
  /** What the memory is mapped for, before the code and after it, where that was asked for. */
  readonly native?: Measured<readonly NativeGrowth[]>;
  /** The worker threads that there were, where they were looked at. */
  readonly workers?: readonly WorkerUse[];
  readonly collections?: Readonly<Partial<Record<CollectionKind, CollectionTotal>>>;
  readonly pauses: readonly CollectionPause[];
  /** At most `timelineLength` moments, first and last, lowest and highest kept. */
  readonly timeline: readonly MemoryMoment[];
  /** How many samples the timeline stands for. */
  readonly sampleCount: number;
  /** Which line of the cell ran when; absent where nobody could look. */
  readonly ranLines?: RunningLines;
  /** What this process may use at most, and where that is said. */
  readonly allowance?: { readonly value: number; readonly source: string };
  /** Why something above is absent or not exact: sentences for a reader. */
  readonly notes: readonly string[];
}

/** How a cell is measured. */
export interface ProfileOptions {
  /** Milliseconds between samples of the timeline; without it they are rarer the longer the code takes. */
  readonly interval?: number;
  /** Keeps the stacks of what is held at the peak. */
  readonly stacks?: boolean;
  /** Adds what the child processes hold to RSS, and looks at what worker threads hold of it. */
  readonly children?: boolean;
  /** Looks for what the code allocated and is alive after it. */
  readonly leaks?: boolean;
  /** Keeps the stacks of all that is allocated in place of what is held at the peak; not with `leaks` or `temporal`. */
  readonly allocations?: boolean;
  /** Keeps the stacks of other moments than the peak too. */
  readonly temporal?: boolean;
  /** Looks what the memory of the process is mapped for. */
  readonly native?: boolean;
  /** Samples where the CPU time goes, which takes some of it. */
  readonly cpuProfile?: boolean;
  readonly allowance?: { readonly value: number; readonly source: string };
  /** The code, from the cell's first line on: which of its lines ran is told. */
  readonly source?: string;
  /** Called, while the code runs, with what its samples say so far, whenever there are new ones. */
  readonly onProgress?: (profile: MemoryProfile) => void;
}

/** A measured run: what it returned, what it cost, and the samples taken while it ran. */
export interface MemoryMeasurement<T> {
  readonly outcome: T;
  /** Absent when the code never ran, for example because it could not be compiled. */
  readonly profile?: Measured<MemoryProfile>;
  readonly samples: readonly Sample[];
  /** Absent when nobody asked for it, and when the process ended. */
  readonly cpuProfile?: Measured<CpuProfile>;
  /** The clock of the samples when the cell began. */
  readonly began: number;
}

/** So many pauses can be told apart in a picture; more would only make the notebook larger. */
const pauseLimit = 150;

function fewPauses(pauses: readonly CollectionPause[]): readonly CollectionPause[] {
  let few = pauses;
  while (few.length > pauseLimit) few = mergeNeighbours(few);
  return few;
}

/** How many moments a timeline has at most. */
export const timelineLength = 240;

/** Runs something with the watch that it is given, and says what that did to the memory of the executor. */
export async function profileMemory<T>(
  probe: KernelProbe,
  run: (watch: ProbeWatch) => Promise<T>,
  {
    interval,
    stacks = true,
    children = false,
    leaks = false,
    native = false,
    cpuProfile = false,
    temporal = false,
    allocations = false,
    allowance,
    source,
    onProgress,
  }: ProfileOptions = {},
): Promise<MemoryMeasurement<T>> {
  const notes: string[] = [];
  const watched: { reading?: Measured<CellReading> } = {};
  const executor = executorOf(probe);
  const progress: { series?: SampleSeries; from: number } = { from: Number.POSITIVE_INFINITY };
  const tellProgress = () => {
    const samples = progress.series?.between(progress.from, Number.POSITIVE_INFINITY) ?? [];
    const so = onProgress && guessProfile("the cell is running", samples, [], children);
    if (so !== undefined && "value" in so) onProgress?.({ ...so.value, ...(allowance && { allowance }) });
  };
  const [subscription, timeFiles] = await Promise.all([
    subscribe(probe, { interval, feed: onProgress ? "samples" : "bulk", onFrame: tellProgress }, notes),
    readTimeFiles(executor),
  ]);
  if (subscription !== undefined) progress.series = subscription.series;
  const workers = children ? await watchWorkers(probe, interval ?? 10) : undefined;
  if (workers?.missing !== undefined) notes.push(`Worker threads were not looked at: ${workers.missing}.`);
  const heapFiles = leaks ? await openHeapFiles() : undefined;
  const watchOptions: WatchOptions = {
    timeFiles,
    ...(cpuProfile && { cpuProfile }),
    ...(probe.ffiPath !== undefined && { ffiPath: probe.ffiPath }),
    ...(heapFiles && { heapFiles: { ...heapFiles.files, limit: snapshotLimit(allowance?.value) } }),
    ...(stacks && {
      stacks: {
        ...(probe.heapProfilerPath !== undefined && { addonPath: probe.heapProfilerPath }),
        ...(temporal && { course: temporal }),
        ...(allocations && { allocations }),
      },
    }),
  };
  const mapped = native ? await mappingsOf(executor) : undefined;
  try {
    const called = readClock();
    progress.from = called;
    const outcome = await run({
      modulePath: probe.cellWatchPath,
      options: watchOptions,
      onReading: (value) => {
        // The module at `cellWatchPath` returns this and nothing else.
        watched.reading = value as Measured<CellReading>;
      },
    });
    const returned = readClock();
    progress.from = Number.POSITIVE_INFINITY;
    // Only a process that ended owes its reading; where nothing ran, there is nothing to read.
    if (watched.reading === undefined && executorOf(probe) === executor) return { outcome, samples: [], began: called };
    const cell = watched.reading ?? { missing: "the process that ran the cell ended before it could be read" };
    const [began, ended] = "value" in cell ? [cell.value.began, cell.value.ended] : [called, returned];
    const samples = await samplesBetween(subscription, began, ended, notes);
    const profile =
      "value" in cell
        ? profileOf(
            children ? addChildren(cell.value, samples) : cell.value,
            samples,
            notes,
            children ? childrenAround(subscription?.series, called, cell.value) : undefined,
          )
        : guessProfile(cell.missing, samples, notes, children);
    const alive = heapFiles && "value" in cell && (await readAlive(probe, cell.value, heapFiles));
    const seen =
      workers && "value" in profile ? { value: withWorkers(profile.value, workers.course(), began) } : profile;
    const told = alive && "value" in seen ? { value: { ...seen.value, alive } } : seen;
    const placed = withLines(mapped ? await withNative(told, mapped, executor) : told, cell, source);
    const cpu = "value" in cell ? cell.value.cpuProfile : undefined;
    return { outcome, profile: withAllowance(placed, allowance), samples, began, ...(cpu && { cpuProfile: cpu }) };
  } finally {
    workers?.close();
    await Promise.all([subscription?.close(), heapFiles?.close()]);
  }
}

/** RSS that differs by less is the same height. */
const plateau = 512 * 1024;

function withLines(
  profile: Measured<MemoryProfile>,
  cell: Measured<CellReading>,
  source: string | undefined,
): Measured<MemoryProfile> {
  if ("missing" in profile || "missing" in cell || cell.value.lines === undefined || source === undefined)
    return profile;
  const { began, ended } = cell.value;
  // What keeps a height does not reach it: the peak of a plateau is where it begins.
  const { timeline, peak: highest } = profile.value;
  const top = Math.max(...timeline.map(({ rss }) => rss));
  const reached = timeline.find(({ rss }) => rss >= top - plateau)?.time ?? highest.time;
  const peak = began + reached;
  const ranLines = runningLinesOf(cell.value.lines, { began, ended, peak, source });
  return ranLines === undefined ? profile : { value: { ...profile.value, ranLines } };
}

/** A snapshot of more takes minutes. */
const longestSnapshot = 512 * 1024 * 1024;

/** While V8 writes a snapshot of small objects it needs 12 times the memory that they take; measured on Node 20. */
const snapshotFactor = 16;

/** How much of V8's heap, in bytes, may be in use for a snapshot of it, where the process may have `allowance` bytes. */
function snapshotLimit(allowance = Number.POSITIVE_INFINITY): number {
  return Math.min(longestSnapshot, allowance / snapshotFactor);
}

async function readAlive(
  { survivorsReaderPath }: KernelProbe,
  { heapFilesMissing }: CellReading,
  heapFiles: OpenHeapFiles,
): Promise<Measured<Survivors>> {
  if (heapFilesMissing !== undefined) return { missing: heapFilesMissing };
  if (survivorsReaderPath === undefined) return { missing: "this kernel cannot read heap snapshots" };
  return readSurvivors(survivorsReaderPath, heapFiles.files);
}

/** What the child processes held before the code and after it, in bytes. */
export interface ChildrenAround {
  readonly before: number;
  readonly after: number;
}

/** There is a sample of when a cell begins, before its baseline is read, and one of when it has ended. */
function childrenAround(
  series: SampleSeries | undefined,
  called: number,
  { began, ended }: CellReading,
): ChildrenAround {
  const held = (from: number, to: number) =>
    (series?.between(from, to) ?? []).map(({ childrenRss }) => childrenRss).filter((bytes) => !Number.isNaN(bytes));
  return { before: held(called, began).at(-1) ?? 0, after: held(ended, Number.POSITIVE_INFINITY)[0] ?? 0 };
}

type Mappings = Measured<readonly MappingGroup[]>;

async function mappingsOf(executor: number | undefined): Promise<Mappings> {
  return executor === undefined ? { missing: "there was no process yet" } : readMappings(executor);
}

async function withNative(
  profile: Measured<MemoryProfile>,
  before: Mappings,
  executor: number | undefined,
): Promise<Measured<MemoryProfile>> {
  if ("missing" in profile) return profile;
  const native = "missing" in before ? before : await nativeSince(before.value, executor);
  return { value: { ...profile.value, native } };
}

async function nativeSince(
  before: readonly MappingGroup[],
  executor: number | undefined,
): Promise<Measured<readonly NativeGrowth[]>> {
  const after = await mappingsOf(executor);
  return "missing" in after ? after : { value: nativeGrowth(before, after.value) };
}

/** Puts what the worker threads held beside what the main thread did; pure. */
function withWorkers(profile: MemoryProfile, course: WorkerCourse, began: number): MemoryProfile {
  const workers = course.uses(began, began + profile.duration);
  if (workers.length === 0) return profile;
  const add = (moment: MemoryMoment): MemoryMoment => {
    const held = course.at(began + moment.time);
    return held === undefined ? moment : { ...moment, workers: held };
  };
  const { baseline, peak, end, kept, timeline } = profile;
  return {
    ...profile,
    baseline: add(baseline),
    peak: { ...peak, ...(peak.seen && { seen: add(peak.seen) }) },
    ...(end && { end: add(end) }),
    ...(kept && { kept: add(kept) }),
    timeline: timeline.map(add),
    workers,
  };
}

/** The system keeps no peak of several processes together: where there were any, the samples have to do. */
function addChildren(cell: CellReading, samples: readonly Sample[]): CellReading {
  if (!samples.some(({ childrenRss }) => childrenRss > 0)) return cell;
  return { ...cell, hwm: { missing: "the peak of several processes together is kept by nobody" } };
}

/** Only the time that was lost is not told without them. */
async function readTimeFiles(executor: number | undefined): Promise<TimeFiles> {
  try {
    return executor === undefined ? { cpuStat: [] } : await findTimeFiles(executor);
  } catch {
    // The executor has just ended: the outcome says so.
    return { cpuStat: [] };
  }
}

function executorOf(probe: KernelProbe): number | undefined {
  return probe.processes().find(({ role }) => role === "executor")?.pid;
}

/** A timeline that cannot be had is no reason not to run the cell. */
async function subscribe(
  probe: KernelProbe,
  { interval, ...wishes }: Pick<SubscribeOptions, "feed" | "onFrame"> & { readonly interval: number | undefined },
  notes: string[],
): Promise<SampleSubscription | undefined> {
  try {
    return await subscribeToSamples(await probe.samplesEndpoint(), {
      heap: true,
      ...wishes,
      ...(interval !== undefined && { interval }),
    });
  } catch (error) {
    notes.push(`No timeline: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

async function samplesBetween(
  subscription: SampleSubscription | undefined,
  began: number,
  ended: number,
  notes: string[],
): Promise<readonly Sample[]> {
  if (subscription === undefined) return [];
  if (!(await subscription.reach(ended, 1000))) notes.push("The last samples of the timeline did not arrive in time.");
  return subscription.series.between(began, ended);
}

/** Puts the reading of a cell and the samples between its two ends together; pure. */
export function profileOf(
  cell: CellReading,
  samples: readonly Sample[],
  notes: readonly string[],
  children?: ChildrenAround,
): Measured<MemoryProfile> {
  const { began, ended } = cell;
  const baseline = withChildren(momentOf(cell.baseline, 0), children?.before);
  const end = withChildren(momentOf(cell.end, ended - began), children?.after);
  const counted = children !== undefined;
  const moments = [baseline, ...samples.map((sample) => momentOfSample(sample, began, counted)), end];
  const highest = highestOf(moments);
  const exact = "value" in cell.hwm;
  // The mark is set a moment after the baseline was read, and pages may go in between: the peak is never below what was seen.
  const peak = Math.max("value" in cell.hwm ? cell.hwm.value : 0, highest.rss);
  return {
    value: {
      duration: ended - began,
      cpu: cell.cpu.user + cell.cpu.system,
      baseline,
      peak: { rss: peak, exact, ...timeAndChildren(highest), ...seenIn(moments) },
      increment: peak - baseline.rss,
      ...nurseryIn(cell, peak - baseline.rss),
      ...("value" in cell.heapPeak ? { heapPeak: cell.heapPeak.value } : {}),
      end,
      kept: withChildren(momentOf(cell.kept, ended - began), children?.after),
      allocated: cell.allocated,
      time: cell.time,
      ...holdersOf(cell),
      ...courseOf(cell),
      ...(cell.allocations && { allocations: cell.allocations }),
      ...(cell.survivors && { survivors: cell.survivors }),
      collections: totalPauses(cell.pauses),
      pauses: fewPauses(cell.pauses).map((pause) => ({ ...pause, time: pause.time - began })),
      timeline: thinSamples(moments, timelineLength),
      sampleCount: samples.length,
      notes: "missing" in cell.hwm ? [...notes, `The peak is the highest sample: ${cell.hwm.missing}.`] : notes,
    },
  };
}

/** What the samples alone say of a cell whose process is gone; pure. */
export function guessProfile(
  reason: string,
  taken: readonly Sample[],
  notes: readonly string[],
  children = false,
): Measured<MemoryProfile> {
  const [first] = taken;
  // The next executor may be up already: its samples are not this cell's.
  const samples = taken.filter(({ pid }) => pid === first?.pid);
  const last = samples.at(-1);
  if (first === undefined || last === undefined)
    return { missing: [...notes, `${reason}, and no sample of it was taken`].join(" ") };
  const moments = samples.map((sample) => momentOfSample(sample, first.time, children));
  const baseline = momentOfSample(first, first.time, children);
  const highest = highestOf(moments);
  const cpu = last.cpu - first.cpu;
  return {
    value: {
      duration: last.time - first.time,
      ...(Number.isFinite(cpu) ? { cpu } : {}),
      baseline,
      peak: { rss: highest.rss, exact: false, ...timeAndChildren(highest), ...seenIn(moments) },
      increment: highest.rss - baseline.rss,
      pauses: [],
      timeline: thinSamples(moments, timelineLength),
      sampleCount: samples.length,
      notes: [...notes, `From samples alone: ${reason}.`],
    },
  };
}

/** Less is a part of any increment. */
const smallestNursery = 1024 * 1024;
const nurseryShare = 0.1;

/** What V8's nursery has grown by, where it is a part of the increment that a reader should know of. */
function nurseryIn({ nurseryGrowth }: CellReading, increment: number): Pick<MemoryProfile, "nurseryGrowth"> {
  const isMuch = nurseryGrowth >= Math.max(smallestNursery, nurseryShare * increment);
  return isMuch && nurseryGrowth <= increment ? { nurseryGrowth } : {};
}

function holdersOf({ holders, began }: CellReading): { readonly holders?: Measured<PeakHolders> } {
  if (holders === undefined || "missing" in holders) return holders === undefined ? {} : { holders };
  return { holders: { value: { ...holders.value, time: holders.value.time - began } } };
}

function courseOf({ course, began }: CellReading): { readonly course?: Measured<HolderCourse> } {
  if (course === undefined || "missing" in course) return course === undefined ? {} : { course };
  const moments = course.value.moments.map((moment) => ({ ...moment, time: Math.max(0, moment.time - began) }));
  return { course: { value: { ...course.value, moments } } };
}

function withAllowance(
  profile: Measured<MemoryProfile>,
  allowance: MemoryProfile["allowance"],
): Measured<MemoryProfile> {
  if (allowance === undefined || "missing" in profile) return profile;
  return { value: { ...profile.value, allowance } };
}

function momentOf({ rss, ...heap }: MemoryState, time: number): MemoryMoment {
  return { time, rss, heap };
}

/** A sample as a moment of a cell that began at `began`; the child processes are a part of it, or stand beside it. */
export function momentOfSample(sample: Sample, began: number, children = false): MemoryMoment {
  const { heapTotal, heapUsed, external, arrayBuffers, childrenRss } = sample;
  const moment = {
    time: sample.time - began,
    rss: sample.rss,
    ...(Number.isNaN(heapUsed) ? {} : { heap: { heapTotal, heapUsed, external, arrayBuffers } }),
  };
  if (children) return withChildren(moment, childrenRss);
  return childrenRss > 0 ? { ...moment, childrenRss } : moment;
}

/** Counts what the child processes held as the process's own. */
function withChildren(moment: MemoryMoment, held = 0): MemoryMoment {
  return held > 0 ? { ...moment, rss: moment.rss + held, children: held } : moment;
}

function timeAndChildren({ time, children }: MemoryMoment): Pick<MemoryProfile["peak"], "time" | "children"> {
  return { time, ...(children !== undefined && { children }) };
}

/** The moment of the highest RSS. */
export function highestOf(moments: readonly MemoryMoment[]): MemoryMoment {
  return moments.reduce((highest, moment) => (moment.rss > highest.rss ? moment : highest));
}

/** Of the moments close to the highest of those that know the heap, the one that can tell most of RSS. */
function seenIn(moments: readonly MemoryMoment[]): { readonly seen?: MemoryMoment } {
  const known = moments.filter(({ heap }) => heap !== undefined);
  if (known.length === 0) return {};
  const close = highestOf(known).rss * 0.99;
  // Right after a collection V8 has let go of pages that are still in RSS: a moment before they had a name.
  const told = ({ heap }: MemoryMoment) => (heap === undefined ? 0 : heap.heapTotal + heap.external);
  const seen = known
    .filter(({ rss }) => rss >= close)
    .reduce((best, moment) => (told(moment) > told(best) ? moment : best));
  return { seen };
}

function totalPauses(pauses: readonly CollectionPause[]): Partial<Record<CollectionKind, CollectionTotal>> {
  const totals: Partial<Record<CollectionKind, CollectionTotal>> = {};
  for (const { kind, count, pause } of pauses) {
    const so = totals[kind] ?? { count: 0, pause: 0 };
    totals[kind] = { count: so.count + count, pause: so.pause + pause };
  }
  return totals;
}
