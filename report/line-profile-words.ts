// What the report about lines says in words and figures: the same in its text and in its page.
import type { LineCost, LineProfile, LineTable } from "../profiler/lines/line-profile.js";
import { formatCount, formatDuration, formatPercent } from "./format.js";
import { formatMebibytes } from "./memory-profile-words.js";

/** One column of figures. */
export interface LineColumn {
  readonly key: "increment" | "peak" | "allocated" | "hits" | "cpu";
  readonly title: string;
}

/** The columns between the line's number and its contents: those of `%mprun`, and what it does not know. */
export const lineColumns: readonly LineColumn[] = [
  { key: "peak", title: "Mem usage" },
  { key: "increment", title: "Increment" },
  { key: "allocated", title: "Allocated" },
  { key: "hits", title: "Hits" },
  { key: "cpu", title: "CPU" },
];

/** Less than this is what any code does. */
const quietBytes = 64 * 1024;
const quietTime = 2;
/** Of what a line is said to have allocated, so much must be certain for a figure without a mark. */
const certainShare = 0.95;
const doubtfulShare = 0.5;
/** Two shares of the whole that are this far apart do not say the same. */
const agreement = 0.25;

/** Bytes that a line has allocated, on the heap and outside of it. */
export function allocatedOf({ heap, external }: LineCost): number {
  return heap + external;
}

/** What all lines of a table have allocated. */
function totalAllocated({ lines }: LineTable): number {
  return lines.reduce((sum, cost) => sum + allocatedOf(cost), 0);
}

/** Whether a line has anything to say. */
export function isLoud(table: LineTable, cost: LineCost): boolean {
  const bytes = Math.max(quietBytes, totalAllocated(table) / 200);
  return (
    allocatedOf(cost) >= bytes || Math.abs(cost.increment) >= Math.max(bytes, quietBytes * 4) || cost.cpu >= quietTime
  );
}

/**
 * `~`: some of it was told apart by how often the lines ran; `?`: most of it, and the samples of RSS say something
 * else; empty when it is certain.
 */
function accuracyOf(table: LineTable, cost: LineCost): "" | "~" | "?" {
  if (cost.certain >= certainShare) return "";
  const grown = table.lines.reduce((sum, { increment }) => sum + Math.max(0, increment), 0);
  const bytes = totalAllocated(table);
  if (cost.certain >= doubtfulShare || grown < bytes / 4) return "~";
  const gap = Math.abs(allocatedOf(cost) / bytes - Math.max(0, cost.increment) / grown);
  return gap > agreement ? "?" : "~";
}

/** The figures of a line as text; what is too little to mean anything is left out. */
export function cellsOf(table: LineTable, cost: LineCost | undefined): Readonly<Record<LineColumn["key"], string>> {
  if (cost === undefined) return { peak: "", increment: "", allocated: "", hits: "", cpu: "" };
  const isShown = isLoud(table, cost);
  const shown = (is: boolean, text: string) => (isShown && is ? text : "");
  return {
    peak: shown(cost.peak !== undefined, formatMebibytes(cost.peak ?? 0)),
    increment: shown(Math.abs(cost.increment) >= quietBytes, formatMebibytes(cost.increment)),
    allocated: shown(
      allocatedOf(cost) >= quietBytes,
      `${accuracyOf(table, cost)}${formatMebibytes(allocatedOf(cost))}`,
    ),
    hits: formatHits(cost.hits),
    cpu: shown(cost.cpu >= 0.5, formatDuration(cost.cpu)),
  };
}

/** `300,000`, and from ten millions on `30.0M`. */
function formatHits(hits: number): string {
  return hits < 1e7 ? formatCount(hits) : `${(hits / 1e6).toFixed(1)}M`;
}

/** `In[7]: line 4 allocated 152.59 MiB, 93 % of what its lines allocated`. */
export function lineHeadline(table: LineTable): string {
  const total = totalAllocated(table);
  const [worst] = [...table.lines].sort((a, b) => allocatedOf(b) - allocatedOf(a));
  if (worst === undefined || total < quietBytes) {
    const [slowest] = [...table.lines].sort((a, b) => b.cpu - a.cpu);
    return slowest === undefined || slowest.cpu < quietTime
      ? `${table.title}: no line allocated anything to speak of.`
      : `${table.title}: no line allocated anything to speak of; line ${slowest.line} took ${formatDuration(slowest.cpu)}.`;
  }
  const share = formatPercent(allocatedOf(worst) / total);
  return `${table.title}: line ${worst.line} allocated ${accuracyOf(table, worst)}${formatMebibytes(allocatedOf(worst))} MiB, ${share} of what its lines allocated.`;
}

/** How the figures were taken. */
export function lineMethods({ tables, elsewhere, sampleCount, notes }: LineProfile): readonly string[] {
  const costs = tables.flatMap((table) => table.lines);
  const total = costs.reduce((sum, cost) => sum + allocatedOf(cost), 0);
  const certain = costs.reduce((sum, cost) => sum + allocatedOf(cost) * cost.certain, 0);
  const beside = elsewhere.heap + elsewhere.external;
  return [
    "MiB. Allocated: heap and off-heap, freed since or not. Mem usage, Increment:",
    `RSS by ${formatCount(sampleCount)} samples while the line ran, one each ms; CPU likewise.`,
    ...(total < quietBytes
      ? []
      : [
          `${formatPercent(certain / total)} of the bytes are certain; ~ some told apart by counts,`,
          "? mostly so, and RSS says otherwise.",
        ]),
    ...(beside >= quietBytes * 4 ? [`Outside of these lines: ${formatMebibytes(beside)} MiB allocated.`] : []),
    ...notes,
  ];
}
