// Which line of a cell ran when, from moments at which somebody looked.
import { longestGap } from "../pace.js";
import type { ProbedScript } from "./line-profile.js";
import type { LineReading } from "./line-reading.js";

/** A look at the code that ran. */
export interface SeenLine {
  readonly time: number;
  /** From 1, in the cell; 0 when no line of it was on the stack. */
  readonly line: number;
  /** It was about to take memory, which takes longer than most: what comes until the next look is its own, and nothing before. */
  readonly takes?: true;
}

/** All looks at a cell, in their order. */
export interface SeenLines {
  readonly seen: readonly SeenLine[];
  /** Looked at from another thread: a call that does not return for long is no gap. */
  readonly fromOutside: boolean;
  /** The line of which it is known that it ran at the peak. */
  readonly atPeak?: number;
}

/** A line, or some neighbouring ones, that ran from one time to another. */
export interface LineSpan {
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly last: number;
}

/** What ran at the peak, at `time`: a line, or one of some neighbouring ones. */
export interface PeakLine {
  readonly first: number;
  readonly last: number;
  /** The peak may have been a line before or after it. */
  readonly near: boolean;
  /** No line ran at the peak, because the cell waited for something; these had run last. */
  readonly waited?: true;
  readonly time: number;
}

/** Which lines ran when; times are milliseconds since the cell began. */
export interface RunningLines {
  /** In their order; there are gaps where no line of the cell was on the stack. */
  readonly spans: readonly LineSpan[];
  readonly peak?: PeakLine;
  /** The lines of the spans and of the peak as they were written, without their indentation. */
  readonly texts: Readonly<Record<number, string>>;
}

/** The cell that was looked at. Times are of the clock of the looks. */
export interface LookedAtCell {
  readonly began: number;
  readonly ended: number;
  /** When it had come to its highest. */
  readonly peak: number;
  readonly source: string;
}

/** So many spans are told apart; a picture has no more room. */
const spanLimit = 160;
/** Looks that are further apart, in milliseconds, may have a call between them during which nobody could look. */
const longestLook = 40;
const textLength = 100;

/** Puts looks together to spans; pure. */
export function runningLinesOf(looks: SeenLines, cell: LookedAtCell): RunningLines | undefined {
  const { began, ended, peak, source } = cell;
  const lines = source.split("\n");
  const isWritten = (index: number) => (lines[index] ?? "").trim() !== "";
  const written = lines.flatMap((_, index) => (isWritten(index) ? [index + 1] : []));
  const seen = looks.seen.filter(({ time, line }) => time >= began && time <= ended && line <= lines.length);
  if (!seen.some(({ line }) => line > 0)) return undefined;
  // What comes before the first look began at the cell's first line, and what comes after the last one ended at its last.
  const spans = spansBetween(
    [{ time: began, line: written[0] ?? 1 }, ...seen, { time: ended, line: written.at(-1) ?? lines.length }],
    looks.fromOutside,
  );
  const found = peakLineOf(looks, spans, peak);
  const few = mergeSpans(spans, (ended - began) / spanLimit);
  const named = [...few.flatMap(({ first, last }) => [first, last]), ...(found ? [found.first, found.last] : [])];
  return {
    spans: few.map((span) => ({ ...span, from: span.from - began, to: span.to - began })),
    ...(found && { peak: { ...found, time: peak - began } }),
    texts: Object.fromEntries(
      [...new Set(named)]
        .sort((a, b) => a - b)
        .map((line) => [line, (lines[line - 1] ?? "").trim().slice(0, textLength)]),
    ),
  };
}

function peakLineOf(
  { atPeak }: SeenLines,
  spans: readonly LineSpan[],
  peak: number,
): Omit<PeakLine, "time"> | undefined {
  if (atPeak) return { first: atPeak, last: atPeak, near: false };
  const ran = spans.find(({ from, to }) => from <= peak && to >= peak);
  if (ran) return { first: ran.first, last: ran.last, near: true };
  const before = spans.findLast(({ to }) => to < peak);
  return before && { first: before.first, last: before.last, near: true, waited: true };
}

