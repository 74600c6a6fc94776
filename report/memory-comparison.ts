import type { MimeBundle } from "../kernel/protocol/mime.js";
import { differenceOf } from "../profiler/holder-difference.js";
import type { HeldBy, MemoryBaseline, MemoryFigures } from "../profiler/memory-figures.js";
import type { FlameNode } from "./flame.js";
import { formatBytes, formatCount, formatDuration, formatPercent } from "./format.js";
import { html, type Markup } from "./html.js";
import { drawDifference, flameOfDifference } from "./memory-difference.js";
import { imageOf } from "./svg.js";
import { textTable, wrapText } from "./text.js";

/** The figures of both runs, for programs. */
const comparisonMimeType = "application/vnd.cellscope.comparison.v1+json";

const mebibyte = 1024 * 1024;
/** What held less than this, and changed by less, is not worth a line. */
const smallest = mebibyte / 4;
const shownFunctions = 8;

/** Two runs, of which the earlier one has a name. */
export interface MemoryComparison {
  readonly name: string;
  readonly before: MemoryBaseline;
  readonly now: Omit<MemoryBaseline, "created">;
}

interface Figure {
  readonly title: string;
  readonly format: (value: number) => string;
  /** What the measurement itself may be off by, of so large a figure. */
  readonly noise: (value: number) => number;
}

const bytes = { format: formatBytes, noise: (value: number) => Math.max(mebibyte / 2, Math.abs(value) * 0.005) };
// How much a time varies from run to run nobody can tell from two of them.
const time = { format: formatDuration, noise: () => 0 };

const figures: Readonly<Record<keyof MemoryFigures, Figure>> = {
  peak: { title: "peak", ...bytes },
  increment: { title: "increment", ...bytes },
  kept: { title: "kept", ...bytes },
  heapPeak: { title: "highest heap in use", ...bytes },
  allocatedHeap: { title: "allocated on the heap", ...bytes },
  allocatedOffHeap: { title: "allocated off the heap", ...bytes },
  duration: { title: "time", ...time },
  cpu: { title: "CPU time", ...time },
  collections: { title: "collections", format: formatCount, noise: () => 0 },
  pauses: { title: "their pauses", ...time },
};

/** Renders what is different from a run before: its figures, and who held more or less at the peak. Pure. */
export function renderMemoryComparison(comparison: MemoryComparison): MimeBundle {
  const text = tablesOf(comparison).flatMap(({ columns, rows }) => [
    textTable(
      columns.map((column, index) => ({ title: shorten(column), align: index === 0 ? "start" : "end" })),
      rows.map(([first = "", ...cells]) => [shorten(first), ...cells]),
    ),
    "",
  ]);
  const { title, tables, picture, notes } = comparisonPieces(comparison);
  const { name, before, now } = comparison;
  return {
    "text/plain": [...wrapText(title), ...text, ...notesOf(comparison).flatMap(wrapText)].join("\n"),
    "text/html": html`<div><div>${title}</div>
${tables}${picture && [picture, "\n"]}${notes}</div>`.text,
    [comparisonMimeType]: { name, before: withoutStacks(before), now: withoutStacks(now) },
  };
}

/** Whole trees of stacks would make a notebook large; the baseline's file has them. */
function withoutStacks<T extends Omit<MemoryBaseline, "created">>({ holders: _, ...rest }: T): Omit<T, "holders"> {
  return rest;
}

/** A comparison in pieces, for pages that put more beside them. */
export interface ComparisonPieces {
  readonly title: string;
  readonly tables: readonly Markup[];
  /** Absent when one of the runs has no stacks. */
  readonly picture?: Markup;
  readonly notes: readonly Markup[];
}

/** Renders the pieces of a comparison; pure. */
export function comparisonPieces(comparison: MemoryComparison): ComparisonPieces {
  const { name, before } = comparison;
  const align = (index: number) => (index === 0 ? "left" : "right");
  const drawn = differenceIn(comparison);
  const picture = drawn && drawDifference(drawn);
  return {
    title: `Compared with ${name} of ${before.created.slice(0, 16).replace("T", " ")} UTC:`,
    tables: tablesOf(comparison).map(
      ({
        columns,
        rows,
      }) => html`<table><thead><tr>${columns.map((column, index) => html`<th style="text-align: ${align(index)}">${column}</th>`)}</tr></thead><tbody>
${rows.map((cells) => html`<tr>${cells.map((cell, index) => html`<td style="text-align: ${align(index)}">${cell}</td>`)}</tr>\n`)}</tbody></table>
`,
    ),
    ...(picture && { picture: imageOf(picture, differenceWords(comparison)) }),
    notes: notesOf(comparison).map((note) => html`<div><small>${note}</small></div>`),
  };
}

