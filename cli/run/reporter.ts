import type { CellOutput } from "../../runner/nbformat.js";
import type { Attempt, FileRun } from "../../runner/run-file.js";
import type { CellRun, FinishedCell, ReadyKernel } from "../../runner/run-notebook.js";

/** An attempt at a notebook that is under way. */
export interface RunningNotebook {
  readonly path: string;
  /** From 1. */
  readonly attempt: number;
  /** How many cells it has to run. */
  readonly total: number;
  readonly kernelName: string;
  /** From 1; absent when each notebook is run once. */
  readonly repetition?: number;
}

/** Is told of a run as it goes on. */
export interface RunReporter {
  readonly onNotebookStart: (notebook: RunningNotebook) => void;
  readonly onKernelReady: (notebook: RunningNotebook, kernel: ReadyKernel) => void;
  readonly onCellStart: (notebook: RunningNotebook, cell: CellRun) => void;
  /** `text` is what is new. */
  readonly onOutput: (notebook: RunningNotebook, cell: CellRun, output: CellOutput, text: string) => void;
  readonly onCellEnd: (notebook: RunningNotebook, cell: FinishedCell) => void;
  /** An attempt failed, and another one follows. */
  readonly onRetry: (notebook: RunningNotebook, failed: Attempt) => void;
  /** Once for each notebook, after its last attempt; `different` cells show something else than what is stored of them. */
  readonly onNotebookEnd: (notebook: RunningNotebook, run: FileRun, different: number) => void;
  /** What is odd and does not end the run. */
  readonly onProblem: (notebook: RunningNotebook, problem: string) => void;
  /** Everything has run; `duration` is that of the command. */
  readonly onEnd: (runs: readonly FileRun[], duration: number) => void;
  /** Takes away what is only shown for a moment, also when the run ends by an error. */
  readonly release: () => void;
}
