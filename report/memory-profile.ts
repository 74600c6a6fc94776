import type { MimeBundle } from "../kernel/protocol/mime.js";
import { mergeSpans } from "../profiler/lines/running-lines.js";
import type { Measured } from "../profiler/measured.js";
import type { MemoryMoment, MemoryProfile } from "../profiler/memory-profile.js";
import { formatDuration } from "./format.js";
import { html, type Markup } from "./html.js";
import { courseWords, drawFunctionCourses, shownCourse } from "./memory-course.js";
import { adviceOf } from "./memory-profile-advice.js";
import { allocationNotes } from "./memory-profile-allocations.js";
import { dataOfProfile } from "./memory-profile-data.js";
import { nameOfFrame } from "./memory-profile-holders.js";
import { drawHolders } from "./memory-profile-icicle.js";
import { nativeColumns, nativeNotes, nativeRows } from "./memory-profile-native.js";
import { drawMemoryProfile } from "./memory-profile-picture.js";
import { survivorNotes, survivorsTitle, survivorTables } from "./memory-profile-survivors.js";
import {
  factsOf,
  formatMebibytes,
  headlineOf,
  highestOf,
  methodsOf,
  partColumns,
  partRows,
  peakLineOf,
} from "./memory-profile-words.js";
import { workerColumns, workerNotes, workerRows } from "./memory-profile-workers.js";
import { stackTableOf } from "./stack-table.js";
import { imageOf } from "./svg.js";
import { sparkline, textTable, wrapFacts, wrapText } from "./text.js";

/** The MIME type of the data of a `%%memprofile` report; docs/measuring-memory.md describes it. */
export const profileMimeType = "application/vnd.cellscope.profile.v1+json";

/** How the pictures of a report are drawn. */
export interface ProfileView {
  /** Who held it stands above those that called it. */
  readonly inverted?: boolean;
}

/** Renders what a cell did to the memory of its process. Pure: the same profile gives the same bundle. */
export function renderMemoryProfile(profile: Measured<MemoryProfile>, view: ProfileView = {}): MimeBundle {
  if ("missing" in profile) {
    const text = `peak memory: — (${profile.missing})`;
    return { "text/plain": text, "text/html": html`<div>${text}</div>`.text };
  }
  return {
    "text/plain": renderText(profile.value),
    "text/html": renderPage(profile.value, view).text,
    [profileMimeType]: dataOfProfile(withoutCourse(profile.value)),
  };
}

/** Its stacks would make a notebook larger than all else in a report; files have them. */
function withoutCourse({ course: _, ...profile }: MemoryProfile): MemoryProfile {
  return profile;
}

/** Renders a cell that still runs: what its samples say so far. */
export function renderRunningProfile(profile: MemoryProfile): MimeBundle {
  const text = `running for ${formatDuration(profile.duration)}: ${headlineOf(profile)}`;
  return {
    "text/plain": [text, ...curvesOf(profile)].join("\n"),
    "text/html": html`<div><div><b>${text}</b></div>
${imageOf(drawMemoryProfile(profile), alternativeText(profile))}</div>`.text,
  };
}

function renderText(profile: MemoryProfile): string {
  const table = textTable(
    partColumns.map((title, index) => ({ title, align: index === 0 ? "start" : "end" })),
    partRows(profile),
  );
  return [
    headlineOf(profile),
    ...factsOf(profile).flatMap(wrapFacts),
    ...adviceOf(profile).flatMap((sentence) => wrapText(`→ ${sentence}`)),
    ...curvesOf(profile),
    "",
    table,
    "",
    ...figuresText(workerColumns, workerRows(profile)),
    ...figuresText(nativeColumns, nativeRows(profile)),
    ...stacksText(profile),
    ...courseText(profile),
    ...survivorsText(profile),
    ...footerOf(profile).flatMap(wrapText),
  ].join("\n");
}

const nameColumns = 22;

function stacksText(profile: MemoryProfile): readonly string[] {
  const table = stackTableOf(profile);
  if (table === undefined) return [];
  const rows = table.rows.map((cells) => cells.map((text, index) => (index < 3 ? shorten(text, nameColumns) : text)));
  const columns = table.columns.map((title, index) => ({ title, align: index < 3 ? "start" : "end" }) as const);
  return [...wrapText(table.title), textTable(columns, rows), ""];
}

