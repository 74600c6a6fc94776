// The package's door for programs: running notebooks from Node.
export type { CellMetrics, OutputDifference } from "./report/run-report.js";
export { metricsOf } from "./runner/cell-metrics.js";
export { chooseKernel } from "./runner/choose-kernel.js";
export { KernelStartError, RunnerError } from "./runner/errors.js";
export type { KernelLaunch } from "./runner/kernel-process.js";
export { findKernelspec, type Kernelspec, launchOf, listKernelspecs } from "./runner/kernelspecs.js";
export { type CellDifferences, type NotebookOptions, type NotebookRun, runNotebook } from "./runner/library.js";
export {
  type Cell,
  type CellOutput,
  type CodeCell,
  formatNotebook,
  type Metadata,
  type Notebook,
  parseNotebook,
  type TextCell,
} from "./runner/nbformat.js";
export { readNotebook, writeNotebook } from "./runner/notebook-file.js";
export type { CompareOptions } from "./runner/outputs/compare.js";
export { parsePatterns, readPatterns, type TextPattern } from "./runner/outputs/patterns.js";
export { memprofile } from "./runner/outside-kernel.js";
export { ownKernel } from "./runner/own-kernel.js";
export {
  type CellRun,
  cellsToRun,
  type ErrorOutput,
  type FinishedCell,
  type ReadyKernel,
  type RunHooks,
  type RunResult,
  type RunStatus,
} from "./runner/run-notebook.js";