interface ComparedTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function tablesOf(comparison: MemoryComparison): readonly ComparedTable[] {
  const { name } = comparison;
  return [
    { columns: ["", name, "now", "change", "%"], rows: figureRows(comparison) },
    { columns: ["held at the peak by", name, "now", "change", ""], rows: holderRows(comparison) },
  ].filter(({ rows }) => rows.length > 0);
}

/** The bars of what is different by stack; `undefined` when one of the runs has no stacks. */
function differenceIn({ before, now }: Pick<MemoryComparison, "before" | "now">): FlameNode | undefined {
  if (before.holders === undefined || now.holders === undefined) return undefined;
  return flameOfDifference(differenceOf(before.holders, now.holders));
}

function differenceWords(comparison: MemoryComparison): string {
  const rows = holderRows(comparison).map(
    ([name, then, today, change]) => `${name} ${then} before, ${today} now, ${change}`,
  );
  return `Who held more and who less at the peak: ${rows.join("; ")}.`;
}

function figureRows({ before, now }: MemoryComparison): readonly (readonly string[])[] {
  // The keys of `figures` are those of the figures, and their order is the table's.
  return (Object.keys(figures) as (keyof MemoryFigures)[]).flatMap((key) => {
    const { title, format, noise } = figures[key];
    const [then, today] = [before.figures[key], now.figures[key]];
    if (then === undefined && today === undefined) return [];
    const show = (value: number | undefined) => (value === undefined ? "—" : format(value));
    return [[title, show(then), show(today), ...changeOf(then, today, { format, noise })]];
  });
}

/** The change and its share; `≈` when it is no more than the measurement errs by. */
function changeOf(
  then: number | undefined,
  today: number | undefined,
  { format, noise }: Pick<Figure, "format" | "noise">,
): readonly [change: string, share: string] {
  if (then === undefined || today === undefined) return ["", ""];
  const change = today - then;
  if (Math.abs(change) <= noise(Math.max(Math.abs(then), Math.abs(today)))) return ["≈", ""];
  return [signed(change, format), then > 0 && today > 0 ? signed(change / then, formatPercent) : ""];
}

function signed(value: number, format: (value: number) => string): string {
  return value < 0 ? `-${format(-value)}` : `+${format(value)}`;
}

function holderRows({ before, now }: MemoryComparison): readonly (readonly string[])[] {
  if (before.heldBy === undefined || now.heldBy === undefined) return [];
  const [then, today] = [sumsOf(before.heldBy), sumsOf(now.heldBy)];
  return [...new Set([...then.keys(), ...today.keys()])]
    .map((name) => ({ name, earlier: then.get(name) ?? 0, later: today.get(name) ?? 0 }))
    .filter(({ earlier, later }) => Math.max(earlier, later) >= smallest)
    .sort((one, other) => Math.abs(other.later - other.earlier) - Math.abs(one.later - one.earlier))
    .slice(0, shownFunctions)
    .map(({ name, earlier, later }) => [
      name === "" ? "(Node and V8)" : name,
      earlier === 0 ? "—" : formatBytes(earlier),
      later === 0 ? "—" : formatBytes(later),
      Math.abs(later - earlier) < smallest ? "≈" : signed(later - earlier, formatBytes),
      "",
    ]);
}

function sumsOf(heldBy: readonly HeldBy[]): ReadonlyMap<string, number> {
  return new Map(heldBy.map(({ name, bytes }) => [name, bytes]));
}

function notesOf({ before, now }: MemoryComparison): readonly string[] {
  const nodes = before.node === now.node ? [] : [`It ran with Node ${before.node}, and this with ${now.node}.`];
  const stacks =
    before.heldBy !== undefined && before.holders === undefined && now.holders !== undefined
      ? ["The baseline has no stacks to draw: it was kept by an earlier Cellscope. Run it again with --baseline."]
      : [];
  return ["≈ differs by no more than the measurement itself.", ...nodes, ...stacks];
}

const widestName = 24;

function shorten(text: string): string {
  const characters = Array.from(text);
  return characters.length <= widestName ? text : `${characters.slice(0, widestName - 1).join("")}…`;
}
