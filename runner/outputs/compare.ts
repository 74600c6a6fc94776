// Outputs of a run against those that the notebook holds. Pure.
import type { OutputDifference } from "../../report/run-report.js";
import { type CodeCell, type Notebook, tagsOf } from "../nbformat.js";
import { type DiffLine, diffLines } from "./line-diff.js";
import { type NormalizeOptions, type NormalOutput, normalizeOutputs } from "./normalize.js";

/** How outputs are compared. */
export interface CompareOptions extends NormalizeOptions {
  /** Only cells that have the tag `nbval-check-output`. */
  readonly onlyTagged?: boolean;
}

/** Whether the outputs of a cell are compared: it was run before, and neither its tags nor the options keep it out. */
export function isCompared(stored: CodeCell, { onlyTagged = false }: CompareOptions = {}): boolean {
  const tags = tagsOf(stored);
  if (tags.includes("nbval-ignore-output")) return false;
  if (onlyTagged && !tags.includes("nbval-check-output")) return false;
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

/** The changes with some lines around, as text: `-` was stored, `+` is new, `@@` where equal lines were left out. */
function showLines(lines: readonly DiffLine[]): string[] {
  const changes = lines.flatMap(({ kind }, index) => (kind === "same" ? [] : [index]));
  const near = new Set(changes.flatMap((at) => Array.from({ length: 2 * context + 1 }, (_, by) => at - context + by)));
  const starts = windowStarts(lines);
  const shown: string[] = [];
  let skipped = 0;
  const tellSkipped = (): void => {
    if (skipped > 0) shown.push(`@@ ${skipped} equal ${skipped === 1 ? "line" : "lines"} @@`);
    skipped = 0;
  };
  for (const [index, line] of lines.entries()) {
    if (!near.has(index)) {
      skipped++;
      continue;
    }
    tellSkipped();
    const { start, spaces } = starts.get(index) ?? { start: 0, spaces: false };
    const text = spaces ? line.text.replaceAll(" ", "·").replaceAll("\t", "→") : line.text;
    shown.push(`${marks[line.kind]}${cut(text, start)}`.trimEnd());
  }
  tellSkipped();
  const left = shown.length - lineLimit;
  return left > 0 ? [...shown.slice(0, lineLimit), `@@ ${left} more lines @@`] : shown;
}

/** Where each changed line begins to be shown, so that its first change is seen, and whether only its white space changed. */
function windowStarts(lines: readonly DiffLine[]): Map<number, { readonly start: number; readonly spaces: boolean }> {
  const starts = new Map<number, { readonly start: number; readonly spaces: boolean }>();
  for (let at = 0; at < lines.length; at++) {
    const old = lengthOfRun(lines, at, "old");
    const now = lengthOfRun(lines, at + old, "new");
    for (let by = 0; by < Math.min(old, now); by++) {
      const [before, after] = [lines[at + by]?.text ?? "", lines[at + old + by]?.text ?? ""];
      let same = 0;
      while (same < before.length && before[same] === after[same]) same++;
      const place = {
        start: Math.max(0, same - lineWidth / 3),
        spaces: before.replace(/\s+/g, "") === after.replace(/\s+/g, ""),
      };
      starts.set(at + by, place).set(at + old + by, place);
    }
    at += Math.max(0, old + now - 1);
  }
  return starts;
}

function lengthOfRun(lines: readonly DiffLine[], from: number, kind: DiffLine["kind"]): number {
  let length = 0;
  while (lines[from + length]?.kind === kind) length++;
  return length;
}

function cut(text: string, wanted: number): string {
  if (text.length <= lineWidth) return text;
  const start = Math.min(Math.floor(wanted), text.length - lineWidth);
  const end = start + lineWidth - 2;
  return `${start > 0 ? "…" : ""}${text.slice(start, end)}${end < text.length ? "…" : ""}`;
}
