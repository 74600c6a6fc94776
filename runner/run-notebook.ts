import { type TreeReading, type TreeWatch, watchTree } from "../profiler/process-tree.js";
import { watchTreeElsewhere } from "../profiler/process-tree-elsewhere.js";
import type { HeapFigures } from "./heap-figures.js";
import { KernelSession, type NotebookKernel } from "./kernel-session.js";
import { describeBreach, holdMemoryLimit, type LimitHolder, type MemoryLimit } from "./memory-limit.js";
import { type CellOutput, type CodeCell, type Metadata, type Notebook, tagsOf } from "./nbformat.js";
import { marksOf } from "./nbval-marks.js";
import { Saves } from "./saves.js";
import {
  type CellLimits,
  cellTimeLimit,
  checkTimeLimits,
  notebookTimeLimit,
  type TimeLimit,
  watchCell,
} from "./time-limits.js";

/** How a cell, or a run, ended. */
export type RunStatus = "ok" | "error" | "timeout" | "died" | "interrupted";

/** One cell that was run. */
export interface CellRun {
  /** Among all cells of the notebook, from 0. */
  readonly index: number;
  /** Among the cells that are run, from 1. */
  readonly number: number;
  readonly cell: CodeCell;
}

/** One cell that was run, and how that went. */
export interface FinishedCell extends CellRun {
  readonly status: RunStatus;
  readonly duration: number;
  /** What the kernel and all its processes took; absent when it was not measured. */
  readonly reading?: TreeReading;
  /** What our kernel said of V8's memory; absent when it is another one, and when the cell was stopped. */
  readonly heap?: HeapFigures;
  /** The kernel has ended with the cell, and runs nothing any more. */
  readonly isKernelGone?: boolean;
  /** Bytes of the cell's outputs as JSON. */
  readonly outputSize: number;
  /** The error that the cell ended with; also when errors are allowed. */
  readonly error?: ErrorOutput;
}

/** The output of a failed cell. */
export type ErrorOutput = Extract<CellOutput, { output_type: "error" }>;

/** A kernel that has answered. */
export interface ReadyKernel {
  readonly pid: number | undefined;
  /** How long its start took. */
  readonly startTime: number;
  /** RSS of all its processes now; absent when it is not measured. */
  readonly rss?: () => number;
}

/** What a run tells while it goes on; the run waits for what they return, for `save` only at its end. */
export interface RunHooks {
  readonly onKernelReady?: (kernel: ReadyKernel) => unknown;
  readonly onCellStart?: (cell: CellRun) => unknown;
  /** An output is new or has changed; `cell` is the one that caused it, which may have ended long ago; `added` is what a stream has got in addition. Not waited for. */
  readonly onOutput?: (output: CellOutput, cell: CodeCell, added?: string) => void;
  /** A cell has ended, and is about to be saved. */
  readonly onCellFinished?: (cell: FinishedCell) => void;
  /** A cell has ended, and is being saved. */
  readonly onCellEnd?: (cell: FinishedCell) => unknown;
  /** All cells and their kernel have ended, however that went; the notebook is about to be saved for the last time. */
  readonly onEnd?: () => void;
  /**
   * Keeps the notebook as it is when this is called: after each cell and at the end, one call at a time. Cells that end
   * while it is at work, or within 100 ms of its last call, are kept together by the next one. What it throws ends the
   * run with the cell that runs then.
   */
  readonly save?: (notebook: Notebook) => unknown;
}

/** How a notebook is run. */
export interface RunOptions extends RunHooks {
  readonly kernel: NotebookKernel;
  /** The kernel's working directory, when it is on this machine. */
  readonly cwd: string;
  /** Goes on after a cell that fails. */
  readonly allowErrors?: boolean;
  readonly startTimeout?: number;
  /** Time for each cell that sets no limit of its own; the notebook's metadata say it otherwise, and else there is none. */
  readonly cellTimeout?: TimeLimit;
  /** Time for the whole notebook, the start of its kernel included. */
  readonly notebookTimeout?: TimeLimit;
  /** Watches the memory and the CPU time of the kernel and all its processes, from outside. */
  readonly measure?: boolean;
  /** Bytes of output that are kept of each cell; all when absent. */
  readonly outputLimit?: number | undefined;
  /** Bytes that the kernel and all its processes may hold; who holds most is ended beyond that. Linux only. */
  readonly memoryLimit?: number | undefined;
  /** Interrupts the running cell and ends the run. */
  readonly signal?: AbortSignal;
  /** Told of what is odd and does not end the run. */
  readonly onProblem?: (problem: string) => void;
}

