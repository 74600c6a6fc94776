import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import { findNotebooks, placeOutputs } from "../../runner/find-notebooks.js";
import { formatNotebook } from "../../runner/nbformat.js";
import {
  type FileRun,
  type FileRunOptions,
  type NotebookJob,
  type PreparedNotebook,
  prepareNotebook,
  runPrepared,
} from "../../runner/run-file.js";
import { runMany } from "../../runner/run-many.js";
import { cellsToRun } from "../../runner/run-notebook.js";
import { parseArguments } from "../command.js";
import type { ProgressStream } from "../progress.js";
import { createLogReporter } from "../run/log-reporter.js";
import { NewText } from "../run/new-text.js";
import { defineRunCommand, joinPairs, type RunArguments, readRunArguments } from "../run/options.js";
import { exitCodeOf, lastAttempt } from "../run/outcome.js";
import type { RunReporter } from "../run/reporter.js";
import { createTextReporter } from "../run/text-reporter.js";
import { catchSignals } from "../signals.js";
import { readVersion } from "../version.js";

/** `cellscope run`: runs notebooks without a browser, a server or Python. */
export async function run(argv: readonly string[]): Promise<number> {
  const command = defineRunCommand();
  const done = parseArguments(command, joinPairs(argv));
  if (done !== undefined) return done;
  const asked = await readRunArguments(command);
  const jobs = await planJobs(asked);
  if (asked.list) {
    process.stdout.write(jobs.map(({ path }) => `${path}\n`).join(""));
    return 0;
  }
  const signals = catchSignals();
  try {
    const options: FileRunOptions = {
      ...asked,
      ...(asked.cwd !== undefined && { cwd: resolve(asked.cwd) }),
      signal: signals.signal,
      version: `cellscope ${readVersion()}`,
    };
    // All are read before the first one runs: what is wrong with the last one is better known at once.
    const prepared: PreparedNotebook[] = [];
    for (const job of jobs) prepared.push(await prepareNotebook(job, options));
    if (asked.dryRun) {
      process.stdout.write(prepared.map(describePlan).join(""));
      return 0;
    }
    const runs = await runAll(prepared, asked, options);
    return signals.exitCode() ?? exitCodeOf(runs);
  } finally {
    signals.release();
  }
}

async function planJobs(asked: RunArguments): Promise<NotebookJob[]> {
  const notebooks = await findNotebooks(asked.operands, process.cwd());
  const targets = placeOutputs(notebooks, asked);
  return notebooks.map(({ path }, index) => ({ path, target: targets[index] }));
}

async function runAll(
  prepared: readonly PreparedNotebook[],
  asked: RunArguments,
  options: FileRunOptions,
): Promise<readonly FileRun[]> {
  const began = performance.now();
  // Standard output belongs to the notebook when it is asked for there.
  const log = asked.output === "-" ? process.stderr : process.stdout;
  ignoreClosedPipe(log);
  const reporter = createReporter(asked, log, prepared.length);
  try {
    const runs = await runMany(prepared, asked.jobs, (notebook) => runReported(notebook, options, reporter));
    reporter.onEnd(runs, performance.now() - began);
    const [only] = runs;
    if (asked.output === "-" && only) process.stdout.write(formatNotebook(lastAttempt(only).notebook));
    return runs;
  } finally {
    reporter.release();
  }
}

async function runReported(
  prepared: PreparedNotebook,
  options: FileRunOptions,
  reporter: RunReporter,
): Promise<FileRun> {
  const { path } = prepared.job;
  const total = cellsToRun(prepared.notebook).length;
  let running = { path, attempt: 1, total, kernelName: prepared.kernel.name };
  const onProblem = (problem: string): void => reporter.onProblem(path, problem);
  const run = await runPrepared(prepared, { ...options, onProblem }, (attempt, notebook) => {
    const at = { ...running, attempt };
    const cells = new Map(cellsToRun(notebook).map((cell) => [cell.cell, cell]));
    const news = new NewText();
    running = at;
    reporter.onNotebookStart(at);
    return {
      onCellStart: (cell) => reporter.onCellStart(at, cell),
      onOutput: (output, cell) => {
        const ran = cells.get(cell);
        if (ran) reporter.onOutput(at, ran, output, news.take(output));
      },
      onCellEnd: (cell) => reporter.onCellEnd(at, cell),
    };
  });
  reporter.onNotebookEnd(running, run);
  return run;
}

function createReporter(asked: RunArguments, log: ProgressStream, count: number): RunReporter {
  const { logFormat: format, logOutput } = asked;
  if (format === "text") return createTextReporter({ log, errors: process.stderr, count, logOutput });
  return createLogReporter({ log, format, runId: randomUUID(), logOutput });
}

function describePlan({ job, notebook, kernel, cwd, injected }: PreparedNotebook): string {
  const cells = cellsToRun(notebook).length;
  const parameters = Object.entries(injected.parameters).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return [
    `${job.path}: ${cells} ${cells === 1 ? "cell" : "cells"} by the kernel ${kernel.name}, in ${cwd}`,
    ...(parameters.length > 0 ? [`  parameters: ${parameters.join(", ")}`] : []),
    `  ${job.target === undefined ? "the outputs would not be kept" : `to ${job.target}`}`,
    "",
  ].join("\n");
}

/** `cellscope run … | head` closes the pipe; the run goes on all the same. */
function ignoreClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
