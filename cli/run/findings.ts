// Budgets that were exceeded and figures that got worse, as sentences.
import { formatBytes, formatDuration } from "../../report/format.js";
import type { BudgetBreach } from "../../runner/regression/budgets.js";
import type { BaselineComparison, MetricChange } from "../../runner/regression/compare.js";

/** What a run's figures mean for whether it passes. */
export interface Findings {
  readonly breaches: readonly BudgetBreach[];
  readonly comparison?: BaselineComparison;
}

/** Whether the figures fail the run. */
export function hasFailed({ breaches, comparison }: Findings): boolean {
  return breaches.length > 0 || (comparison?.changes ?? []).some(({ verdict }) => verdict === "worse");
}

/** One line for each finding; nothing when there is nothing to tell. */
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

function describePlace({ notebook, cell, title }: Pick<BudgetBreach, "notebook" | "cell" | "title">): string {
  return cell === undefined ? notebook : `${notebook} cell ${cell} (${title ?? ""})`;
}

function formatValue(value: number, unit: "ms" | "bytes"): string {
  if (unit === "ms") return formatDuration(value);
  return value < 0 ? `-${formatBytes(-value)}` : formatBytes(value);
}

function formatShare(share: number): string {
  return `${share > 0 ? "+" : ""}${(share * 100).toFixed(share > -0.1 && share < 0.1 ? 1 : 0)} %`;
}