/** Who held it over time: a curve for each function, on one scale. */
function courseText(profile: MemoryProfile): readonly string[] {
  const course = shownCourse(profile);
  if (course === undefined) return [];
  const { moments: times, functions: rows } = course;
  const max = Math.max(...rows.map(({ most }) => most));
  const lines = rows.map(({ frame, heap, offHeap, most }) => {
    const moments = times.map(({ time }, at) => ({ time, rss: (heap[at] ?? 0) + (offHeap[at] ?? 0) }));
    const curve = sparkline(
      resampleTimeline(moments, profile.duration, curveWidth, ({ rss }) => rss),
      { width: curveWidth, max },
    );
    return `${shorten(nameOfFrame(frame), 16).padEnd(16)} ${curve}   up to ${(most / 1024 / 1024).toFixed(0)} MiB`;
  });
  return ["Who held it over time, by what functions allocated themselves:", ...lines, ""];
}

function figuresText(titles: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const columns = titles.map((title, index) => ({ title, align: index === 0 ? "start" : "end" }) as const);
  const shown = rows.map(([name = "", ...figures]) => [shorten(name, figureNameColumns), ...figures]);
  return rows.length === 0 ? [] : [textTable(columns, shown), ""];
}

const figureNameColumns = 32;

function footerOf(profile: MemoryProfile): readonly string[] {
  return [
    ...methodsOf(profile),
    ...allocationNotes(profile),
    ...workerNotes(profile),
    ...nativeNotes(profile),
    ...survivorNotes(profile),
  ];
}

function survivorsText(profile: MemoryProfile): readonly string[] {
  const title = survivorsTitle(profile);
  const tables = survivorTables(profile).flatMap(({ title, columns, words, rows }) => [
    title,
    textTable(
      columns.map((title, index) => ({ title, align: index < words ? "start" : "end" })),
      rows.map((cells) => cells.map((text, index) => (index < words ? shorten(text, pathColumns) : text))),
    ),
    "",
  ]);
  return [...(title === undefined ? [] : wrapText(title)), ...tables];
}

const pathColumns = 40;

/** Cut in the middle: the ends of a name tell most. */
function shorten(text: string, width: number): string {
  const characters = Array.from(text);
  if (characters.length <= width) return text;
  const tail = Math.floor((width - 1) / 2);
  return [...characters.slice(0, width - 1 - tail), "…", ...characters.slice(-tail)].join("");
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
    sparkline(resampleTimeline(timeline, duration, curveWidth, figureOf), { width: curveWidth, max });
  const course = [baseline.rss, peak.rss, end?.rss].filter((value) => value !== undefined).map(whole);
  const most = [profile.heapPeak ?? highestOf(timeline, heap), highestOf(timeline, buffers)] as const;
  return [
    `RSS      ${curve(rss, peak.rss)}   ${course.join(" → ")} MiB`,
    ...(most[0] === undefined ? [] : [`heap     ${curve(heap, peak.rss)}   up to ${whole(most[0])} MiB in use`]),
    // A few hundred kB of buffers are always there: a line is worth it only for more.
    ...(most[1] === undefined || most[1] < peak.rss / 50
      ? []
      : [`buffers  ${curve(buffers, peak.rss)}   up to ${whole(most[1])} MiB`]),
    ...lineRowOf(profile),
  ];
}

/** Under the curves, on their axis: where a line begins to run, its number. */
function lineRowOf({ ranLines: lines, duration }: MemoryProfile): readonly string[] {
  if (lines === undefined) return [];
  const row = new Array<string>(curveWidth).fill(" ");
  let free = 0;
  for (const { from, to, first, last } of mergeSpans(lines.spans, duration / curveWidth)) {
    const start = Math.max(free, Math.round((from / duration) * curveWidth));
    const end = Math.min(curveWidth, Math.round((to / duration) * curveWidth));
    const name = first === last ? String(first) : `${first}–${last}`;
    if (end - start < name.length) continue;
    row.splice(start, end - start, ...name.padEnd(end - start, "·"));
    // Two numbers with nothing between them would be one.
    free = start + name.length + 1;
  }
  const text = row.join("").trimEnd();
  return text === "" ? [] : [`line     ${text}`];
}

