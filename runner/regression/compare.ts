// A run held against an earlier one, metric by metric. Pure.
import type { CellReport, RunReport } from "../../report/run-report.js";
import { type Metric, type MetricName, median, metrics, type Tolerance } from "./metrics.js";
import { chanceOfHigher, smallestChance } from "./rank-test.js";

/** One metric of one cell, then and now. */
export interface MetricChange {
  readonly notebook: string;
  readonly cell: number;
  readonly title: string;
  readonly metric: MetricName;
  readonly unit: Metric["unit"];
  /** The median of the runs of the baseline. */
  readonly before: number;
  /** The median of the runs now. */
  readonly after: number;
  readonly verdict: "worse" | "better";
  /** The chance of such a difference by noise alone, where there are runs enough to say. */
  readonly chance?: number;
}

/** What a comparison found. */
export interface BaselineComparison {
  /** What is worse first; what is the same is not told. */
  readonly changes: readonly MetricChange[];
  /** How many figures were compared. */
  readonly compared: number;
  /** What could not be compared: sentences for a reader. */
  readonly notes: readonly string[];
}

/** A difference whose chance is above this is noise. */
const significance = 0.05;

/** Compares a run with a baseline; notebooks are matched by their path and cells by their id. */
export function compareWithBaseline(
  current: RunReport,
  baseline: RunReport,
  tolerances: Readonly<Partial<Record<MetricName, Partial<Tolerance>>>> = {},
): BaselineComparison {
  const before = groupCells(baseline);
  const after = groupCells(current);
  const changes: MetricChange[] = [];
  let compared = 0;
  for (const [key, now] of after) {
    const then = before.get(key);
    for (const metric of metrics) {
      const values = [valuesOf(then, metric.name), valuesOf(now, metric.name)] as const;
      if (values[0].length === 0 || values[1].length === 0) continue;
      compared++;
      const tolerance = { ...metric.tolerance, ...tolerances[metric.name] };
      const verdict = judge(values[0], values[1], metric, tolerance);
      if (verdict === undefined) continue;
      const { notebook, number, title } = now;
      const common = { notebook, cell: number, title, metric: metric.name, unit: metric.unit };
      changes.push({ ...common, before: median(values[0]), after: median(values[1]), ...verdict });
    }
  }
  changes.sort((a, b) => Number(a.verdict === "better") - Number(b.verdict === "better"));
  return { changes, compared, notes: noteDifferences(before, after) };
}

interface CellRuns {
  readonly notebook: string;
  readonly number: number;
  readonly title: string;
  /** One for each repetition. */
  readonly cells: readonly CellReport[];
}

function groupCells({ notebooks }: RunReport): Map<string, CellRuns> {
  const groups = new Map<string, CellRuns>();
  for (const { path, cells } of notebooks) {
    for (const cell of cells) {
      const key = `${path}\n${cell.id}`;
      const { number, title } = cell;
      groups.set(key, { notebook: path, number, title, cells: [...(groups.get(key)?.cells ?? []), cell] });
    }
  }
  return groups;
}

/** Cells that failed say nothing of what they cost. */
function valuesOf(runs: CellRuns | undefined, name: MetricName): number[] {
  return (runs?.cells ?? []).flatMap(({ status, metrics: { [name]: value } }) =>
    status === "ok" && value !== undefined ? [value] : [],
  );
}

function judge(
  before: readonly number[],
  after: readonly number[],
  { better }: Metric,
  { relative, absolute }: Tolerance,
): Pick<MetricChange, "verdict" | "chance"> | undefined {
  const [then, now] = [median(before), median(after)];
  const change = Math.abs(now - then);
  if (change <= absolute || change <= relative * Math.abs(then)) return undefined;
  const isHigher = now > then;
  const [lower, higher] = isHigher ? [before, after] : [after, before];
  const verdict = isHigher === (better === "high") ? "better" : "worse";
  if (smallestChance(lower.length, higher.length) > significance) {
    // Too few runs for a test: only what is apart without overlap counts.
    return Math.max(...lower) < Math.min(...higher) ? { verdict } : undefined;
  }
  const chance = chanceOfHigher(lower, higher);
  return chance <= significance ? { verdict, chance } : undefined;
}

function noteDifferences(before: ReadonlyMap<string, CellRuns>, after: ReadonlyMap<string, CellRuns>): string[] {
  const notes: string[] = [];
  const fresh = [...after].filter(([key]) => !before.has(key));
  const gone = [...before].filter(([key, { notebook }]) => !after.has(key) && hasNotebook(after, notebook));
  if (fresh.length > 0) notes.push(`Not in the baseline: ${listCells(fresh)}.`);
  if (gone.length > 0) notes.push(`Only in the baseline: ${listCells(gone)}.`);
  return notes;
}

function hasNotebook(groups: ReadonlyMap<string, CellRuns>, notebook: string): boolean {
  return [...groups.values()].some((runs) => runs.notebook === notebook);
}

function listCells(entries: readonly (readonly [string, CellRuns])[]): string {
  const shown = entries.slice(0, 5).map(([, { notebook, number }]) => `${notebook} cell ${number}`);
  const left = entries.length - shown.length;
  return left > 0 ? `${shown.join(", ")} and ${left} more` : shown.join(", ");
}