/** The looks of a measurement by line, at the lines of the cell itself. */
export function seenLinesOf(
  scripts: readonly (Pick<ProbedScript, "sites" | "functions"> & { readonly isCurrent: boolean })[],
  { course, peak, firstSite }: LineReading,
): SeenLines | undefined {
  if (!scripts.some(({ isCurrent }) => isCurrent)) return undefined;
  const lines = scripts.flatMap(({ sites, isCurrent }) => sites.map(({ line }) => (isCurrent ? line : 0)));
  const lineOf = (site: number) => lines[site - firstSite] ?? 0;
  let line = 0;
  const highest = peak.reduce((best, rss, index) => (rss > (peak[best] ?? 0) ? index : best), 0);
  const atPeak = (peak[highest] ?? 0) > 0 ? lineOf(firstSite + highest) : 0;
  return {
    seen: Array.from(course.sites, (site, index) => {
      // A function of another cell runs for the line that has called it, which was seen before. While the cell waits
      // for something there is no site.
      if (site === 0 || lineOf(site) > 0) line = lineOf(site);
      return { time: course.began + (index + 0.5) * course.step, line };
    }),
    fromOutside: true,
    ...(atPeak > 0 && { atPeak }),
  };
}

/** From look to look, neighbours of the same line as one. */
function spansBetween(seen: readonly SeenLine[], fromOutside: boolean): readonly LineSpan[] {
  const times = seen.map(({ time }) => time);
  const [began = 0] = times;
  const longest = longestGap(times, longestLook);
  const spans: LineSpan[] = [];
  const push = (from: number, to: number, first: number, last: number) => {
    const before = spans.at(-1);
    if (to <= from || last === 0) return;
    if (before?.to === from && before.first === first && before.last === last)
      spans[spans.length - 1] = { ...before, to };
    else spans.push({ from, to, first, last });
  };
  let known = 0;
  for (const [index, one] of seen.slice(0, -1).entries()) {
    const next = seen[index + 1] ?? one;
    known = one.line || known;
    const isOpen = index === 0 || (index === seen.length - 2 && one.takes !== true);
    const gap = next.time - one.time;
    if (!fromOutside && gap > (isOpen ? longestLook : longest(one.time - began))) {
      // Nobody looked: it was one of these lines, or one between them.
      const ends = [known, next.line || known];
      push(one.time, next.time, Math.min(...ends), Math.max(...ends));
      continue;
    }
    // The ends of the cell are no looks: what is next to them ran there.
    const isWhole = index === seen.length - 2 || one.takes === true || next.takes === true;
    const middle = index === 0 ? one.time : isWhole ? next.time : (one.time + next.time) / 2;
    push(one.time, middle, one.line, one.line);
    push(middle, next.time, next.line, next.line);
  }
  return spans;
}

/** Puts spans that are shorter than `shortest` together with their neighbours. */
export function mergeSpans(spans: readonly LineSpan[], shortest: number): readonly LineSpan[] {
  const merged: LineSpan[] = [];
  for (const span of spans) {
    const before = merged.at(-1);
    const isNext = before !== undefined && span.from - before.to < shortest;
    if (!isNext || (!isShort(before, shortest) && !isShort(span, shortest) && !isSame(before, span))) {
      merged.push(span);
      continue;
    }
    // A long span keeps its name: what is short beside it is lost in it.
    const named = [before, span].filter((each) => !isShort(each, shortest));
    const [first, last] = named.length === 0 ? rangeOf([before, span]) : rangeOf(named.slice(0, 1));
    merged[merged.length - 1] = { from: before.from, to: span.to, first, last };
  }
  return merged;
}

function isShort({ from, to }: LineSpan, shortest: number): boolean {
  return to - from < shortest;
}

function isSame(one: LineSpan, other: LineSpan): boolean {
  return one.first === other.first && one.last === other.last;
}

function rangeOf(spans: readonly LineSpan[]): readonly [first: number, last: number] {
  return [Math.min(...spans.map(({ first }) => first)), Math.max(...spans.map(({ last }) => last))];
}
