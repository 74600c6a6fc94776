import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, relative, resolve, sep } from "node:path";
import { endQuote, renderAnnotations, startQuote } from "../../report/annotations.js";
import type { RunReport } from "../../report/run-report.js";
import { renderRunSummary } from "../../report/run-summary.js";
import { buildReport, compareRun, type Differences } from "../../runner/build-report.js";
import { messageOf, RunnerError } from "../../runner/errors.js";
import { findNotebooks, placeOutputs } from "../../runner/find-notebooks.js";
import { formatNotebook } from "../../runner/nbformat.js";
import type { CompareOptions } from "../../runner/outputs/compare.js";
import { budgetOf, findBreaches } from "../../runner/regression/budgets.js";
import { compareWithBaseline } from "../../runner/regression/compare.js";
import { noSettings, type RunSettings, readSettings } from "../../runner/regression/settings.js";
import { abandonKernels } from "../../runner/remote/abandon.js";
import { connectServer, type JupyterServer } from "../../runner/remote/server.js";
import { readToken } from "../../runner/remote/token.js";
import { appendSummary, readReport, writeReport } from "../../runner/report-files.js";
import {
  type Attempt,
  type FileRun,
  type FileRunOptions,
  type NotebookJob,
  type PreparedNotebook,
  prepareNotebook,
  runPrepared,
} from "../../runner/run-file.js";
import { runMany } from "../../runner/run-many.js";
import { cellsToRun } from "../../runner/run-notebook.js";
import { readSourceLines, type SourceLines } from "../../runner/source-lines.js";
import { parseArguments } from "../command.js";
import {
  type Findings,
  formatDifferences,
  formatFindings,
  hasDifferences,
  hasWorseFigures,
  listFindings,
} from "../run/findings.js";
import { createLogReporter, createLogWriter, type LogWriter, logFindings } from "../run/log-reporter.js";
import { newTextOf } from "../run/new-text.js";
import { defineRunCommand, joinPairs, type RunArguments, readRunArguments } from "../run/options.js";
import { exitCodeOf, lastAttempt } from "../run/outcome.js";
import { paintDifference } from "../run/paint.js";
import type { RunningNotebook, RunReporter } from "../run/reporter.js";
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
  const machines = createMachineLog(asked);
  const onNotice = (notice: string): void => {
    if (machines) machines("warn", "notice", { notice });
    else process.stderr.write(`cellscope: ${notice}\n`);
  };
  let server: JupyterServer | undefined;
  const signals = catchSignals(async () => {
    if (server) for (const sentence of await abandonKernels(server, hurryLimit)) onNotice(sentence);
  });
  try {
    const { url, cwd } = asked;
    if (url !== undefined) {
      const token = await readToken(asked.tokenFile, process.env);
      server = await connectServer(url, token, { onNotice, signal: signals.signal });
      onNotice(unmeasured);
    }
    const options: FileRunOptions = {
      ...asked,
      ...(server && { server }),
      // A folder on a server is not one of this machine.
      ...(cwd !== undefined && { cwd: server ? cwd : resolve(cwd) }),
      signal: signals.signal,
      measure: true,
      isDryRun: asked.dryRun,
      onNotice,
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
    const compare = compareOptions(asked, rules);
    const { runs, findings } = await runQuoted(asked, async () => {
      const { runs, report } = await runAll(prepared, asked, { ...options, compare, machines });
      const findings: Findings = {
        report,
        breaches: budgets.flatMap(({ path, budget }) => findBreaches(path, budget, report)),
        ...(baseline && { comparison: compareWithBaseline(report, baseline, rules.tolerances) }),
      };
      if (machines) logFindings(findings, machines);
      else tellFindings(findings, asked);
      return { runs, findings };
    });
    const ended = signals.exitCode() ?? exitCodeOf(runs);
    const code = ended === 0 && hasDifferences(findings) ? differentOutputs : ended;
    if (asked.annotations) annotate(findings, asked);
    await keepReports(findings, asked, { isGood: code === 0, onNotice });
    return code === 0 && hasWorseFigures(findings) && !asked.updateBaseline ? failedFigures : code;
  } catch (error) {
    const code = signals.exitCode();
    if (code === undefined || error !== signals.signal.reason) throw error;
    process.stderr.write("cellscope: stopped before anything was run.\n");
    return code;
  } finally {
    signals.release();
  }
}

