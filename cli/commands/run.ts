import { dirname, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { chooseKernel } from "../../runner/choose-kernel.js";
import { KernelStartError } from "../../runner/errors.js";
import { formatNotebook, type Notebook } from "../../runner/nbformat.js";
import { checkWritable, readNotebook, writeNotebook } from "../../runner/notebook-file.js";
import { cellsToRun, type FinishedCell, type RunResult, runNotebook } from "../../runner/run-notebook.js";
import { defineCommand, parseArguments } from "../command.js";
import { formatSummary, showProgress } from "../progress.js";
import { catchSignals } from "../signals.js";

/** `cellscope run`: runs a notebook without a browser, a server or Python. */
export async function run(argv: readonly string[]): Promise<number> {
  const command = defineCommand("run", "Run a notebook without a browser.")
    .argument("<notebook>", "The notebook (.ipynb).")
    .option("-o, --output <file>", 'Where the notebook goes with its outputs; "-" is standard output.')
    .option("--allow-errors", "Go on after a cell that fails, and do not count it as a failure.")
    .option("--kernel <name>", "An installed kernel, instead of the one of this installation.")
    .addHelpText("after", exitCodeHelp);
  const done = parseArguments(command, argv);
  if (done !== undefined) return done;
  const [path = ""] = command.args;
  const { output, allowErrors = false, kernel: kernelName } = command.opts<RunArguments>();

  const isToStdout = output === "-";
  const target = isToStdout ? undefined : output;
  const notebook = await readNotebook(path);
  if (target !== undefined) await checkWritable(target);
  const kernel = await chooseKernel(notebook, kernelName, {
    onNotice: (notice) => process.stderr.write(`cellscope: ${notice}\n`),
  });
  const total = cellsToRun(notebook).length;

  // Standard output belongs to the notebook when it is asked for there.
  const log = isToStdout ? process.stderr : process.stdout;
  ignoreClosedPipe(log);
  const progress = showProgress(log, total);
  const signals = catchSignals();
  let result: RunResult;
  try {
    result = await runNotebook(notebook, {
      kernel,
      cwd: dirname(resolve(path)),
      allowErrors,
      signal: signals.signal,
      onCellStart: progress.onCellStart,
      onCellEnd: progress.onCellEnd,
      onProblem: (problem) => process.stderr.write(`cellscope: ${problem}\n`),
      save: (current: Notebook) => (target === undefined ? undefined : writeNotebook(target, current)),
    });
  } catch (error) {
    // Ctrl-C while the kernel starts.
    const code = signals.exitCode();
    if (code !== undefined) return code;
    if (!(error instanceof KernelStartError)) throw error;
    process.stderr.write(`cellscope: ${error.message}\n`);
    return exitCodes.died;
  } finally {
    progress.end();
    signals.release();
  }
  if (result.failed) process.stderr.write(formatFailure(result.failed, total));
  log.write(`${formatSummary(result, total)}${describeOutput(output)}\n`);
  if (isToStdout) process.stdout.write(formatNotebook(notebook));
  return signals.exitCode() ?? exitCodes[result.status];
}

interface RunArguments {
  readonly output?: string;
  readonly allowErrors?: boolean;
  readonly kernel?: string;
}

const exitCodes = { ok: 0, error: 1, interrupted: 130, died: 138 } as const;

const exitCodeHelp = `
Exit codes:
  0    every cell ended well
  1    a cell failed
  2    the command was not understood, or the notebook cannot be run
  130  interrupted
  138  the kernel died, or did not start`;

function describeOutput(output: string | undefined): string {
  if (output === undefined) return " The outputs were not kept: give -o FILE to keep them.";
  return output === "-" ? "" : ` Saved to ${output}`;
}

function formatFailure({ number, error, status }: FinishedCell, total: number): string {
  const lines = error?.traceback ?? [`The cell has the status ${status}.`];
  const text = `Cell ${number} of ${total}:\n${lines.join("\n")}\n`;
  return process.stderr.isTTY ? text : stripVTControlCharacters(text);
}

/** `cellscope run … | head` closes the pipe; the run goes on all the same. */
function ignoreClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
