import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { RunReport } from "../../report/run-report.js";
import { renderRunSummary } from "../../report/run-summary.js";
import { buildReport } from "../../runner/build-report.js";
import { messageOf, RunnerError } from "../../runner/errors.js";
import { findNotebooks, placeOutputs } from "../../runner/find-notebooks.js";
import { formatNotebook } from "../../runner/nbformat.js";
import { budgetOf, findBreaches } from "../../runner/regression/budgets.js";
import { compareWithBaseline } from "../../runner/regression/compare.js";
import { noSettings, type RunSettings, readSettings } from "../../runner/regression/settings.js";
import { appendSummary, readReport, writeReport } from "../../runner/report-files.js";
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
import { type Findings, formatFindings, hasFailed } from "../run/findings.js";
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
      measure: true,
      isDryRun: asked.dryRun,
      onNotice: (notice) => process.stderr.write(`cellscope: ${notice}\n`),
      version: `cellscope ${readVersion()}`,
    };
    // All are read before the first one runs: what is wrong with the last one is better known at once.
    const prepared: PreparedNotebook[] = [];
    for (const job of jobs) prepared.push(await prepareNotebook(job, options));
    if (asked.dryRun) {
      process.stdout.write(prepared.map(describePlan).join(""));
      return 0;
    }
    const rules = await readRules(asked);
    const baseline = await readBaseline(asked);
    const budgets = prepared.map(({ notebook, job: { path } }) => ({
      path,
      budget: budgetOf(notebook, path, rules.budgets),
    }));
    const { runs, report } = await runAll(prepared, asked, options);
    const findings: Findings = {
      breaches: budgets.flatMap(({ path, budget }) => findBreaches(path, budget, report)),
      ...(baseline && { comparison: compareWithBaseline(report, baseline, rules.tolerances) }),
    };
    const told = formatFindings(findings);
    if (told.length > 0) process.stderr.write(`${told.join("\n")}\n`);
    const code = signals.exitCode() ?? exitCodeOf(runs);
    await keepReports(report, told, asked, code === 0);
    return code === 0 && hasFailed(findings) && !asked.updateBaseline ? failedFigures : code;
  } finally {
    signals.release();
  }
}

/** The exit code of a run whose cells went well and whose figures did not. */
const failedFigures = 3;

async function readRules({ config }: RunArguments): Promise<RunSettings> {
  if (config !== undefined) return readSettings(config);
  return existsSync(defaultConfig) ? readSettings(defaultConfig) : noSettings;
}

const defaultConfig = "cellscope.json";

async function readBaseline({ baseline, updateBaseline }: RunArguments): Promise<RunReport | undefined> {
  if (baseline === undefined || (updateBaseline && !existsSync(baseline))) return undefined;
  return readReport(baseline);
}

async function keepReports(
  report: RunReport,
  notes: readonly string[],
  asked: RunArguments,
  isGood: boolean,
): Promise<void> {
  for (const path of asked.report) await writeReport(path, report);
  if (asked.summary !== undefined) await appendSummary(asked.summary, renderRunSummary(report, notes));
  if (!asked.updateBaseline || asked.baseline === undefined) return;
  if (isGood) await writeReport(asked.baseline, report);
  else process.stderr.write(`cellscope: ${asked.baseline} was left as it is, because the run did not go well.\n`);
}

async function planJobs(asked: RunArguments): Promise<NotebookJob[]> {
  const notebooks = await findNotebooks(asked.operands, process.cwd());
  const targets = placeOutputs(notebooks, asked);
  if (asked.outputDir !== undefined && !asked.dryRun && !asked.list) await makeFolders(targets);
  return notebooks.map(({ path }, index) => ({ path, target: targets[index] }));
}

/** A folder of outputs is ours to make; that of a single file is not. */
async function makeFolders(targets: readonly (string | undefined)[]): Promise<void> {
  for (const target of targets) {
    if (target === undefined) continue;
    try {
      await mkdir(dirname(target), { recursive: true });
    } catch (cause) {
      throw new RunnerError(`The folder ${dirname(target)} cannot be made: ${messageOf(cause)}`, { cause });
    }
  }
}

async function runAll(
  prepared: readonly PreparedNotebook[],
  asked: RunArguments,
  options: FileRunOptions,
): Promise<{ readonly runs: readonly FileRun[]; readonly report: RunReport }> {
  const began = performance.now();
  const startTime = new Date();
  // Standard output belongs to the notebook when it is asked for there.
  const log = asked.output === "-" ? process.stderr : process.stdout;
  ignoreClosedPipe(log);
  // In turns, so that what slows the machine down for a while slows all of them.
  const work = Array.from({ length: asked.repeat }, (_, at) =>
    prepared.map((notebook) => ({ notebook, repetition: at + 1 })),
  );
  const reporter = createReporter(asked, log, prepared.length * asked.repeat);
  try {
    const reported = await runMany(work.flat(), asked.jobs, async ({ notebook, repetition }) => ({
      run: await runReported(notebook, options, reporter),
      kernel: notebook.kernel.name,
      repetition,
    }));
    const runs = reported.map(({ run }) => run);
    const duration = performance.now() - began;
    reporter.onEnd(runs, duration);
    const last = runs.at(-1);
    if (asked.output === "-" && last) process.stdout.write(formatNotebook(lastAttempt(last).notebook));
    return { runs, report: buildReport(reported, { program: options.version, startTime, duration }) };
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
