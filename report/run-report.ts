// What a run of notebooks measured, as data: the shape of `--report` and of a baseline. Bytes and milliseconds.

/** The version of the shape; it changes when a reader of the old one would misread the new one. */
export const runReportVersion = 1;

/** A run of one or more notebooks. */
export interface RunReport {
  readonly format: "cellscope-run";
  readonly version: typeof runReportVersion;
  /** Which program made it: `cellscope 0.1.0`. */
  readonly program: string;
  /** ISO 8601. */
  readonly startTime: string;
  readonly duration: number;
  readonly machine: { readonly platform: string; readonly node: string; readonly cpus: number };
  readonly notebooks: readonly NotebookReport[];
}

/** One run of one notebook. A notebook that is run several times is there several times. */
export interface NotebookReport {
  readonly path: string;
  readonly kernel: string;
  /** `ok`, `error`, `timeout`, `died`, `interrupted` or `not started`. */
  readonly status: string;
  /** How often it was tried; what is told is the last attempt. */
  readonly attempts: number;
  /** From 1; which of the runs that `--repeat` asked for. */
  readonly repetition: number;
  readonly duration?: number;
  /** Why the kernel did not start. */
  readonly message?: string;
  readonly cells: readonly CellReport[];
}

/** One cell that was run. What was not measured is absent. */
export interface CellReport {
  /** Among the cells that are run, from 1. */
  readonly number: number;
  readonly id: string;
  /** The first line of its code. */
  readonly title: string;
  readonly status: string;
  readonly error?: string;
  readonly metrics: CellMetrics;
  /** `[time, rss]`: milliseconds since the cell began, and bytes of the kernel and all its processes. */
  readonly samples?: readonly (readonly [number, number])[];
}

/** The figures of one cell; of the memory of the kernel and all its processes, seen from outside. */
export interface CellMetrics {
  /** Wall time. */
  readonly time: number;
  readonly cpu?: number;
  readonly baseline?: number;
  readonly peak?: number;
  /** Whether the system's high-water marks say the peak, or samples. */
  readonly peakIsExact?: boolean;
  /** `peak` less `baseline`. */
  readonly increment?: number;
  /** What the processes held after the cell, less `baseline`; no collection is forced. */
  readonly kept?: number;
  /** Bytes of the outputs as JSON. */
  readonly outputSize: number;
}