/** The highest value in each of `count` equal stretches of time; a stretch without one goes on as the one before. */
export function resampleTimeline(
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

function renderPage(profile: MemoryProfile, view: ProfileView): Markup {
  const { summary, course, parts, holders, holdersOverTime, survivors, methods } = profilePieces(profile, view);
  return html`<div>${summary}
${course}
${parts}
${holders && [html`<div>${holders.title}</div>\n`, holders.picture, "\n", holders.table, "\n"]}${holdersOverTime && [holdersOverTime, "\n"]}${survivors}${methods}</div>`;
}

/** The report in pieces, for pages that put more beside them. */
export interface ProfilePieces {
  readonly summary: Markup;
  /** Absent for a cell too short to have a course. */
  readonly course?: Markup;
  readonly parts: Markup;
  /** Absent when there is nothing to say about who held or allocated it. */
  readonly holders?: {
    /** `who held it` */
    readonly heading: string;
    readonly title: string;
    readonly picture?: Markup;
    readonly table: Markup;
  };
  /** Absent unless somebody asked for it. */
  readonly holdersOverTime?: Markup;
  readonly survivors: readonly Markup[];
  readonly methods: Markup;
}

/** Renders the pieces of a report; pure. */
export function profilePieces(profile: MemoryProfile, view: ProfileView = {}): ProfilePieces {
  const holders = holdersPiece(profile, view);
  const course = shownCourse(profile);
  return {
    summary: html`<div><b>${headlineOf(profile)}</b>${factsOf(profile).map((line) => html`<br>${line}`)}${adviceOf(profile).map((sentence) => html`<br>→ ${sentence}`)}</div>`,
    ...(hasCourse(profile) && { course: imageOf(drawMemoryProfile(profile), alternativeText(profile)) }),
    parts: html`${figureTable(partColumns, partRows(profile))}${profile.workers && figureTable(workerColumns, workerRows(profile))}${profile.native && figureTable(nativeColumns, nativeRows(profile))}`,
    ...(holders && { holders }),
    ...(course && {
      holdersOverTime: imageOf(
        drawFunctionCourses(course, profile.duration),
        `Who held it over time: ${courseWords(course).join("; ")}.`,
      ),
    }),
    survivors: survivorsPage(profile),
    methods: html`<div>${footerOf(profile).map((line) => html`<small>${line}</small><br>`)}</div>`,
  };
}

/** A table of a name and figures. */
function figureTable(columns: readonly string[], rows: readonly (readonly string[])[]): Markup {
  return html`<table><thead><tr>${columns.map((title, index) => cell("th", title, index))}</tr></thead><tbody>
${rows.map((cells) => html`<tr>${cells.map((text, index) => cell("td", text, index))}</tr>\n`)}</tbody></table>`;
}

function holdersPiece(profile: MemoryProfile, view: ProfileView): ProfilePieces["holders"] {
  const shown = stackTableOf(profile);
  if (shown === undefined) return undefined;
  const { title, columns, rows, stacks, words } = shown;
  const picture = drawHolders(stacks, { ...view, words });
  const align = (index: number) => (index < 3 ? 0 : index);
  return {
    heading: words.heading,
    title,
    ...(picture && {
      picture: imageOf(
        picture,
        `${title} ${rows.map(([name, where, , sum]) => `${name} ${where} ${sum} MiB`).join("; ")}.`,
      ),
    }),
    table: html`<table><thead><tr>${columns.map((title, index) => cell("th", title, align(index)))}</tr></thead><tbody>
${rows.map((cells) => html`<tr>${cells.map((text, index) => cell("td", text, align(index)))}</tr>\n`)}</tbody></table>`,
  };
}

function survivorsPage(profile: MemoryProfile): readonly Markup[] {
  const title = survivorsTitle(profile);
  const tables = survivorTables(profile).map(({ title, columns, words, rows }) => {
    const align = (index: number) => (index < words ? 0 : index);
    return html`<div>${title}</div>
<table><thead><tr>${columns.map((title, index) => cell("th", title, align(index)))}</tr></thead><tbody>
${rows.map((cells) => html`<tr>${cells.map((text, index) => cell("td", text, align(index)))}</tr>\n`)}</tbody></table>
`;
  });
  return title === undefined ? tables : [html`<div><b>${title}</b></div>\n`, ...tables];
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
  const line = peakLineOf(profile).map((words) => ` ${words}.`);
  return `Memory over ${formatDuration(duration)}: ${formatMebibytes(baseline.rss)} MiB before, ${formatMebibytes(peak.rss)} MiB at the peak near ${formatDuration(peak.time)}${after}.${line.join("")}`;
}