/** How long a second Ctrl-C waits for kernels on a server to be ended. */
const hurryLimit = 3000;

/** The exit code of a run whose cells went well and show something else than before. */
const differentOutputs = 1;

/** Said once, because a report without these figures must not be taken for a run that needed nothing. */
const unmeasured =
  "The kernels run on a server: their memory and CPU time cannot be seen from here, only how long each cell takes.";

/** The exit code of a run whose cells went well and whose figures did not. */
const failedFigures = 3;

function compareOptions({ compare, sanitize }: RunArguments, rules: RunSettings): CompareOptions | undefined {
  if (compare === undefined) return undefined;
  const { patterns, ignore } = rules.compare;
  return { patterns: [...sanitize, ...patterns], ignore, onlyTagged: compare === "tagged" };
}

function tellFindings(findings: Findings, asked: RunArguments): void {
  const stream = errorsOf(asked);
  const paint = stream.isTTY ? paintDifference : String;
  const lines = [...formatDifferences(findings).map(paint), ...formatFindings(findings)];
  if (lines.length > 0) stream.write(`${lines.join("\n")}\n`);
}

/** The log for machines, when one was asked for. */
function createMachineLog(asked: RunArguments): LogWriter | undefined {
  const { logFormat: format } = asked;
  if (format === "text") return undefined;
  const log = logOf(asked);
  ignoreClosedPipe(log);
  return createLogWriter({ log, format, runId: randomUUID() });
}

/** Standard output belongs to the notebook when it is asked for there. */
function logOf({ output }: RunArguments): NodeJS.WriteStream {
  return output === "-" ? process.stderr : process.stdout;
}

/** Between two streams there is no order, and what cells wrote must stand where no commands are read. */
function errorsOf(asked: RunArguments): NodeJS.WriteStream {
  return asked.annotations ? logOf(asked) : process.stderr;
}

/** Where GitHub reads commands from what is written, cells must not be able to give any. */
async function runQuoted<T>(asked: RunArguments, write: () => Promise<T>): Promise<T> {
  if (!asked.annotations) return write();
  const token = randomUUID();
  logOf(asked).write(`${startQuote(token)}\n`);
  try {
    return await write();
  } finally {
    logOf(asked).write(`${endQuote(token)}\n`);
  }
}