/** How a run went. */
export interface RunResult {
  /** `ok` also when cells failed that were allowed to. */
  readonly status: RunStatus;
  readonly cells: readonly FinishedCell[];
  /** The cell that ended the run. */
  readonly failed?: FinishedCell;
  readonly duration: number;
  /** The limit that its kernel was held below, in bytes, and by whom; absent when there was none. */
  readonly memoryLimit?: { readonly bytes: number; readonly holder: LimitHolder };
}

/** The cells of a notebook that a run executes, in order: those before the first that has the tag `stop`. */
export function cellsToRun(notebook: Notebook): CellRun[] {
  const stop = notebook.cells.findIndex((cell) => tagsOf(cell).includes("stop"));
  return notebook.cells
    .slice(0, stop === -1 ? undefined : stop)
    .map((cell, index) => ({ cell, index }))
    .filter((entry): entry is { cell: CodeCell; index: number } => entry.cell.cell_type === "code")
    .filter(({ cell }) => cell.source.trim() !== "" && !hasTag(cell, skipTags))
    .map(({ cell, index }, at) => ({ cell, index, number: at + 1 }));
}

/** Ours is nbclient's, and the other is nbval's. */
const skipTags = ["skip-execution", "nbval-skip"];
const failureTags = ["raises-exception", "nbval-raises-exception"];

function hasTag(cell: CodeCell, tags: readonly string[]): boolean {
  return marksOf(cell).some((mark) => tags.includes(mark));
}

/**
 * Runs the code cells of a notebook in order and puts what they show into it. A failing cell is a status;
 * throws a `KernelStartError` when the kernel does not start, and what `save` throws.
 */
export async function runNotebook(notebook: Notebook, options: RunOptions): Promise<RunResult> {
  const began = performance.now();
  checkTimeLimits(notebook);
  clearOutputs(notebook);
  const { notebookTimeout, startTimeout } = options;
  const start = Math.min(startTimeout ?? Infinity, notebookTimeout?.time ?? Infinity);
  const limit = options.memoryLimit === undefined ? undefined : holdMemoryLimit(options.memoryLimit);
  const session = await KernelSession.start({
    ...options,
    ...(start < Infinity && { startTimeout: start }),
    ...(limit && { onSpawn: limit.add }),
  }).catch(async (error: unknown) => {
    await limit?.close();
    throw error;
  });
  const watch = options.measure && session.pid !== undefined ? watchKernel(session.pid) : undefined;
  const cells: FinishedCell[] = [];
  let failed: FinishedCell | undefined;
  const saves = new Saves(options.save);
  try {
    describeKernel(notebook, session, options.kernel);
    const startTime = performance.now() - began;
    await options.onKernelReady?.({ pid: session.pid, startTime, ...(watch && { rss: watch.rss }) });
    for (const run of cellsToRun(notebook)) {
      if (options.signal?.aborted) break;
      await options.onCellStart?.(run);
      const limits = watchCell({
        signal: options.signal,
        cell: cellTimeLimit(run.cell, options.cellTimeout ?? notebookTimeLimit(notebook)),
        deadline: notebookTimeout && { at: began + notebookTimeout.time, limit: notebookTimeout },
      });
      const finished = await runCell(run, session, { ...options, limits, watch, limit });
      limits.release();
      cells.push(finished);
      options.onCellFinished?.(finished);
      saves.add(notebook);
      await options.onCellEnd?.(finished);
      if (endsRun(finished, options)) {
        failed = finished;
        break;
      }
    }
  } finally {
    watch?.close();
    try {
      await session.close();
    } finally {
      await limit?.close();
    }
    // What cells write after their end comes until the kernel has ended.
    options.onEnd?.();
    saves.add(notebook);
    await saves.end();
  }
  const status = options.signal?.aborted ? "interrupted" : (failed?.status ?? "ok");
  const memoryLimit = limit && { bytes: limit.bytes, holder: limit.holder() };
  const duration = performance.now() - began;
  return { status, cells, ...(failed && { failed }), duration, ...(memoryLimit && { memoryLimit }) };
}

