// Limits that notebooks and cells must keep to. Pure.
import { resolve } from "node:path";
import type { CellMetrics, CellReport, NotebookReport, RunReport } from "../../report/run-report.js";
import { type Cell, type Metadata, type Notebook, tagsOf } from "../nbformat.js";
import { type Limits, parseLimits } from "./limits.js";
import { type Metric, type MetricName, median, metrics } from "./metrics.js";
import type { BudgetRule } from "./settings.js";

/** A limit that was exceeded, or that could not be checked. */
export interface BudgetBreach {
  readonly notebook: string;
  /** Absent for the notebook as a whole. */
  readonly cell?: number;
  readonly title?: string;
  readonly metric: MetricName;
  readonly unit: Metric["unit"];
  readonly limit: number;
  /** The median of all repetitions; absent when it was not measured. */
  readonly value?: number;
}

/** All limits of one notebook. */
export interface NotebookBudget {
  readonly notebook: Limits;
  /** By the id of the cell. */
  readonly cells: ReadonlyMap<string, Limits>;
}

/** Puts together what the settings and a notebook's own metadata (`cellscope.budget`) say; the metadata stand above. */
export function budgetOf(notebook: Notebook, path: string, rules: readonly BudgetRule[]): NotebookBudget {
  const holding = rules.filter((rule) => rule.notebooks.has(resolve(path)));
  return {
    notebook: Object.assign({}, ...holding.map((rule) => rule.notebook), ownLimits(notebook.metadata, path)),
    cells: new Map(
      notebook.cells.map((cell, index) => [cell.id, cellLimits(cell, `${path}: cell ${index + 1}`, holding)]),
    ),
  };
}

/** Finds the limits of a notebook that its runs exceed. */
export function findBreaches(path: string, budget: NotebookBudget, { notebooks }: RunReport): BudgetBreach[] {
  const runs = notebooks.filter((notebook) => notebook.path === path);
  const whole = breaches(budget.notebook, runs.map(totalsOf), { notebook: path });
  const cells = runs[0]?.cells ?? [];
  return [
    ...whole,
    ...cells.flatMap(({ id, number, title }) =>
      breaches(
        budget.cells.get(id) ?? {},
        runs.flatMap((run) => metricsOfCell(run, id)),
        {
          notebook: path,
          cell: number,
          title,
        },
      ),
    ),
  ];
}

function cellLimits(cell: Cell, name: string, rules: readonly BudgetRule[]): Limits {
  const keys = [...tagsOf(cell), cell.id];
  return Object.assign(
    {},
    ...rules.map(({ everyCell }) => everyCell),
    ...rules.flatMap(({ cells }) => keys.map((key) => cells.get(key))),
    ownLimits(cell.metadata, name),
  );
}

function ownLimits({ cellscope }: Metadata, name: string): Limits {
  const budget = typeof cellscope === "object" && cellscope !== null && "budget" in cellscope && cellscope.budget;
  return budget === false || budget === undefined ? {} : parseLimits(budget, `${name}: metadata.cellscope.budget`);
}

function metricsOfCell({ cells }: NotebookReport, id: string): CellMetrics[] {
  return cells.filter((cell: CellReport) => cell.id === id).map((cell) => cell.metrics);
}

/** A notebook's own figures: times, outputs and what was kept in sum, memory at its highest. */
function totalsOf({ duration, cells }: NotebookReport): Partial<CellMetrics> {
  const all = (name: MetricName): number[] => cells.flatMap(({ metrics: { [name]: value } }) => value ?? []);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const isWhole = (values: readonly number[]) => values.length === cells.length;
  const [cpu, peak, increment, kept] = [all("cpu"), all("peak"), all("increment"), all("kept")];
  return {
    ...(duration !== undefined && { time: duration }),
    ...(isWhole(cpu) && { cpu: sum(cpu) }),
    ...(isWhole(peak) && { peak: Math.max(0, ...peak) }),
    ...(isWhole(increment) && { increment: Math.max(0, ...increment) }),
    ...(isWhole(kept) && { kept: sum(kept) }),
    outputSize: sum(all("outputSize")),
  };
}

function breaches(
  limits: Limits,
  runs: readonly Partial<CellMetrics>[],
  where: Pick<BudgetBreach, "notebook" | "cell" | "title">,
): BudgetBreach[] {
  return metrics.flatMap(({ name, unit }) => {
    const limit = limits[name];
    if (limit === undefined) return [];
    const values = runs.flatMap((run) => run[name] ?? []);
    if (values.length === 0) return [{ ...where, metric: name, unit, limit }];
    const value = median(values);
    return value > limit ? [{ ...where, metric: name, unit, limit, value }] : [];
  });
}
