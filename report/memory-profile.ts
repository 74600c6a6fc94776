import type { MimeBundle } from "../kernel/protocol/mime.js";
import type { Measured } from "../profiler/measured.js";
import type { MemoryMoment, MemoryProfile } from "../profiler/memory-profile.js";
import { formatDuration } from "./format.js";
import { html, type Markup } from "./html.js";
import { drawMemoryProfile } from "./memory-profile-picture.js";
import {
  factsOf,
  formatMebibytes,
  headlineOf,
  highestOf,
  methodsOf,
  partColumns,
  partRows,
} from "./memory-profile-words.js";
import { imageOf } from "./svg.js";
import { sparkline, textTable } from "./text.js";

/** The MIME type of the data of a `%%memprofile` report; docs/measuring-memory.md describes it. */
export const profileMimeType = "application/vnd.cellscope.profile.v1+json";

/** Renders what a cell did to the memory of its process. Pure: the same profile gives the same bundle. */
export function renderMemoryProfile(profile: Measured<MemoryProfile>): MimeBundle {
  if ("missing" in profile) {
    const text = `peak memory: — (${profile.missing})`;
    return { "text/plain": text, "text/html": html`<div>${text}</div>`.text };
  }
  return {
    "text/plain": renderText(profile.value),
    "text/html": renderPage(profile.value).text,
    [profileMimeType]: dataOf(profile.value),
  };
}

function renderText(profile: MemoryProfile): string {
  const table = textTable(
    partColumns.map((title, index) => ({ title, align: index === 0 ? "start" : "end" })),
    partRows(profile),
  );
  return [
    headlineOf(profile),
    factsOf(profile).join(" · "),
    ...curvesOf(profile),
    "",
    table,
    "",
    ...methodsOf(profile),
  ].join("\n");
}

const curveWidth = 40;

/** RSS, heap and ArrayBuffers over time in block characters; nothing for a cell too short to have a course. */
function curvesOf(profile: MemoryProfile): readonly string[] {
  const { timeline, baseline, peak, end, duration } = profile;
  if (profile.sampleCount < 4) return [];
  const rss = (moment: MemoryMoment) => moment.rss;
  const heap = (moment: MemoryMoment) => moment.heap?.heapUsed;
  const buffers = (moment: MemoryMoment) => moment.heap?.arrayBuffers;
  const whole = (bytes: number | undefined) => (bytes === undefined ? "" : (bytes / 1024 / 1024).toFixed(0));
  const curve = (figureOf: (moment: MemoryMoment) => number | undefined, max: number) =>
    sparkline(resample(timeline, duration, curveWidth, figureOf), { width: curveWidth, max });
  const course = [baseline.rss, peak.rss, end?.rss].filter((value) => value !== undefined).map(whole);
  const most = [profile.heapPeak ?? highestOf(timeline, heap), highestOf(timeline, buffers)] as const;
  return [
    `RSS      ${curve(rss, peak.rss)}   ${course.join(" → ")} MiB`,
    ...(most[0] === undefined ? [] : [`heap     ${curve(heap, peak.rss)}   up to ${whole(most[0])} MiB in use`]),
    // A few hundred kB of buffers are always there: a line is worth it only for more.
    ...(most[1] === undefined || most[1] < peak.rss / 50
      ? []
      : [`buffers  ${curve(buffers, peak.rss)}   up to ${whole(most[1])} MiB`]),
  ];
}

/** The highest value in each of `count` equal stretches of time; a stretch without one goes on as the one before. */
function resample(
  timeline: readonly MemoryMoment[],
  duration: number,
  count: number,
  figureOf: (moment: MemoryMoment) => number | undefined,
): readonly number[] {
  const columns = new Array<number>(count).fill(Number.NaN);
  for (const moment of timeline) {
    const column = Math.max(0, Math.min(count - 1, Math.floor((moment.time / duration) * count)));
    const value = figureOf(moment);
    const so = columns[column] ?? Number.NaN;
    if (value !== undefined && !(so >= value)) columns[column] = value;
  }
  let last = Number.NaN;
  return columns.map((value) => {
    last = Number.isNaN(value) ? last : value;
    return last;
  });
}

function renderPage(profile: MemoryProfile): Markup {
  return html`<div><div><b>${headlineOf(profile)}</b><br>${factsOf(profile).join(" · ")}</div>
${hasCourse(profile) && imageOf(drawMemoryProfile(profile), alternativeText(profile))}
<table><thead><tr>${partColumns.map((title, index) => cell("th", title, index))}</tr></thead><tbody>
${partRows(profile).map((cells) => html`<tr>${cells.map((text, index) => cell("td", text, index))}</tr>\n`)}</tbody></table>
<div>${methodsOf(profile).map((line) => html`<small>${line}</small><br>`)}</div></div>`;
}

/** Two ends alone are a course only for a cell that is over before a sample is due. */
function hasCourse({ sampleCount, duration }: MemoryProfile): boolean {
  return sampleCount > 0 || duration < 100;
}

function cell(element: "th" | "td", text: string, column: number): Markup {
  const align = column === 0 ? "left" : "right";
  const shown = text.replace(/^ +/, (indent) => "\u00a0".repeat(indent.length));
  return element === "th"
    ? html`<th style="text-align: ${align}">${shown}</th>`
    : html`<td style="text-align: ${align}">${shown}</td>`;
}

function alternativeText(profile: MemoryProfile): string {
  const { baseline, peak, end, duration } = profile;
  const after = end === undefined ? "" : `, ${formatMebibytes(end.rss)} MiB at the end`;
  return `Memory over ${formatDuration(duration)}: ${formatMebibytes(baseline.rss)} MiB before, ${formatMebibytes(peak.rss)} MiB at the peak near ${formatDuration(peak.time)}${after}.`;
}

/** The profile with its lists column by column, `null` where a figure is absent: a third of the size of lists of objects. */
function dataOf({ timeline, pauses, ...figures }: MemoryProfile): Readonly<Record<string, unknown>> {
  const column = (figureOf: (moment: MemoryMoment) => number | undefined) =>
    timeline.map((moment) => figureOf(moment) ?? null);
  return {
    kind: "memory",
    ...figures,
    pauses: {
      time: pauses.map(({ time }) => roundTime(time)),
      pause: pauses.map(({ pause }) => roundTime(pause)),
      kind: pauses.map(({ kind }) => kind),
      count: pauses.map(({ count }) => count),
    },
    timeline: {
      time: column(({ time }) => roundTime(time)),
      rss: column(({ rss }) => rss),
      heapTotal: column(({ heap }) => heap?.heapTotal),
      heapUsed: column(({ heap }) => heap?.heapUsed),
      external: column(({ heap }) => heap?.external),
      arrayBuffers: column(({ heap }) => heap?.arrayBuffers),
      childrenRss: column(({ childrenRss }) => childrenRss),
    },
  };
}

/** Milliseconds to the nearest 10 microseconds. */
function roundTime(time: number): number {
  return Math.round(time * 100) / 100;
}