/** Names of the errors by which our kernel tells that the cell took its process down, while the kernel itself lives on, or that somebody has ended the kernel. */
const deathNames = ["ExecutorDied", "ExecutorKilled", "OutOfMemoryError", "MemoryLimitExceeded", "KernelShutDown"];

async function runCell(
  run: CellRun,
  session: KernelSession,
  options: RunOptions & {
    readonly limits: CellLimits;
    readonly watch: TreeWatch | undefined;
    readonly limit: MemoryLimit | undefined;
  },
): Promise<FinishedCell> {
  const { cell } = run;
  const { limits, watch } = options;
  const { signal, reason } = limits;
  if (watch?.freshen) await watch.freshen();
  watch?.begin();
  const began = performance.now();
  const end = await session.execute(cell, { stopOnError: !isAllowedToFail(cell, options), signal });
  const duration = performance.now() - began;
  if (watch?.freshen) await watch.freshen();
  const reading = watch?.end();
  const breach = options.limit?.take();
  const isKernelGone = end.status === "died";
  if (breach) cell.outputs.push(limitOutput(describeBreach(breach)));
  else if (isKernelGone) cell.outputs.push(deathOutput(end.reason, end.stderr));
  const stopped = reason();
  if (stopped?.kind === "timeout") cell.outputs.push(timeoutOutput(stopped.message));
  const error = cell.outputs.findLast((output) => output.output_type === "error");
  const status = stopped?.kind ?? (error && deathNames.includes(error.ename) ? "died" : end.status);
  const outputSize = Buffer.byteLength(JSON.stringify(cell.outputs));
  return {
    ...run,
    status,
    duration,
    outputSize,
    ...(reading && { reading }),
    ...("heap" in end && end.heap && { heap: end.heap }),
    ...(isKernelGone && { isKernelGone }),
    ...(error && { error }),
  };
}

/** Files on Linux; programs of the system elsewhere. */
function watchKernel(pid: number): TreeWatch {
  return process.platform === "linux" ? watchTree(pid) : watchTreeElsewhere(pid);
}

/** Whether a run ends with this cell: it failed, and was not allowed to. */
export function endsRun(finished: FinishedCell, options: Pick<RunOptions, "allowErrors">): boolean {
  if (finished.status === "ok") return false;
  if (finished.status === "timeout" || finished.status === "interrupted") return true;
  // A kernel that has ended runs nothing any more, whatever is allowed.
  return finished.isKernelGone === true || !isAllowedToFail(finished.cell, options);
}

function isAllowedToFail(cell: CodeCell, { allowErrors = false }: Pick<RunOptions, "allowErrors">): boolean {
  return allowErrors || hasTag(cell, failureTags);
}

function deathOutput(reason: string, stderr: string): ErrorOutput {
  const lines = stderr.trimEnd().split("\n").slice(-40);
  return {
    output_type: "error",
    ename: "KernelDied",
    evalue: reason,
    traceback: [...(stderr.trim() === "" ? [] : lines), `KernelDied: ${reason}`],
  };
}

function limitOutput(message: string): ErrorOutput {
  const ename = "MemoryLimitExceeded";
  return { output_type: "error", ename, evalue: message, traceback: [`${ename}: ${message}`] };
}

/** Named as nbclient names it. */
function timeoutOutput(message: string): ErrorOutput {
  return {
    output_type: "error",
    ename: "CellTimeoutError",
    evalue: message,
    traceback: [`CellTimeoutError: ${message}`],
  };
}

/** A notebook whose run ends early must not show outputs of an earlier one. */
function clearOutputs(notebook: Notebook): void {
  for (const { cell } of cellsToRun(notebook)) {
    cell.outputs = [];
    cell.execution_count = null;
    cell.metadata = withoutTimes(cell.metadata);
  }
}

/** What the metadata tell of an earlier execution goes; a limit that the author set there stays. */
function withoutTimes({ execution, ...metadata }: Metadata): Metadata {
  const isLimited = typeof execution === "object" && execution !== null && "timeout" in execution;
  return isLimited ? { ...metadata, execution: { timeout: execution.timeout } } : metadata;
}

function describeKernel(notebook: Notebook, session: KernelSession, { name, displayName, language }: NotebookKernel) {
  notebook.metadata.kernelspec ??= { display_name: displayName, language, name };
  if (session.languageInfo !== undefined) notebook.metadata.language_info = session.languageInfo;
}
