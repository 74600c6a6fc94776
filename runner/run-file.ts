// One notebook of a command: read, given its parameters, run, tried again where that is asked for, and kept after each cell.
import { dirname, resolve } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { chooseKernel } from "./choose-kernel.js";
import { KernelStartError, messageOf, SaveError } from "./errors.js";
import type { NotebookKernel } from "./kernel-session.js";
import { formatNotebook, type Notebook, parseNotebook, tagsOf } from "./nbformat.js";
import { checkWritable, openNotebookWriter, readNotebook, rescueNotebook } from "./notebook-file.js";
import { type InjectedParameters, injectParameters } from "./parameters/inject.js";
import type { Parameters } from "./parameters/values.js";
import { chooseRemoteKernel } from "./remote/choose-remote-kernel.js";
import type { JupyterServer } from "./remote/server.js";
import {
  cellsToRun,
  type RunHooks,
  type RunOptions,
  type RunResult,
  type RunStatus,
  runNotebook,
} from "./run-notebook.js";
import { startRecord } from "./run-record.js";

/** One notebook to run, and where it goes. */
export interface NotebookJob {
  /** Relative to the working directory; `-` is standard input. */
  readonly path: string;
  /** `-` is standard output; absent when the outputs are not kept. */
  readonly target?: string | undefined;
}

/** How notebooks are run; see `RunOptions` for what is not said here. */
export interface FileRunOptions
  extends Pick<
    RunOptions,
    | "allowErrors"
    | "cellTimeout"
    | "notebookTimeout"
    | "startTimeout"
    | "signal"
    | "onProblem"
    | "measure"
    | "outputLimit"
    | "memoryLimit"
  > {
  /** An installed kernel, instead of the one that fits the notebook. */
  readonly kernelName?: string | undefined;
  /** The kernel's working directory; the notebook's own when absent. On a server it is below the server's root. */
  readonly cwd?: string | undefined;
  /** Where kernels are started; on this machine when absent. */
  readonly server?: JupyterServer | undefined;
  readonly parameters?: Parameters;
  /** How often a notebook that is marked as flaky is tried again. */
  readonly retries?: number;
  /** Told of a kernel that is taken in place of the one that a notebook names. */
  readonly onNotice?: (notice: string) => void;
  /** Told of an attempt that failed when another one follows; attempts are counted from 1. */
  readonly onRetry?: (failed: Attempt, attempt: number) => void;
  /** Nothing is going to be written. */
  readonly isDryRun?: boolean;
  /** What the record of the run names as the program. */
  readonly version: string;
}

/** A notebook that is ready to run. */
export interface PreparedNotebook {
  readonly job: NotebookJob;
  readonly notebook: Notebook;
  readonly kernel: NotebookKernel;
  readonly cwd: string;
  readonly injected: InjectedParameters;
}

/** How one attempt went; `message` says why there is no result: the kernel did not start, or the notebook could not be saved. */
export type Attempt =
  | { readonly result: RunResult; readonly notebook: Notebook }
  | {
      readonly result?: undefined;
      readonly notebook: Notebook;
      readonly message: string;
      readonly isUnsaved?: boolean;
    };

/** How an attempt, or a notebook, went. */
export type AttemptStatus = RunStatus | "not started" | "not saved";

/** How an attempt went, in one word. */
export function statusOfAttempt(attempt: Attempt): AttemptStatus {
  return attempt.result?.status ?? ("isUnsaved" in attempt ? "not saved" : "not started");
}

/** How a notebook went: its attempts, of which the last one counts. */
export interface FileRun {
  readonly job: NotebookJob;
  readonly attempts: readonly Attempt[];
}

/** Reads a notebook and all that running it takes; throws a `RunnerError` for what is wrong, before anything has run. */
export async function prepareNotebook(job: NotebookJob, options: FileRunOptions): Promise<PreparedNotebook> {
  const isStdin = job.path === "-";
  const notebook = isStdin
    ? parseNotebook(await readAll(process.stdin), "standard input")
    : await readNotebook(job.path);
  if (job.target !== undefined && job.target !== "-" && options.isDryRun !== true) await checkWritable(job.target);
  const { server, kernelName: name, cwd: path } = options;
  const kernel = server
    ? chooseRemoteKernel(notebook, server, { name, path })
    : await chooseKernel(notebook, name, options);
  const injected = await injectParameters(notebook, {
    parameters: options.parameters ?? {},
    language: kernel.language.toLowerCase(),
    name: isStdin ? "standard input" : job.path,
  });
  const cwd = resolve(options.cwd ?? (isStdin ? "." : dirname(job.path)));
  return { job, notebook, kernel, cwd, injected };
}

/** Runs a prepared notebook; a failing cell, a dead kernel, one that does not start and a notebook that cannot be saved are results. */
export async function runPrepared(
  prepared: PreparedNotebook,
  options: FileRunOptions,
  hooksOf: (attempt: number, notebook: Notebook) => RunHooks = () => ({}),
): Promise<FileRun> {
  const { job } = prepared;
  const attempts: Attempt[] = [];
  const most = 1 + (isFlaky(prepared.notebook) ? (options.retries ?? 0) : 0);
  while (attempts.length < most) {
    // Each attempt starts from the notebook as it was read.
    const notebook = parseNotebook(formatNotebook(prepared.notebook), job.path);
    const attempt = await runAttempt({ ...prepared, notebook }, options, hooksOf(attempts.length + 1, notebook));
    attempts.push(attempt);
    if (attempt.result?.status === "ok" || attempt.result?.status === "interrupted" || options.signal?.aborted) break;
    // What cannot be saved now cannot be saved in a moment.
    if ("isUnsaved" in attempt) break;
    if (attempts.length < most) options.onRetry?.(attempt, attempts.length);
  }
  return { job, attempts };
}

/** Whether a notebook says of itself that it may fail now and then: `metadata.tags` or its first cell's tag `flaky`. */
function isFlaky({ metadata, cells }: Notebook): boolean {
  const tags = Array.isArray(metadata.tags) ? metadata.tags : [];
  return [...tags, ...(cells[0] ? tagsOf(cells[0]) : [])].includes("flaky");
}

async function runAttempt(prepared: PreparedNotebook, options: FileRunOptions, hooks: RunHooks): Promise<Attempt> {
  const { job, notebook, kernel, cwd, injected } = prepared;
  const { target } = job;
  const record = startRecord(notebook, cellsToRun(notebook), {
    inputPath: job.path,
    outputPath: target,
    injected,
    version: options.version,
  });
  const writer = target !== undefined && target !== "-" ? openNotebookWriter(target) : undefined;
  try {
    const result = await runNotebook(notebook, {
      ...options,
      ...hooks,
      kernel,
      cwd,
      onCellStart: (cell) => {
        record.onCellStart(cell);
        return hooks.onCellStart?.(cell);
      },
      onCellFinished: record.onCellEnd,
      onEnd: record.end,
      ...(writer && { save: writer.save }),
    });
    // What stays is made from the whole notebook.
    await writer?.finish(notebook);
    return { result, notebook };
  } catch (error) {
    if (error instanceof SaveError) {
      const message = `${error.message}. ${await rescueNotebook(target ?? job.path, notebook)}`;
      return { notebook, message, isUnsaved: true };
    }
    const isStopped = options.signal?.aborted === true && error === options.signal.reason;
    if (!isStopped && !(error instanceof KernelStartError)) throw error;
    record.end();
    await writer?.save(notebook);
    return { notebook, message: isStopped ? "The run was stopped before its kernel had started." : messageOf(error) };
  } finally {
    writer?.close();
  }
}
