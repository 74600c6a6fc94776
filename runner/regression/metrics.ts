import type { CellMetrics } from "../../report/run-report.js";
import type { HeapFigures } from "../heap-figures.js";

/** A figure of a cell that a budget can limit and a baseline be compared in. */
export type MetricName = Exclude<keyof CellMetrics, "peakIsExact" | "baseline" | keyof HeapFigures>;

/** What is known of a metric. */
export interface Metric {
  readonly name: MetricName;
  readonly unit: "ms" | "bytes";
  readonly better: "low" | "high";
  /** What counts as no change: less than this share of the earlier value, or less than this much. */
  readonly tolerance: Tolerance;
}

/** A change within either is none. */
export interface Tolerance {
  /** A share of the earlier value: 0.05 is 5 %. */
  readonly relative: number;
  /** Milliseconds or bytes. */
  readonly absolute: number;
}

const mebibyte = 1024 * 1024;

/** Every metric. Times vary with the machine's load, sizes hardly: hence the tolerances. */
export const metrics: readonly Metric[] = [
  { name: "time", unit: "ms", better: "low", tolerance: { relative: 0.2, absolute: 50 } },
  { name: "cpu", unit: "ms", better: "low", tolerance: { relative: 0.2, absolute: 50 } },
  { name: "peak", unit: "bytes", better: "low", tolerance: { relative: 0.05, absolute: 4 * mebibyte } },
  { name: "increment", unit: "bytes", better: "low", tolerance: { relative: 0.1, absolute: 4 * mebibyte } },
  { name: "kept", unit: "bytes", better: "low", tolerance: { relative: 0.1, absolute: 4 * mebibyte } },
  { name: "outputSize", unit: "bytes", better: "low", tolerance: { relative: 0.1, absolute: 1024 } },
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
