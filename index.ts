// The package's door for programs: running notebooks from Node.
export { chooseKernel } from "./runner/choose-kernel.js";
export { KernelStartError, RunnerError } from "./runner/errors.js";
export type { KernelLaunch } from "./runner/kernel-process.js";
export { findKernelspec, type Kernelspec, launchOf, listKernelspecs } from "./runner/kernelspecs.js";
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
export { ownKernel } from "./runner/own-kernel.js";
export {
  type CellRun,
  cellsToRun,
  type ErrorOutput,
  type FinishedCell,
  type RunHooks,
  type RunOptions,
  type RunResult,
  type RunStatus,
  runNotebook,
} from "./runner/run-notebook.js";
