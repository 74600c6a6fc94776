import type { CellMetrics } from "../../report/run-report.js";

/** A figure of a cell that a budget can limit and a baseline be compared in. */
export type MetricName = Exclude<keyof CellMetrics, "peakIsExact" | "baseline">;

/** What is known of a metric. */
export interface Metric {
  readonly name: MetricName;
  readonly unit: MetricUnit;
  readonly better: "low" | "high";
  /** What counts as no change: less than this share of the earlier value, or less than this much. */
  readonly tolerance: Tolerance;
  /** What a notebook has of it: the sum of its cells, or the highest of them. */
  readonly total: "sum" | "highest";
  /** V8 tells it: cells that run no code there, such as one of magics only, are without it and well. */
  readonly isOfV8?: true;
}

/** What a figure counts. */
export type MetricUnit = "ms" | "bytes" | "count";

/** A change within either is none. */
export interface Tolerance {
  /** A share of the earlier value: 0.05 is 5 %. */
  readonly relative: number;
  /** Milliseconds, bytes, or so many. */
  readonly absolute: number;
}

const mebibyte = 1024 * 1024;
const ofV8 = { isOfV8: true } as const;
const bytes = { unit: "bytes", better: "low" } as const;

/**
 * Every metric. Times vary with the machine's load, sizes hardly: hence the tolerances. Those of V8 lie between: when it
 * collects garbage is its own affair, and until then garbage counts.
 */
export const metrics: readonly Metric[] = [
  { name: "time", unit: "ms", better: "low", total: "sum", tolerance: { relative: 0.2, absolute: 50 } },
  { name: "cpu", unit: "ms", better: "low", total: "sum", tolerance: { relative: 0.2, absolute: 50 } },
  { name: "peak", ...bytes, total: "highest", tolerance: { relative: 0.05, absolute: 4 * mebibyte } },
  { name: "increment", ...bytes, total: "highest", tolerance: { relative: 0.1, absolute: 4 * mebibyte } },
  { name: "kept", ...bytes, total: "sum", tolerance: { relative: 0.1, absolute: 4 * mebibyte } },
  { name: "heapUsed", ...bytes, ...ofV8, total: "highest", tolerance: { relative: 0.2, absolute: 4 * mebibyte } },
  { name: "heapKept", ...bytes, ...ofV8, total: "sum", tolerance: { relative: 0.2, absolute: 4 * mebibyte } },
  { name: "arrayBuffers", ...bytes, ...ofV8, total: "highest", tolerance: { relative: 0.1, absolute: 4 * mebibyte } },
  { name: "arrayBuffersKept", ...bytes, ...ofV8, total: "sum", tolerance: { relative: 0.1, absolute: 4 * mebibyte } },
  { name: "gcCount", ...ofV8, unit: "count", better: "low", total: "sum", tolerance: { relative: 0.5, absolute: 5 } },
  { name: "gcTime", ...ofV8, unit: "ms", better: "low", total: "sum", tolerance: { relative: 0.5, absolute: 50 } },
  { name: "outputSize", ...bytes, total: "sum", tolerance: { relative: 0.1, absolute: 1024 } },
];

/** The metric of a name; nothing when there is none. */
export function findMetric(name: string): Metric | undefined {
  return metrics.find((metric) => metric.name === name);
}

/** The middle of some figures; `NaN` of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
