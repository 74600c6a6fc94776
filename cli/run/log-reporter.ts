// A run as a log for machines: a line for each event, in logfmt or JSON, each with the run, the notebook and the cell.

import { statusOfAttempt } from "../../runner/run-file.js";
import type { ProgressStream } from "../progress.js";
import { lastAttempt, outcomeOf, statusOf } from "./outcome.js";
import type { RunningNotebook, RunReporter } from "./reporter.js";

/** The value of one field of a line. */
export type LogValue = string | number | boolean;

/** Reports to machines. `now` is the clock of the lines. */
export function createLogReporter(options: {
  readonly log: ProgressStream;
  readonly format: "logfmt" | "json";
  readonly runId: string;
  readonly logOutput: boolean;
  readonly now?: () => Date;
}): RunReporter {
  const { log, format, runId, logOutput, now = () => new Date() } = options;
  const write = (level: "info" | "warn" | "error", event: string, fields: Readonly<Record<string, LogValue>>): void => {
    const line = { time: now().toISOString(), level, event, run: runId, ...fields };
    log.write(`${format === "json" ? JSON.stringify(line) : formatLogfmt(line)}\n`);
  };
  let differing = 0;
  const where = ({ path, attempt }: RunningNotebook) => ({ notebook: path, attempt });
  return {
    onNotebookStart: (notebook) =>
      write("info", "notebook_start", { ...where(notebook), kernel: notebook.kernelName, cells: notebook.total }),
    onKernelReady: (notebook, { pid, startTime }) =>
      write("info", "kernel_ready", {
        ...where(notebook),
        ...(pid !== undefined && { pid }),
        duration_ms: Math.round(startTime),
      }),
    onCellStart: (notebook, { number, cell }) =>
      write("info", "cell_start", { ...where(notebook), cell: number, cell_id: cell.id }),
    onOutput: (notebook, { number }, output, text) => {
      if (!logOutput) return;
      const stream = output.output_type === "stream" ? output.name : output.output_type;
      write("info", "output", { ...where(notebook), cell: number, stream, text });
    },
    onCellEnd: (notebook, { number, cell, status, duration, error }) =>
      write(status === "ok" ? "info" : "error", "cell_end", {
        ...where(notebook),
        cell: number,
        cell_id: cell.id,
        status,
        duration_ms: Math.round(duration),
        ...(error && { error: `${error.ename}: ${error.evalue}` }),
      }),
    onRetry: (notebook, failed) => {
      const { result, message } = { message: undefined, ...failed };
      write("warn", "attempt_end", {
        ...where(notebook),
        status: statusOfAttempt(failed),
        ...(result && { duration_ms: Math.round(result.duration) }),
        ...(result?.failed && { failed_cell: result.failed.number }),
        ...(message !== undefined && { error: message }),
      });
    },
    onNotebookEnd: (notebook, run, different) => {
      const { result, message } = { message: undefined, ...lastAttempt(run) };
      const status = outcomeOf(run, different);
      if (status === "differs") differing++;
      write(status === "ok" ? "info" : "error", "notebook_end", {
        ...where(notebook),
        status,
        ...(result && { duration_ms: Math.round(result.duration) }),
        ...(different > 0 && { different_cells: different }),
        ...(result?.failed && { failed_cell: result.failed.number }),
        ...(message !== undefined && { error: message }),
      });
    },
    onProblem: (path, problem) => write("warn", "problem", { notebook: path, problem }),
    onEnd: (runs, duration) =>
      write("info", "run_end", {
        notebooks: runs.length,
        failed: runs.filter((run) => statusOf(run) !== "ok").length,
        ...(differing > 0 && { differing }),
        duration_ms: Math.round(duration),
      }),
    release: () => undefined,
  };
}

/** One line of logfmt: `key=value`, quoted where the value is empty or holds a space, a quote, `=` or what is no text. */
export function formatLogfmt(fields: Readonly<Record<string, LogValue>>): string {
  return Object.entries(fields)
    .map(([key, value]) => {
      const text = String(value);
      return `${key}=${text === "" || /[\s"=\x00-\x1f\x7f]/.test(text) ? JSON.stringify(text) : text}`;
    })
    .join(" ");
}
