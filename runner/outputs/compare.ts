// Outputs of a run against those that the notebook holds. Pure.
import type { OutputDifference } from "../../report/run-report.js";
import type { CodeCell, Notebook } from "../nbformat.js";
import { marksOf } from "../nbval-marks.js";
import { type DiffLine, diffLines, diffWords, pairLines, type Span } from "./line-diff.js";
import { type NormalizeOptions, type NormalOutput, normalizeOutputs } from "./normalize.js";

/** How outputs are compared. */
export interface CompareOptions extends NormalizeOptions {
  /** Only cells that have the tag `nbval-check-output`, or the comment that stands for it. */
  readonly onlyTagged?: boolean;
}

/** Whether the outputs of a cell are compared: it was run before, and neither its tags nor the options keep it out. */
export function isCompared(stored: CodeCell, { onlyTagged = false }: CompareOptions = {}): boolean {
  const marks = marksOf(stored);
  if (marks.includes("nbval-ignore-output")) return false;
  if (onlyTagged && !marks.includes("nbval-check-output")) return false;
  return stored.execution_count !== null || stored.outputs.length > 0;
}

/** Compares a cell that ran with what a notebook holds of it; nothing when it is not to be compared. */
export function compareCell(
  stored: Notebook,
  now: CodeCell,
  options: CompareOptions = {},
): OutputDifference[] | undefined {
  const before = stored.cells.find(({ id }) => id === now.id);
  if (before?.cell_type !== "code" || !isCompared(before, options)) return undefined;
  return compareOutputs(before, now, options);
}

/** What differs between the outputs of a cell as it was stored and as it ran now; nothing when they say the same. */
export function compareOutputs(stored: CodeCell, now: CodeCell, options: CompareOptions = {}): OutputDifference[] {
  const [before, after] = [normalizeOutputs(stored, options), normalizeOutputs(now, options)];
  const [oldOthers, newOthers] = [before.filter(isNoStream), after.filter(isNoStream)];
  const streams = [...new Set([...before, ...after].filter((output) => !isNoStream(output)).map(({ kind }) => kind))];
  const ofKind = (outputs: readonly NormalOutput[], kind: string) => outputs.find((output) => output.kind === kind);
  return [
    ...streams.flatMap((kind) => comparePair(kind, ofKind(before, kind), ofKind(after, kind))),
    ...Array.from({ length: Math.max(oldOthers.length, newOthers.length) }, (_, index) => {
      const [old, fresh] = [oldOthers[index], newOthers[index]];
      const name = (kind: string) => (kind === "error" ? "error" : `output ${index + 1}, ${kind}`);
      if (!old || !fresh || old.kind === fresh.kind) return comparePair(name((old ?? fresh)?.kind ?? ""), old, fresh);
      return [...comparePair(name(old.kind), old, undefined), ...comparePair(name(fresh.kind), undefined, fresh)];
    }).flat(),
  ];
}

function isNoStream({ kind }: NormalOutput): boolean {
  return ["error", "display_data", "execute_result"].includes(kind);
}

function comparePair(name: string, old: NormalOutput | undefined, now: NormalOutput | undefined): OutputDifference[] {
  const types = [...new Set([...Object.keys(old?.parts ?? {}), ...Object.keys(now?.parts ?? {})])];
  return types.flatMap((type): OutputDifference[] => {
    const [before, after] = [old?.parts[type], now?.parts[type]];
    if (before === after) return [];
    const place = { output: name, ...(type !== "text" && { mimeType: type }) };
    if (before === undefined) return [{ ...place, change: "new", lines: showLines(onlyLines("new", after ?? "")) }];
    if (after === undefined) return [{ ...place, change: "missing", lines: showLines(onlyLines("old", before)) }];
    return [{ ...place, change: "changed", lines: showLines(diffLines(before, after)) }];
  });
}

function onlyLines(kind: "old" | "new", text: string): DiffLine[] {
  return text.split("\n").map((line) => ({ kind, text: line }));
}

/** So many lines around each change. */
const context = 2;
/** So many lines of a difference are shown. */
const lineLimit = 60;
/** With what stands around it, a line fits on a terminal of 80 columns. */
const lineWidth = 72;
const marks = { same: "  ", old: "- ", new: "+ " } as const;

/** The changes with some lines around, as text: `-` was stored, `+` is new, `?` points at what changed within the line above, `@@` where equal lines were left out. */
function showLines(lines: readonly DiffLine[]): string[] {
  const changes = lines.flatMap(({ kind }, index) => (kind === "same" ? [] : [index]));
  const near = new Set(changes.flatMap((at) => Array.from({ length: 2 * context + 1 }, (_, by) => at - context + by)));
  const pairs = new Map(
    pairLines(lines, ({ kind }) => kind).flatMap((pair) => [[pair[0], pair] as const, [pair[1], pair] as const]),
  );
  const shown: string[] = [];
  let left = 0;
  const show = (line: string): void => {
    if (shown.length < lineLimit) shown.push(line.trimEnd());
    else left++;
  };
  let skipped = 0;
  const tellSkipped = (): void => {
    if (skipped > 0) show(`@@ ${skipped} equal ${skipped === 1 ? "line" : "lines"} @@`);
    skipped = 0;
  };
  for (const [index, line] of lines.entries()) {
    if (!near.has(index)) {
      skipped++;
      continue;
    }
    tellSkipped();
    const pair = pairs.get(index);
    if (pair === undefined || shown.length >= lineLimit) {
      show(`${marks[line.kind]}${cut(line.text, 0)}`);
      continue;
    }
    const [old, fresh] = pair.map((at) => lines[at]?.text ?? "");
    const { text, pointer } = showReplaced(old ?? "", fresh ?? "", line.kind);
    show(`${marks[line.kind]}${text}`);
    if (pointer !== undefined && shown.length < lineLimit) show(`? ${pointer}`);
  }
  tellSkipped();
  return left > 0 ? [...shown, `@@ ${left} more lines @@`] : shown;
}

/** One of two lines of which one took the place of the other: so that its first change is seen, with what points at the changes. */
function showReplaced(
  before: string,
  after: string,
  kind: DiffLine["kind"],
): { readonly text: string; readonly pointer?: string } {
  let same = 0;
  while (same < before.length && before[same] === after[same]) same++;
  const start = Math.max(0, same - lineWidth / 3);
  const isBlank = before.replace(/\s+/g, "") === after.replace(/\s+/g, "");
  const show = (text: string) => cut(isBlank ? text.replaceAll(" ", "·").replaceAll("\t", "→") : text, start);
  const [old, fresh] = [show(before), show(after)];
  const words = diffWords(old, fresh);
  // What was only taken away can be pointed at in the old line alone.
  const pointed = words?.new.length === 0 ? "old" : "new";
  return { text: kind === "old" ? old : fresh, ...(words && kind === pointed && { pointer: pointAt(words[pointed]) }) };
}

function pointAt(spans: readonly Span[]): string {
  return spans.reduce((line, [start, end]) => line.padEnd(start) + "^".repeat(end - start), "");
}

function cut(text: string, wanted: number): string {
  if (text.length <= lineWidth) return text;
  const start = Math.min(Math.floor(wanted), text.length - lineWidth);
  const end = start + lineWidth - 2;
  return `${start > 0 ? "…" : ""}${text.slice(start, end)}${end < text.length ? "…" : ""}`;
}
