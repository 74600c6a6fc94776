// Outputs that differ, budgets that were exceeded and figures that got worse, as sentences.
import { formatBytes, formatDuration } from "../../report/format.js";
import { formatDifference, isDifferent } from "../../report/output-difference.js";
import type { RunFinding } from "../../report/run-cases.js";
import type { CellReport, RunReport } from "../../report/run-report.js";
import type { BudgetBreach } from "../../runner/regression/budgets.js";
import type { BaselineComparison, MetricChange } from "../../runner/regression/compare.js";
import type { MetricUnit } from "../../runner/regression/metrics.js";

/** What came out of a run besides whether its cells went well. */
export interface Findings {
  readonly report: RunReport;
  readonly breaches: readonly BudgetBreach[];
  readonly comparison?: BaselineComparison;
}

/** Whether the figures fail the run. */
export function hasWorseFigures({ breaches, comparison }: Findings): boolean {
  return breaches.length > 0 || worseOf(comparison).length > 0;
}

/** Whether outputs differ from the stored ones. */
export function hasDifferences({ report }: Findings): boolean {
  return cellsOf(report).some(({ cell }) => isDifferent(cell));
}

/** The figures that fail the run, each for its notebook and cell. */
export function listFindings({ breaches, comparison }: Findings): RunFinding[] {
  const place = ({ notebook, cell }: BudgetBreach | MetricChange) => ({
    notebook,
    ...(cell !== undefined && { cell }),
  });
  return [
    ...breaches.map((breach) => ({ ...place(breach), kind: "budget", message: formatBreach(breach) })),
    ...worseOf(comparison).map((change) => ({ ...place(change), kind: "regression", message: formatChange(change) })),
  ];
}

/** The outputs that differ, cell by cell, with the lines that changed; nothing when none were compared. */
export function formatDifferences({ report }: Findings): string[] {
  const compared = cellsOf(report).filter(({ cell }) => cell.differences !== undefined);
  const different = compared.filter(({ cell }) => isDifferent(cell));
  if (compared.length === 0) return [];
  // What each repetition shows is told once.
  const told = different.map(({ path, cell }) => {
    const where = describePlace({ notebook: path, cell: cell.number, title: cell.title });
    const lines = (cell.differences ?? []).flatMap(formatDifference);
    return [`DIFFERS  ${where}:`, ...lines.map((line) => `  ${line}`)].join("\n");
  });
  const cells = compared.length === 1 ? "1 cell" : `${compared.length} cells`;
  const outcome =
    different.length === 0 ? "none differs" : `${different.length} ${different.length === 1 ? "differs" : "differ"}`;
  return [...new Set(told), `${cells} compared with the outputs stored in the notebooks, ${outcome}.`];
}

/** One line for each finding about figures; nothing when there is nothing to tell. */
export function formatFindings({ breaches, comparison }: Findings): string[] {
  const changes = comparison?.changes ?? [];
  const same = comparison && comparison.compared - changes.length;
  return [
    ...breaches.map(formatBreach),
    ...changes.map(formatChange),
    ...(comparison?.notes ?? []),
    ...(comparison ? [`${comparison.compared} figures compared with the baseline, ${same} of them unchanged.`] : []),
  ];
}

function worseOf(comparison: BaselineComparison | undefined): readonly MetricChange[] {
  return (comparison?.changes ?? []).filter(({ verdict }) => verdict === "worse");
}

function cellsOf({ notebooks }: RunReport): { readonly path: string; readonly cell: CellReport }[] {
  return notebooks.flatMap(({ path, cells }) => cells.map((cell) => ({ path, cell })));
}

/** One limit that was exceeded, in one line. */
function formatBreach(breach: BudgetBreach): string {
  const { metric, unit, limit, value } = breach;
  const where = describePlace(breach);
  if (value === undefined)
    return `OVER BUDGET?  ${where}: ${metric} could not be measured; its limit is ${formatValue(limit, unit)}.`;
  const over = formatShare(value / limit - 1);
  return `OVER BUDGET  ${where}: ${metric} ${formatValue(value, unit)}, limit ${formatValue(limit, unit)} (${over}).`;
}

/** One figure that changed, in one line. */
function formatChange(change: MetricChange): string {
  const { verdict, metric, unit, before, after, chance } = change;
  const share = before > 0 ? ` (${formatShare(after / before - 1)})` : "";
  const noise = chance === undefined ? "" : `, p = ${chance.toFixed(3)}`;
  const values = `${formatValue(before, unit)} → ${formatValue(after, unit)}`;
  return `${verdict.toUpperCase().padEnd(6)}  ${describePlace(change)}: ${metric} ${values}${share}${noise}.`;
}

function describePlace({ notebook, cell, title = "" }: Pick<BudgetBreach, "notebook" | "cell" | "title">): string {
  const short = title.length > titleLength ? `${title.slice(0, titleLength - 1)}…` : title;
  return cell === undefined ? notebook : `${notebook} cell ${cell} (${short})`;
}

const titleLength = 40;

function formatValue(value: number, unit: MetricUnit): string {
  if (unit === "count") return String(value);
  if (unit === "ms") return formatDuration(value);
  return value < 0 ? `-${formatBytes(-value)}` : formatBytes(value);
}

function formatShare(share: number): string {
  return `${share > 0 ? "+" : ""}${(share * 100).toFixed(share > -0.1 && share < 0.1 ? 1 : 0)} %`;
}
