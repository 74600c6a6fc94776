// What a stretch of a cell's time was like: figures for the part of the timeline that somebody selects. Pure.
import type { MemoryMoment, MemoryProfile } from "../profiler/memory-profile.js";
import { formatCount, formatDuration } from "./format.js";
import { formatMebibytes } from "./memory-profile-words.js";

/** A name and what it says of a stretch of time. */
export interface SpanFigure {
  readonly name: string;
  readonly words: string;
}

/** The figures of the time from `from` to `to`, in milliseconds since the cell began. */
export function figuresOfSpan(profile: MemoryProfile, from: number, to: number): readonly SpanFigure[] {
  const { timeline, pauses, peak } = profile;
  const inside = momentsOf(timeline, from, to);
  const [first] = inside;
  const last = inside.at(-1);
  if (first === undefined || last === undefined) return [];
  const hasPeak = peak.time >= from && peak.time <= to;
  const course = (name: string, of: (moment: MemoryMoment) => number | undefined, most?: number): SpanFigure[] => {
    const known = inside.flatMap((moment) => of(moment) ?? []);
    const [begin] = known;
    const end = known.at(-1);
    if (begin === undefined || end === undefined) return [];
    const highest = most ?? Math.max(...known);
    return [
      {
        name,
        words: `${formatMebibytes(begin)} → ${formatMebibytes(end)} MiB (${signed(end - begin)}), highest ${formatMebibytes(highest)}`,
      },
    ];
  };
  const collected = pauses.filter(
    ({ time, kind }) => time >= from && time <= to && (kind === "minor" || kind === "major"),
  );
  const count = (kind: string) => collected.reduce((sum, each) => sum + (each.kind === kind ? each.count : 0), 0);
  const paused = collected.reduce((sum, { pause }) => sum + pause, 0);
  const collections = [
    ...(count("minor") > 0 ? [`${formatCount(count("minor"))} minor`] : []),
    ...(count("major") > 0 ? [`${formatCount(count("major"))} full`] : []),
  ];
  return [
    {
      name: "selected",
      words:
        from === to
          ? formatDuration(from)
          : `${formatDuration(from)} to ${formatDuration(to)} (${formatDuration(to - from)})`,
    },
    // Samples may miss the highest moment, which the system has kept.
    ...course("RSS", ({ rss }) => rss, hasPeak ? peak.rss : undefined),
    ...course("heap in use", ({ heap }) => heap?.heapUsed),
    ...course("ArrayBuffers", ({ heap }) => heap?.arrayBuffers),
    ...course("child processes", ({ children }) => children),
    ...linesIn(profile, from, to),
    {
      name: "collections",
      words: collections.length === 0 ? "none" : `${collections.join(", ")}, ${formatDuration(paused)} in all`,
    },
  ];
}

/** The lines of the cell that were seen to run. */
function linesIn({ ranLines }: MemoryProfile, from: number, to: number): readonly SpanFigure[] {
  const ran = new Set<number>();
  for (const span of ranLines?.spans ?? [])
    if (span.from <= to && span.to >= from) for (let line = span.first; line <= span.last; line++) ran.add(line);
  if (ran.size === 0) return [];
  const lines = [...ran].sort((one, other) => one - other);
  const [only = 0] = lines;
  const text = lines.length === 1 ? ranLines?.texts[only] : undefined;
  return [
    { name: lines.length === 1 ? "line" : "lines", words: text === undefined ? lines.join(", ") : `${only}: ${text}` },
  ];
}

/** The moments of a stretch with the one before it: what there was when it began. */
function momentsOf(timeline: readonly MemoryMoment[], from: number, to: number): readonly MemoryMoment[] {
  const before = timeline.findLast(({ time }) => time < from);
  const inside = timeline.filter(({ time }) => time >= from && time <= to);
  return before === undefined || inside[0]?.time === from ? inside : [before, ...inside];
}

function signed(bytes: number): string {
  return bytes < 0 ? `-${formatMebibytes(-bytes)}` : `+${formatMebibytes(bytes)}`;
}
