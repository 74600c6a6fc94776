import type { CellMetrics } from "../report/run-report.js";
import type { FinishedCell } from "./run-notebook.js";

/** The figures of a cell that was run. */
export function metricsOf({ duration, outputSize, reading, heap }: FinishedCell): CellMetrics {
  return {
    time: round(duration),
    ...(reading && {
      ...(reading.cpu !== undefined && { cpu: round(reading.cpu) }),
      baseline: reading.baseline,
      peak: reading.peak,
      peakIsExact: reading.exact,
      increment: reading.peak - reading.baseline,
      kept: reading.end - reading.baseline,
    }),
    ...(heap && { ...heap, gcTime: round(heap.gcTime) }),
    outputSize,
  };
}

/** To a hundredth of a millisecond: what is beyond was never measured. */
export function round(time: number): number {
  return Math.round(time * 100) / 100;
}
