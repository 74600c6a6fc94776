// What the report of %%memprofile says in words: the same in its text and in its page.
import type { CollectionTotal, MemoryMoment, MemoryProfile } from "../profiler/memory-profile.js";
import { formatBytesShort, formatCount, formatDuration, formatPercent } from "./format.js";
import { type MemoryParts, ownOf, splitMemory } from "./memory-profile-layers.js";
import { cutText } from "./text.js";

const mebibyte = 1024 * 1024;

/** `789.60`: bytes as MiB, the one unit of this report, so that its figures can be compared at a glance. */
export function formatMebibytes(bytes: number): string {
  const text = (bytes / mebibyte).toFixed(2);
  return text === "-0.00" ? "0.00" : text;
}

/** `peak memory: 76.31 MiB, increment: 0.50 MiB`, as IPython's `%memit` prints it; `~` marks what was only sampled. */
export function headlineOf({ peak, increment }: MemoryProfile): string {
  const mark = peak.exact ? "" : "~";
  return `peak memory: ${mark}${formatMebibytes(peak.rss)} MiB, increment: ${mark}${formatMebibytes(increment)} MiB`;
}

/** What the headline cost besides, a line for each question: memory, time, collections. */
export function factsOf(profile: MemoryProfile): readonly string[] {
  const lines = [memoryOf(profile), timeOf(profile), collectionsOf(profile)].flatMap((facts) =>
    facts.length === 0 ? [] : [facts.join(" · ")],
  );
  return [...lines, ...peakLineOf(profile)];
}

/** What ran at the peak: `peak near line 4: const sorted = …`; nothing when nobody saw it. */
export function peakLineOf({ ranLines: lines }: MemoryProfile): readonly string[] {
  if (lines?.peak === undefined) return [];
  const { first, last, near, waited } = lines.peak;
  const when = waited ? "peak while the cell waited, after" : "peak";
  if (first !== last) return [`${when} ${waited ? "" : "at "}one of the lines ${first} to ${last}`];
  const text = lines.texts[first] ?? "";
  const where = waited ? when : `${when} ${near ? "near" : "at"}`;
  return [cutText(`${where} line ${first}${text === "" ? "" : `: ${text}`}`, 80)];
}

function memoryOf(profile: MemoryProfile): readonly string[] {
  const { kept, baseline, allowance, peak, allocated } = profile;
  return [
    ...(kept === undefined ? [] : [`kept ${formatMebibytes(kept.rss - baseline.rss)} MiB`]),
    ...(allocated === undefined ? [] : [allocatedIn(allocated)]),
    ...(allowance === undefined
      ? []
      : [`peak is ${formatPercent(peak.rss / allowance.value)} of the ${formatBytesShort(allowance.value)} allowed`]),
    ...childrenOf(profile),
  ];
}

/** The heap's is counted, or estimated; outside of it V8 keeps no count, and there may have been more. */
function allocatedIn({ heap, offHeap = 0, sampled }: NonNullable<MemoryProfile["allocated"]>): string {
  const onHeap = `allocated ${sampled ? "~" : ""}${formatMebibytes(heap)} MiB`;
  return offHeap < mebibyte / 10 ? onHeap : `${onHeap} on the heap and ${formatMebibytes(offHeap)}+ off it`;
}

/** Less than this share of a cell's time is not worth a word. */
const smallShare = 0.02;

function timeOf({ duration, cpu, time }: MemoryProfile): readonly string[] {
  const all = cpu === undefined ? formatDuration(duration) : `${formatDuration(duration)} (CPU ${formatDuration(cpu)})`;
  if (time === undefined || duration < 1) return [all];
  const { running, queued = 0, active, idle, throttled = 0, memoryStalled = 0 } = time;
  const waiting = Math.min(idle, duration);
  const blocked = running === undefined ? 0 : Math.min(active, duration) - running - queued;
  const parts = [
    ["running", running ?? Math.min(active, duration)],
    ["waiting", waiting],
    ["ready but without a CPU", queued],
    ["in blocking calls", blocked],
  ] as const;
  const lost = [
    ["throttled", throttled],
    ["short of memory", memoryStalled],
  ] as const;
  const worthIt = (milliseconds: number) => milliseconds >= duration * smallShare;
  const shown = parts.filter(([, milliseconds]) => worthIt(milliseconds));
  return [
    all,
    // That it ran all the time goes without saying.
    ...(shown.length > 1 || shown[0]?.[0] !== "running"
      ? shown.map(([word, milliseconds]) => `${word} ${formatDuration(milliseconds)}`)
      : []),
    ...lost
      .filter(([, milliseconds]) => worthIt(milliseconds))
      .map(([word, milliseconds]) => `${word} ${formatDuration(milliseconds)}`),
  ];
}

function collectionsOf({ collections }: MemoryProfile): readonly string[] {
  if (collections === undefined) return [];
  const { minor, major, incremental } = collections;
  if ((minor?.count ?? 0) + (major?.count ?? 0) === 0) return ["no collection"];
  const kind = (total: CollectionTotal | undefined, name: string) =>
    total === undefined ? [] : [`${formatCount(total.count)} ${name} ${formatDuration(total.pause)}`];
  const [first = "", ...rest] = [
    ...kind(minor, "minor"),
    ...kind(major, "full"),
    ...kind(incremental, incremental?.count === 1 ? "step of marking" : "steps of marking"),
  ];
  return [`collections: ${first}`, ...rest];
}

function childrenOf({ timeline }: MemoryProfile): readonly string[] {
  const most = Math.max(0, ...timeline.map(({ childrenRss = 0 }) => childrenRss));
  return most === 0 ? [] : [`child processes up to ${formatMebibytes(most)} MiB besides`];
}

