// Running notebooks from a program: the door `cellscope`.
import { dirname, resolve } from "node:path";
import type { OutputDifference } from "../report/run-report.js";
import { chooseKernel } from "./choose-kernel.js";
import { RunnerError } from "./errors.js";
import type { KernelLaunch } from "./kernel-process.js";
import { formatNotebook, type Notebook, parseNotebook } from "./nbformat.js";
import { checkWritable, openNotebookWriter, readNotebook } from "./notebook-file.js";
import { type CompareOptions, compareCell } from "./outputs/compare.js";
import { injectParameters } from "./parameters/inject.js";
import type { Parameters } from "./parameters/values.js";
import {
  type FinishedCell,
  type RunHooks,
  type RunOptions,
  type RunResult,
  runNotebook as runCells,
} from "./run-notebook.js";
import type { TimeLimit } from "./time-limits.js";

/** How `runNotebook` runs a notebook; all of it may be left out. Times are milliseconds. */
export interface NotebookOptions extends RunHooks, Pick<RunOptions, "allowErrors" | "startTimeout" | "signal"> {
  /** An installed kernel by its name, or one that `chooseKernel` or `launchOf` gave; the one that fits the notebook when absent. */
  readonly kernel?: string | KernelLaunch;
  /** The working directory of the cells: of a file its own folder, of a notebook in memory that of the process. */
  readonly cwd?: string;
  /** Values for the names that the cell tagged `parameters` declares. */
  readonly parameters?: Parameters;
  /** Where the notebook is kept, after each cell. */
  readonly output?: string;
  /** Time for each cell that sets no limit of its own. */
  readonly cellTimeout?: number;
  /** Time for the whole notebook, the start of its kernel included. */
  readonly notebookTimeout?: number;
  /** Measures memory and CPU time of the kernel and all its processes, for each cell (default: true). */
  readonly measure?: boolean;
  /** Compares the outputs with those that the notebook held before. */
  readonly compare?: boolean | CompareOptions;
  /** Told of what is odd and does not end the run. */
  readonly onProblem?: (problem: string) => void;
}

/** How a notebook went. */
export interface NotebookRun extends RunResult {
  /** With its outputs. */
  readonly notebook: Notebook;
  /** The cells whose outputs differ from those that the notebook held; empty when they were not compared. */
  readonly differences: readonly CellDifferences[];
}

/** What differs in the outputs of one cell. */
export interface CellDifferences {
  readonly cell: FinishedCell;
  readonly differences: readonly OutputDifference[];
}

/**
 * Runs a notebook, or the one in a file, and puts what its cells show into it; a file is left as it is unless `output`
 * names it. A failing cell is a status. Throws a `RunnerError` for what cannot be run, and a `KernelStartError` when the
 * kernel does not start.
 */
export async function runNotebook(notebook: Notebook | string, options: NotebookOptions = {}): Promise<NotebookRun> {
  const path = typeof notebook === "string" ? notebook : undefined;
  const current = typeof notebook === "string" ? await readNotebook(notebook) : notebook;
  const stored = parseNotebook(formatNotebook(current), path ?? "the notebook");
  const { output, compare = false, cellTimeout, notebookTimeout, onProblem, ...rest } = options;
  const limits = {
    ...(cellTimeout !== undefined && { cellTimeout: limitOf(cellTimeout, "cellTimeout") }),
    ...(notebookTimeout !== undefined && { notebookTimeout: limitOf(notebookTimeout, "notebookTimeout") }),
  };
  if (output !== undefined) await checkWritable(output);
  const kernel = await chooseLaunch(current, options.kernel, onProblem);
  await injectParameters(current, {
    parameters: options.parameters ?? {},
    language: kernel.language.toLowerCase(),
    name: path ?? "the notebook",
  });
  const writer = output === undefined ? undefined : openNotebookWriter(output);
  try {
    const result = await runCells(current, {
      ...rest,
      ...(onProblem && { onProblem }),
      kernel,
      cwd: resolve(options.cwd ?? (path === undefined ? "." : dirname(path))),
      measure: options.measure ?? true,
      ...limits,
      save: async (now) => {
        await writer?.save(now);
        await options.save?.(now);
      },
    });
    // Hooks may have changed what a writer takes for unchanged.
    await writer?.finish(current);
    const differences = compare === false ? [] : findDifferences(result, stored, compare === true ? {} : compare);
    return { ...result, notebook: current, differences };
  } finally {
    writer?.close();
  }
}

function findDifferences({ cells, failed }: RunResult, stored: Notebook, options: CompareOptions): CellDifferences[] {
  return cells.flatMap((cell) => {
    const differences = cell === failed ? [] : (compareCell(stored, cell.cell, options) ?? []);
    return differences.length > 0 ? [{ cell, differences }] : [];
  });
}

function limitOf(time: number, name: string): TimeLimit {
  if (time > 0) return { time, source: name };
  throw new RunnerError(`${name} must be a time in milliseconds above 0, got ${time}.`);
}

async function chooseLaunch(
  notebook: Notebook,
  kernel: string | KernelLaunch | undefined,
  onNotice: ((notice: string) => void) | undefined,
): Promise<KernelLaunch> {
  if (typeof kernel === "object") return kernel;
  return chooseKernel(notebook, kernel, onNotice ? { onNotice } : {});
}
