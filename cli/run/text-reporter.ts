// What a run shows to a person: one notebook cell by cell, several of them notebook by notebook.
import { stripVTControlCharacters } from "node:util";
import type { Attempt } from "../../runner/run-file.js";
import type { FinishedCell } from "../../runner/run-notebook.js";
import { formatDuration, formatSummary, type ProgressStream, showProgress } from "../progress.js";
import { showNotebooks } from "./notebooks-progress.js";
import { lastAttempt, outcomeOf, statusOf } from "./outcome.js";
import type { RunReporter } from "./reporter.js";

/** What a text reporter needs to know. */
export interface TextReporterOptions {
  readonly log: ProgressStream;
  readonly errors: ProgressStream;
  /** How many notebooks are run. */
  readonly count: number;
  /** Shows what cells write, as it comes. */
  readonly logOutput: boolean;
}

/** Reports to people. */
export function createTextReporter(options: TextReporterOptions): RunReporter {
  return options.count === 1 ? reportOne(options) : reportSeveral(options);
}

function reportOne({ log, errors, logOutput }: TextReporterOptions): RunReporter {
  let progress = { ...showNothing };
  const tellFailure = (attempt: Attempt, total: number): void => {
    if (!attempt.result) errors.write(`cellscope: ${attempt.message}\n`);
    else if (attempt.result.failed) errors.write(formatFailure(attempt.result.failed, total, errors.isTTY));
  };
  return {
    ...common(errors),
    onNotebookStart: ({ attempt, total }) => {
      progress.end();
      if (attempt > 1) log.write(`Attempt ${attempt}:\n`);
      progress = showProgress(log, total);
    },
    onKernelReady: (_notebook, kernel) => progress.onKernelReady(kernel),
    onCellStart: (_notebook, cell) => progress.onCellStart(cell),
    onOutput: (_notebook, _cell, _output, text) => {
      if (!logOutput) return;
      progress.clear();
      log.write(text);
    },
    onCellEnd: (_notebook, cell) => progress.onCellEnd(cell),
    onRetry: ({ attempt, total }, failed) => {
      progress.end();
      tellFailure(failed, total);
      const told = failed.result ? formatSummary(failed.result, total) : "The kernel did not start.";
      log.write(`Attempt ${attempt}: ${told}\n`);
    },
    onNotebookEnd: ({ total }, run, different) => {
      progress.end();
      const attempt = lastAttempt(run);
      tellFailure(attempt, total);
      if (!attempt.result) return;
      const tries = run.attempts.length > 1 ? ` Attempts: ${run.attempts.length}.` : "";
      log.write(
        `${formatSummary(attempt.result, total)}${describeDifferent(different)}${tries}${describeTarget(run.job.target)}\n`,
      );
    },
    release: () => progress.end(),
  };
}

function reportSeveral({ log, errors, count, logOutput }: TextReporterOptions): RunReporter {
  const progress = showNotebooks(log, count);
  let differing = 0;
  return {
    ...common(errors),
    onNotebookStart: progress.onNotebookStart,
    onKernelReady: progress.onKernelReady,
    onCellStart: progress.onCellStart,
    onOutput: ({ path }, { number }, _output, text) => {
      if (logOutput) progress.print(text.replace(/^(?=[\s\S])/gm, `[${path} ${number}] `));
    },
    onRetry: ({ path, attempt, total }, failed) => {
      const { result, message } = { message: "", ...failed };
      if (result?.failed) errors.write(`${path}: ${formatFailure(result.failed, total, errors.isTTY)}`);
      const told = result ? formatSummary(result, total) : message;
      progress.print(`${"AGAIN".padEnd(11)}  ${path}  Attempt ${attempt}: ${told}\n`);
    },
    onNotebookEnd: (notebook, run, different) => {
      progress.onNotebookEnd(notebook);
      const { result, message } = { message: "", ...lastAttempt(run) };
      if (result?.failed) {
        errors.write(`${notebook.path}: ${formatFailure(result.failed, notebook.total, errors.isTTY)}`);
      }
      const tries = run.attempts.length > 1 ? ` Attempts: ${run.attempts.length}.` : "";
      const outcome = outcomeOf(run, different);
      if (outcome === "differs") differing++;
      const told = result ? formatSummary(result, notebook.total) + describeDifferent(different) : message;
      progress.print(`${outcome.toUpperCase().padEnd(11)}  ${notebook.path}  ${told}${tries}\n`);
    },
    onEnd: (runs, duration) => {
      progress.end();
      const failed = runs.filter((run) => statusOf(run) !== "ok").length;
      const others = differing === 0 ? "" : `, ${differing} ${differing === 1 ? "differs" : "differ"}`;
      log.write(`${runs.length} notebooks in ${formatDuration(duration)}, ${failed} failed${others}.\n`);
    },
    release: progress.end,
  };
}

function common(errors: ProgressStream): RunReporter {
  return {
    onNotebookStart: () => undefined,
    onKernelReady: () => undefined,
    onCellStart: () => undefined,
    onOutput: () => undefined,
    onCellEnd: () => undefined,
    onRetry: () => undefined,
    onNotebookEnd: () => undefined,
    onProblem: (_notebook, problem) => errors.write(`cellscope: ${problem}\n`),
    onEnd: () => undefined,
    release: () => undefined,
  };
}

const showNothing = {
  onKernelReady: () => undefined,
  onCellStart: () => undefined,
  onCellEnd: () => undefined,
  clear: () => undefined,
  end: () => undefined,
} as ReturnType<typeof showProgress>;

function describeDifferent(different: number): string {
  if (different === 0) return "";
  return different === 1 ? " 1 cell differs." : ` ${different} cells differ.`;
}

function describeTarget(target: string | undefined): string {
  if (target === undefined) return " The outputs were not kept: give -o FILE to keep them.";
  return target === "-" ? "" : ` Saved to ${target}`;
}

function formatFailure({ number, error, status }: FinishedCell, total: number, isTerminal = false): string {
  const lines = error?.traceback ?? [`The cell has the status ${status}.`];
  const text = `Cell ${number} of ${total}:\n${lines.join("\n")}\n`;
  return isTerminal ? text : stripVTControlCharacters(text);
}