/** GitHub wants paths as they are in the repository. */
function annotate(findings: Findings, asked: RunArguments): void {
  const root = process.env.GITHUB_WORKSPACE ?? process.cwd();
  const fileOf = (path: string) => relative(root, resolve(path)).split(sep).join("/");
  const lines = renderAnnotations(findings.report, listFindings(findings), fileOf);
  logOf(asked).write(lines.map((line) => `${line}\n`).join(""));
}

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
  findings: Findings,
  asked: RunArguments,
  { isGood, onNotice }: { readonly isGood: boolean; readonly onNotice: (notice: string) => void },
): Promise<void> {
  const { report } = findings;
  const failures = listFindings(findings);
  for (const path of asked.report) await writeReport(path, report, failures);
  const notes = formatFindings(findings);
  if (asked.summary !== undefined) await appendSummary(asked.summary, renderRunSummary(report, notes));
  if (!asked.updateBaseline || asked.baseline === undefined) return;
  if (isGood) await writeReport(asked.baseline, report);
  else onNotice(`${asked.baseline} was left as it is, because the run did not go well.`);
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
  options: FileRunOptions & {
    readonly compare: CompareOptions | undefined;
    readonly machines: LogWriter | undefined;
  },
): Promise<{ readonly runs: readonly FileRun[]; readonly report: RunReport }> {
  const began = performance.now();
  const startTime = new Date();
  const log = logOf(asked);
  ignoreClosedPipe(log);
  // In turns, so that what slows the machine down for a while slows all of them.
  const work = Array.from({ length: asked.repeat }, (_, at) =>
    prepared.map((notebook) => ({ notebook, repetition: at + 1 })),
  );
  const lines = await readLines(prepared, asked);
  const { machines } = options;
  const reporter = machines
    ? createLogReporter({ write: machines, logOutput: asked.logOutput })
    : createTextReporter({
        log,
        errors: errorsOf(asked),
        count: prepared.length * asked.repeat,
        logOutput: asked.logOutput,
      });
  try {
    const reported = await runMany(work.flat(), asked.jobs, async ({ notebook, repetition }) => ({
      ...(await runReported(notebook, { ...options, ...(asked.repeat > 1 && { repetition }) }, reporter)),
      kernel: notebook.kernel,
      repetition,
      ...lines.get(notebook),
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

/** Read before the first cell runs, which may change the file. */
async function readLines(
  prepared: readonly PreparedNotebook[],
  { annotations, report }: RunArguments,
): Promise<ReadonlyMap<PreparedNotebook, { readonly sourceLines: SourceLines }>> {
  const files = annotations || report.length > 0 ? prepared.filter(({ job }) => job.path !== "-") : [];
  const lines = files.map(async (one) => [one, { sourceLines: await readSourceLines(one.job.path) }] as const);
  return new Map(await Promise.all(lines));
}

async function runReported(
  prepared: PreparedNotebook,
  options: FileRunOptions & { readonly compare: CompareOptions | undefined; readonly repetition?: number },
  reporter: RunReporter,
): Promise<{ readonly run: FileRun; readonly differences: Differences }> {
  const { path } = prepared.job;
  const total = cellsToRun(prepared.notebook).length;
  const { compare, repetition } = options;
  const kernelName = prepared.kernel.name;
  let running: RunningNotebook = {
    path,
    attempt: 1,
    total,
    kernelName,
    ...(repetition !== undefined && { repetition }),
  };
  const onProblem = (problem: string): void => reporter.onProblem(running, problem);
  const onRetry = (failed: Attempt): void => reporter.onRetry(running, failed);
  const run = await runPrepared(prepared, { ...options, onProblem, onRetry }, (attempt, notebook) => {
    const at = { ...running, attempt };
    const cells = new Map(cellsToRun(notebook).map((cell) => [cell.cell, cell]));
    running = at;
    reporter.onNotebookStart(at);
    return {
      onKernelReady: (kernel) => reporter.onKernelReady(at, kernel),
      onCellStart: (cell) => reporter.onCellStart(at, cell),
      onOutput: (output, cell, added) => {
        const ran = cells.get(cell);
        if (ran) reporter.onOutput(at, ran, output, newTextOf(output, added));
      },
      onCellEnd: (cell) => reporter.onCellEnd(at, cell),
    };
  });
  const differences: Differences = compare ? compareRun(run, prepared.notebook, compare) : new Map();
  const different = [...differences.values()].filter(({ length }) => length > 0).length;
  reporter.onNotebookEnd(running, run, different);
  return { run, differences };
}

function describePlan({ job, notebook, kernel, cwd, injected }: PreparedNotebook): string {
  const cells = cellsToRun(notebook).length;
  const where = "server" in kernel ? `on ${kernel.server.url}` : `in ${cwd}`;
  const parameters = Object.entries(injected.parameters).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return [
    `${job.path}: ${cells} ${cells === 1 ? "cell" : "cells"} by the kernel ${kernel.name}, ${where}`,
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
