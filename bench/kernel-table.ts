import type { Figure } from "./kernel-measures.js";
import { median } from "./statistics.js";

/** What one measure gave for each kernel. */
export interface MeasureSummary {
  readonly measure: string;
  readonly unit: Figure["unit"];
  readonly kernels: Readonly<Record<string, KernelSummary>>;
}

/** The figures of one kernel, oldest first, and what they come to. */
export interface KernelSummary {
  readonly values: readonly (number | "never")[];
  readonly median: number | "never";
  /** To the first kernel. */
  readonly ratio?: number;
  readonly notes: readonly string[];
}

/** Puts the figures of all kernels together, a measure at a time, in the order in which they were taken. */
export function summarize(results: ReadonlyMap<string, readonly Figure[]>): MeasureSummary[] {
  const units = new Map([...results.values()].flat().map(({ measure, unit }) => [measure, unit]));
  const [first = ""] = results.keys();
  return [...units].map(([measure, unit]) => {
    const of = (name: string) => (results.get(name) ?? []).filter((figure) => figure.measure === measure);
    const base = medianOf(of(first));
    const entries = [...results.keys()].flatMap((name): [string, KernelSummary][] => {
      const figures = of(name);
      if (figures.length === 0) return [];
      const middle = medianOf(figures);
      const summary = {
        values: figures.map(({ value }) => value),
        median: middle,
        ...(middle === "never" || base === "never" ? {} : { ratio: middle / base }),
        notes: [...new Set(figures.flatMap(({ note }) => note ?? []))],
      };
      return [[name, summary]];
    });
    return { measure, unit, kernels: Object.fromEntries(entries) };
  });
}

/** The table for a person. */
export function renderTable(measures: readonly MeasureSummary[], names: readonly string[]): string {
  const rows = measures.map(({ measure, unit, kernels }) => [
    `${measure}, ${unit === "ms" ? "ms" : "MiB"}`,
    ...names.map((name) => formatSummary(kernels[name], unit)),
  ]);
  return alignColumns([["", ...names], ...rows]).join("\n");
}

function formatSummary(summary: KernelSummary | undefined, unit: Figure["unit"]): string {
  if (summary === undefined) return "—";
  const { values, ratio, notes } = summary;
  const format = (value: number) => formatNumber(unit === "ms" ? value : value / 1024 / 1024);
  const numbers = values.filter((value) => value !== "never");
  const range = numbers.length > 1 ? ` (${format(Math.min(...numbers))} to ${format(Math.max(...numbers))})` : "";
  const text = summary.median === "never" ? "never" : `${format(summary.median)}${range}`;
  return [text, ...(ratio === undefined ? [] : [`× ${ratio.toFixed(2)}`]), ...notes.map((note) => `[${note}]`)].join(
    " ",
  );
}

function formatNumber(value: number): string {
  return value < 20 ? value.toFixed(1) : value.toFixed(0);
}

// Once without an answer is no answer.
function medianOf(figures: readonly Figure[]): number | "never" {
  const values = figures.map(({ value }) => value);
  const numbers = values.filter((value) => value !== "never");
  return numbers.length < values.length ? "never" : median(numbers);
}

function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join("   ")
      .trimEnd(),
  );
}
