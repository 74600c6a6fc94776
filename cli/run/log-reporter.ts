// A run as a log for machines: a line for each event, in logfmt or JSON, each with the run, the notebook and the cell.

import { stripVTControlCharacters } from "node:util";
import { describeDifference } from "../../report/output-difference.js";
import { statusOfAttempt } from "../../runner/run-file.js";
import type { ProgressStream } from "../progress.js";
import type { Findings } from "./findings.js";
import { lastAttempt, outcomeOf, statusOf } from "./outcome.js";
import type { RunningNotebook, RunReporter } from "./reporter.js";

/** The value of one field of a line. */
export type LogValue = string | number | boolean;

/** Writes one line; its fields come after the time, the level, the event and the id of the run. */
export type LogWriter = (
  level: "info" | "warn" | "error",
  event: string,
  fields: Readonly<Record<string, LogValue>>,
) => void;

/** A log for machines. `now` is the clock of the lines. */
export function createLogWriter(options: {
  readonly log: ProgressStream;
  readonly format: "logfmt" | "json";
  readonly runId: string;
  readonly now?: () => Date;
}): LogWriter {
  const { log, format, runId, now = () => new Date() } = options;
  return (level, event, fields) => {
    const line = { time: now().toISOString(), level, event, run: runId, ...fields };
    log.write(`${format === "json" ? JSON.stringify(line) : formatLogfmt(line)}\n`);
  };
}

/** Writes what somebody has against cells that ran: outputs that differ, budgets, figures that got worse or better. */
export function logFindings(findings: Findings, write: LogWriter): void {
  for (const { path, cells } of findings.report.notebooks) {
    for (const { number, id, differences = [] } of cells) {
      for (const { lines, ...place } of differences) {
        const difference = `${describeDifference(place)}\n${lines.join("\n")}`;
        write("error", "outputs_differ", { notebook: path, cell: number, cell_id: id, difference });
      }
    }
  }
  for (const { metric, limit, value, ...place } of findings.breaches) {
    write("error", "over_budget", { ...placeOf(place), metric, limit, ...(value !== undefined && { value }) });
  }
  for (const { metric, verdict, before, after, chance, ...place } of findings.comparison?.changes ?? []) {
    const figures = { metric, before, after, ...(chance !== undefined && { chance }) };
    write(verdict === "worse" ? "error" : "info", verdict, { ...placeOf(place), ...figures });
  }
  for (const note of findings.comparison?.notes ?? []) write("warn", "baseline", { note });
}

function placeOf({ notebook, cell }: { readonly notebook: string; readonly cell?: number }) {
  return { notebook, ...(cell !== undefined && { cell }) };
}

/** Reports to machines. */
export function createLogReporter({
  write,
  logOutput,
}: {
  readonly write: LogWriter;
  readonly logOutput: boolean;
}): RunReporter {
  let differing = 0;
  /** The cell that each notebook has come to. */
  const reached = new Map<string, number>();
  const where = ({ path, attempt, repetition }: RunningNotebook) => ({
    notebook: path,
    attempt,
    ...(repetition !== undefined && { repetition }),
  });
  const keyOf = ({ path, repetition = 1 }: RunningNotebook) => `${repetition} ${path}`;
  const cellOf = (notebook: RunningNotebook) => {
    const cell = reached.get(keyOf(notebook));
    return cell === undefined ? {} : { cell };
  };
  return {
    onNotebookStart: (notebook) => {
      reached.delete(keyOf(notebook));
      write("info", "notebook_start", { ...where(notebook), kernel: notebook.kernelName, cells: notebook.total });
    },
    onKernelReady: (notebook, { pid, startTime }) =>
      write("info", "kernel_ready", {
        ...where(notebook),
        ...(pid !== undefined && { pid }),
        duration_ms: Math.round(startTime),
      }),
    onCellStart: (notebook, { number, cell }) => {
      reached.set(keyOf(notebook), number);
      write("info", "cell_start", { ...where(notebook), cell: number, cell_id: cell.id });
    },
    onOutput: (notebook, { number, cell }, output, text) => {
      if (!logOutput) return;
      const stream = output.output_type === "stream" ? output.name : output.output_type;
      write("info", "output", { ...where(notebook), cell: number, cell_id: cell.id, stream, text });
    },
    onCellEnd: (notebook, { number, cell, status, duration, error }) =>
      write(status === "ok" ? "info" : "error", "cell_end", {
        ...where(notebook),
        cell: number,
        cell_id: cell.id,
        status,
        duration_ms: Math.round(duration),
        ...(error && {
          error: `${error.ename}: ${error.evalue}`,
          traceback: stripVTControlCharacters(error.traceback.join("\n")),
        }),
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
    onProblem: (notebook, problem) => write("warn", "problem", { ...where(notebook), ...cellOf(notebook), problem }),
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
