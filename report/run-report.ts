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

/** One run of one notebook; what it tells is the last attempt. A notebook that is run several times is there several times. */
export interface NotebookReport extends AttemptReport {
  readonly path: string;
  readonly kernel: string;
  /** The Jupyter server that the kernel ran on, whose memory nobody saw; absent when it ran on this machine. */
  readonly server?: string;
  /** How often it was tried. */
  readonly attempts: number;
  /** The attempts before the last one, in order; absent when there was only one. */
  readonly earlierAttempts?: readonly AttemptReport[];
  /** From 1; which of the runs that `--repeat` asked for. */
  readonly repetition: number;
}

/** One attempt at a notebook. */
export interface AttemptReport {
  /** `ok`, `error`, `timeout`, `died`, `interrupted`, `not started` or `not saved`. */
  readonly status: string;
  readonly duration?: number;
  /** `--memory-limit`, and who held it: `control group v1`, `control group v2` or `watched`. */
  readonly memoryLimit?: { readonly bytes: number; readonly holder: string };
  /** Why the kernel did not start. */
  readonly message?: string;
  readonly cells: readonly CellReport[];
  /** The cells that were to run and were not reached. */
  readonly notRun?: readonly CellPlace[];
}

/** A cell, and where it stands. */
export interface CellPlace {
  /** Among the cells that are run, from 1. */
  readonly number: number;
  readonly id: string;
  /** The first line of its code. */
  readonly title: string;
  /** The line of the notebook's file where the cell's code begins, or the one that failed; from 1. Absent where it was not looked for. */
  readonly line?: number;
}

/** One cell that was run. What was not measured is absent. */
export interface CellReport extends CellPlace {
  readonly status: string;
  readonly error?: string;
  /** The error was allowed: it does not count as a failure. */
  readonly isAllowed?: true;
  /** Of a failure that counts, as text. */
  readonly traceback?: string;
  /** What differs from the outputs that the notebook holds; absent when they were not compared. */
  readonly differences?: readonly OutputDifference[];
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
  /** What V8's heap held after the cell, as the kernel itself says; no collection is forced. So for the following. */
  readonly heapUsed?: number;
  /** `heapUsed` less what the heap held before the cell. */
  readonly heapKept?: number;
  /** What ArrayBuffers held after the cell. */
  readonly arrayBuffers?: number;
  readonly arrayBuffersKept?: number;
  /** Pauses for the garbage collector. */
  readonly gcCount?: number;
  /** How long these were together. */
  readonly gcTime?: number;
  /** Bytes of the outputs as JSON. */
  readonly outputSize: number;
}

/** What differs in one kind of content of one output. */
export interface OutputDifference {
  /** `stdout`, `stderr`, `error`, or `output 2, display_data`. */
  readonly output: string;
  /** Absent for streams and errors. */
  readonly mimeType?: string;
  readonly change: "changed" | "missing" | "new";
  /** Lines that begin with `- ` were stored, with `+ ` are new, with two blanks are equal, with `? ` point at what changed within the line above, with `@@` stand for lines left out. */
  readonly lines: readonly string[];
}