/** The titles of the table of parts; the first column names the part. */
export const partColumns = ["MiB", "before", "at the peak", "at the end", "after GC", "kept"] as const;

/** The table of what RSS was made of: parts down, moments across. What is not known is a dash. */
export function partRows(profile: MemoryProfile): readonly (readonly string[])[] {
  const { baseline, peak, end, kept } = profile;
  const moments = [baseline, peak.seen, end, kept];
  const parts = moments.map((moment) =>
    moment?.heap === undefined ? undefined : splitMemory(ownOf(moment), moment.heap, moment.workers),
  );
  const row = (name: string, figureOf: (index: number) => number | undefined, about = true) => {
    const values = moments.map((_, index) => figureOf(index));
    const [before, , , after] = values;
    return [
      name,
      ...values.map((value, index) =>
        value === undefined ? "—" : `${about && index === 1 ? "~" : ""}${formatMebibytes(value)}`,
      ),
      before === undefined || after === undefined ? "—" : formatMebibytes(after - before),
    ];
  };
  const part = (name: string, key: keyof MemoryParts) => row(name, (index) => parts[index]?.[key]);
  const rss = [baseline.rss, peak.rss, end?.rss, kept?.rss];
  const whole = row("RSS", (index) => rss[index], !peak.exact);
  if (parts.every((known) => known === undefined)) return [whole];
  return [
    part("JavaScript heap", "heap"),
    row("  of it used", (index) => moments[index]?.heap?.heapUsed),
    part("ArrayBuffers", "arrayBuffers"),
    part("other external", "otherExternal"),
    ...(parts.some((known) => known?.workers !== undefined) ? [part("worker threads", "workers")] : []),
    part("native, code, stacks", "rest"),
    ...unseenRow(profile),
    ...childrenRow(profile),
    whole,
  ];
}

/** What the child processes held, where they are counted and there were any; of the peak it is a sample's. */
function childrenRow({ baseline, peak, end, kept }: MemoryProfile): readonly (readonly string[])[] {
  const held = [baseline, peak, end, kept].map((moment) => moment?.children ?? 0);
  const [before = 0, , , after = 0] = held;
  if (held.every((bytes) => bytes === 0)) return [];
  const figures = held.map((bytes, index) => `${index === 1 ? "~" : ""}${formatMebibytes(bytes)}`);
  return [["child processes", ...figures, formatMebibytes(after - before)]];
}

/** What the peak has above the moment whose parts are shown, when that is more than noise: nobody saw what it was. */
function unseenRow({ peak }: MemoryProfile): readonly (readonly string[])[] {
  const unseen = unseenPeak(peak);
  return unseen === 0 ? [] : [["not seen from inside", "", formatMebibytes(unseen), "", "", ""]];
}

/** The part of the peak that is in none of the parts seen; 0 when it is less than 0.5 MiB. */
function unseenPeak({ seen, ...peak }: MemoryProfile["peak"]): number {
  const unseen = seen === undefined ? 0 : ownOf(peak) - ownOf(seen);
  return unseen < mebibyte / 2 ? 0 : unseen;
}

/** How the figures were taken, and why some are absent. */
export function methodsOf(profile: MemoryProfile): readonly string[] {
  const { peak, sampleCount, notes, allowance, end, heapPeak, nurseryGrowth } = profile;
  const how = peak.exact ? "Peak: exact, VmHWM of the executor process" : "Peak: ~ the highest sample";
  const samples = sampleCount === 1 ? "1 sample" : `${formatCount(sampleCount)} samples`;
  const parts = peak.seen?.heap === undefined || end === undefined ? "" : "; ~ its parts as a sample saw them";
  const heap = heapPeak === undefined ? "" : `; highest heap in use ${formatMebibytes(heapPeak)} MiB`;
  return [
    `${how}${parts}; timeline: ${samples}${heap}.`,
    ...(allowance === undefined ? [] : [`Allowed: ${allowance.source}.`]),
    ...(nurseryGrowth === undefined ? [] : [nurseryNote(nurseryGrowth)]),
    ...notes,
    ...(profile.holders === undefined ? [] : notesOfHolders(profile.holders)),
    ...notesOfCourse(profile.course),
  ];
}

function nurseryNote(growth: number): string {
  const figure = formatMebibytes(growth);
  return `V8's nursery, where new objects are made, has grown by ${figure} MiB: when it does, and by how much, varies from run to run.`;
}

function notesOfCourse(course: MemoryProfile["course"]): readonly string[] {
  if (course === undefined) return [];
  if ("missing" in course) return [`Not known who held it over time: ${course.missing}.`];
  return [
    `Who held it over time: ${formatCount(course.value.moments.length)} moments, between which others may have held more.`,
  ];
}

function notesOfHolders(holders: NonNullable<MemoryProfile["holders"]>): readonly string[] {
  if ("missing" in holders) return [`Not known who held it: ${holders.missing}.`];
  const guessed = holders.value.stacks.some(({ uncertain }) => uncertain > 0);
  return [
    ...holders.value.notes,
    ...(guessed ? ["~ in the table of holders: these bytes may be another function's."] : []),
  ];
}

/** The highest value of a curve over its moments; `undefined` when it was never seen. */
export function highestOf(
  timeline: readonly MemoryMoment[],
  figureOf: (moment: MemoryMoment) => number | undefined,
): number | undefined {
  return timeline.reduce<number | undefined>((high, moment) => {
    const value = figureOf(moment);
    return value === undefined || (high !== undefined && high >= value) ? high : value;
  }, undefined);
}
