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
    ...cells.flatMap(({ id, number, title }) => {
      const own = runs.flatMap((run) => run.cells.filter((cell) => cell.id === id));
      const limits = withoutIdle(budget.cells.get(id) ?? {}, own, runs);
      const measured = own.map((cell) => cell.metrics);
      return breaches(limits, measured, { notebook: path, cell: number, title });
    }),
  ];
}

/** A cell that went well and ran nothing in V8 keeps to every limit on what V8 tells of its other cells. */
function withoutIdle(limits: Limits, cell: readonly CellReport[], runs: readonly NotebookReport[]): Limits {
  const isWell = cell.every(({ status }) => status === "ok");
  const isIdle = ({ name, isOfV8 }: Metric) => isOfV8 && isWell && runs.some((run) => isTold(run, name));
  const idle = metrics.filter(isIdle).map(({ name }): string => name);
  return Object.fromEntries(
    Object.entries(limits).filter(
      ([name]) => !idle.includes(name) || cell.some(({ metrics }) => metrics[name as MetricName] !== undefined),
    ),
  );
}

function isTold({ cells }: NotebookReport, name: MetricName): boolean {
  return cells.some(({ metrics }) => metrics[name] !== undefined);
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

/** A notebook's own figures: times, counts, outputs and what was kept in sum, memory at its highest; its time is that of the whole run. */
function totalsOf({ duration, cells }: NotebookReport): Partial<CellMetrics> {
  const totals = metrics.flatMap(({ name, total, isOfV8 }) => {
    const measured = isOfV8 ? cells.filter((cell) => cell.status !== "ok" || cell.metrics[name] !== undefined) : cells;
    const values = measured.flatMap(({ metrics: { [name]: value } }) => value ?? []);
    // A cell that could not be measured leaves the notebook unmeasured.
    if (values.length < measured.length || values.length === 0) return [];
    return [[name, total === "sum" ? values.reduce((sum, value) => sum + value, 0) : Math.max(0, ...values)]];
  });
  return { ...Object.fromEntries(totals), ...(duration !== undefined && { time: duration }) };
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
