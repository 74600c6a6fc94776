// The options of `cellscope run`, by the names that nbclient and papermill gave them.
import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { parseTimeLimit } from "../../runner/duration.js";
import { RunnerError } from "../../runner/errors.js";
import type { OutputPlace } from "../../runner/find-notebooks.js";
import { readPatterns, type TextPattern } from "../../runner/outputs/patterns.js";
import {
  type Parameters,
  parseParameters,
  parseParameterValue,
  readParameterFile,
} from "../../runner/parameters/values.js";
import { parseServerUrl } from "../../runner/remote/server-url.js";
import { parseSize } from "../../runner/size.js";
import type { TimeLimit } from "../../runner/time-limits.js";
import { defineCommand } from "../command.js";

/** What a run was asked for. */
export interface RunArguments extends OutputPlace {
  readonly operands: readonly string[];
  readonly kernelName?: string;
  readonly cwd?: string;
  /** A Jupyter server's base address. */
  readonly url?: string;
  readonly tokenFile?: string;
  readonly allowErrors: boolean;
  readonly jobs: number;
  readonly retries: number;
  readonly cellTimeout?: TimeLimit;
  readonly notebookTimeout?: TimeLimit;
  readonly startTimeout?: number;
  /** Bytes of each cell's output. */
  readonly outputLimit: number;
  /** Bytes of each kernel with all its processes. */
  readonly memoryLimit?: number;
  readonly parameters: Parameters;
  readonly logOutput: boolean;
  readonly logFormat: LogFormat;
  readonly dryRun: boolean;
  readonly list: boolean;
  readonly repeat: number;
  readonly report: readonly string[];
  readonly summary?: string;
  readonly baseline?: string;
  readonly updateBaseline: boolean;
  /** Which cells' outputs are compared with the stored ones. */
  readonly compare?: "all" | "tagged";
  readonly sanitize: readonly TextPattern[];
  /** Tells failures as workflow commands of GitHub Actions. */
  readonly annotations: boolean;
  /** The settings file; `cellscope.json` in the working directory when there is one. */
  readonly config?: string;
}

/** How a run tells what it does. */
export type LogFormat = "text" | "logfmt" | "json";

interface RawOptions {
  readonly output?: string;
  readonly inplace?: boolean;
  readonly outputDir?: string;
  readonly kernel?: string;
  readonly cwd?: string;
  readonly url?: string;
  readonly tokenFile?: string;
  readonly allowErrors?: boolean;
  readonly jobs?: string;
  readonly retries?: string;
  readonly timeout?: string;
  readonly notebookTimeout?: string;
  readonly startTimeout?: string;
  readonly outputLimit?: string;
  readonly memoryLimit?: string;
  readonly parameters?: readonly string[];
  readonly parametersRaw?: readonly string[];
  readonly parametersYaml?: readonly string[];
  readonly parametersFile?: readonly string[];
  readonly compare?: boolean;
  readonly compareTagged?: boolean;
  readonly sanitize?: readonly string[];
  readonly annotations?: string;
  readonly logOutput?: boolean;
  readonly logFormat: string;
  readonly dryRun?: boolean;
  readonly list?: boolean;
  readonly repeat?: string;
  readonly report?: readonly string[];
  readonly summary?: string;
  readonly baseline?: string;
  readonly updateBaseline?: boolean;
  readonly config?: string;
}

/** What `--annotations` takes. */
const annotationKinds = ["github", "off"];

const logFormats: readonly LogFormat[] = ["text", "logfmt", "json"];

const reportKinds = ".json, .arrow (a table), .xml (JUnit) or .tap";

/** Declares the command. */
export function defineRunCommand(): Command {
  const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
  return defineCommand("run", "Run notebooks without a browser.")
    .argument("<notebooks...>", 'Notebooks (.ipynb), folders or patterns of them; "-" is standard input.')
    .option("-o, --output <file>", 'Where the notebook goes with its outputs; "-" is standard output.')
    .option("--inplace", "Write each notebook over itself.")
    .option("--output-dir <folder>", "Write all notebooks into a folder, as they lie in theirs.")
    .option("-k, --kernel <name>", "An installed kernel, instead of the one that fits the notebook.")
    .option("--cwd <folder>", "The working directory of the cells, instead of the notebook's own.")
    .option("--url <address>", "Run the cells by kernels of this Jupyter server, hub or gateway.")
    .option("--token-file <file>", "The file that holds its token (default: $JUPYTER_TOKEN).")
    .option(
      "-j, --jobs <number>",
      "How many notebooks run at once (default: one for each core; 1 with --baseline or --repeat).",
    )
    .option("-p, --parameters <name value>", "Set a parameter: a number, true, false, null, or a text.", collect)
    .option("-r, --parameters-raw <name value>", "Set a parameter to a text, whatever it looks like.", collect)
    .option("-f, --parameters-file <file>", "Set the parameters of a YAML or JSON file.", collect)
    .option("-y, --parameters-yaml <text>", "Set the parameters that stand in a text of YAML or JSON.", collect)
    .option("--allow-errors", "Go on after a cell that fails, and do not count it as a failure.")
    .option("--timeout <time>", "Time for each cell, such as 30 (seconds) or 2m; then it is interrupted.")
    .option("--notebook-timeout <time>", "Time for each notebook, the start of its kernel included.")
    .option("--start-timeout <time>", "Time for the start of a kernel (default: 60).")
    .option("--memory-limit <size>", "What each kernel may hold with all its processes, such as 2GiB; Linux.")
    .option("--output-limit <size>", "How much is kept of what each cell shows.", "64MiB")
    .option("--retries <number>", 'Try a notebook that fails and is tagged "flaky" so many times again.', "0")
    .option("--log-output", "Show what the cells write, as it comes.")
    .option("--log-format <format>", `How to tell what happens: ${logFormats.join(", ")}.`, "text")
    .option("--report <file>", `Write what came out of each cell: ${reportKinds}.`, collect)
    .option("--summary <file>", "Add a summary in Markdown to a file, such as $GITHUB_STEP_SUMMARY.")
    .option("--compare", "Compare the outputs with those that the notebook holds; what differs fails the run.")
    .option("--compare-tagged", 'Compare only cells tagged "nbval-check-output".')
    .option("--sanitize <file>", "Patterns to replace before outputs are compared, as in nbval.", collect)
    .option(
      "--annotations <kind>",
      `Tell failures to GitHub Actions: ${annotationKinds.join(", ")} (default: where it runs).`,
    )
    .option("--baseline <file>", "Compare with an earlier report (.json); what got worse fails the run.")
    .option("--update-baseline", "Keep this run as the baseline, when it went well.")
    .option("--config <file>", "Budgets and tolerances (default: cellscope.json, when there is one).")
    .option("--repeat <number>", "Run each notebook so many times, for figures that can be compared.", "1")
    .option("--dry-run", "Check everything, and say what would be run.")
    .option("--list", "Only list the notebooks that would be run.")
    .addHelpText("after", exitCodeHelp);
}

/** papermill writes a parameter as two words: makes one of them, which `readRunArguments` takes apart again. */
export function joinPairs(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    const [name, value] = [argv[at + 1], argv[at + 2]];
    const takesPair = ["-p", "--parameters", "-r", "--parameters-raw"].includes(word);
    if (word === "--") return [...joined, ...argv.slice(at)];
    if (!takesPair || name === undefined || name.includes("=")) joined.push(word);
    else if (value === undefined) throw new RunnerError(`${word} ${name} needs a value: ${word} NAME VALUE.`);
    else {
      joined.push(`${takesPair && word.length === 2 ? word : `${word}=`}${name}=${value}`);
      at += 2;
    }
  }
  return joined;
}

/** Reads what was given; throws a `RunnerError` that names the option that is wrong. */
export async function readRunArguments(command: Command): Promise<RunArguments> {
  const raw = command.opts<RawOptions>();
  const { kernel, cwd, output, outputDir, timeout, notebookTimeout, startTimeout } = raw;
  if (raw.tokenFile !== undefined && raw.url === undefined) {
    throw new RunnerError("--token-file is for a server: give its address by --url.");
  }
  return {
    operands: command.args,
    inplace: raw.inplace ?? false,
    ...(output !== undefined && { output }),
    ...(outputDir !== undefined && { outputDir }),
    ...(kernel !== undefined && { kernelName: kernel }),
    ...(cwd !== undefined && { cwd }),
    ...(raw.url !== undefined && { url: parseServerUrl(raw.url) }),
    ...(raw.tokenFile !== undefined && { tokenFile: raw.tokenFile }),
    allowErrors: raw.allowErrors ?? false,
    jobs: raw.jobs === undefined ? defaultJobs(raw) : parseCount(raw.jobs, "--jobs", 1),
    retries: parseCount(raw.retries ?? "0", "--retries", 0),
    ...(timeout !== undefined && { cellTimeout: { time: parseTimeLimit(timeout, "--timeout"), source: "--timeout" } }),
    ...(notebookTimeout !== undefined && {
      notebookTimeout: { time: parseTimeLimit(notebookTimeout, "--notebook-timeout"), source: "--notebook-timeout" },
    }),
    ...(startTimeout !== undefined && { startTimeout: parseTimeLimit(startTimeout, "--start-timeout") }),
    outputLimit: parseSize(raw.outputLimit ?? "64MiB", "--output-limit"),
    ...readMemoryLimit(raw),
    parameters: await readParameters(raw),
    logOutput: raw.logOutput ?? false,
    logFormat: parseLogFormat(raw.logFormat),
    dryRun: raw.dryRun ?? false,
    list: raw.list ?? false,
    repeat: parseCount(raw.repeat ?? "1", "--repeat", 1),
    report: checkReports(raw.report ?? []),
    ...(raw.summary !== undefined && { summary: raw.summary }),
    ...(raw.baseline !== undefined && { baseline: raw.baseline }),
    updateBaseline: checkUpdate(raw),
    ...readCompare(raw),
    sanitize: (await Promise.all((raw.sanitize ?? []).map(readPatterns))).flat(),
    annotations: readAnnotations(raw),
    ...(raw.config !== undefined && { config: raw.config }),
  };
}

function readCompare({ compare, compareTagged, sanitize }: RawOptions): Pick<RunArguments, "compare"> {
  if (compareTagged) return { compare: "tagged" };
  if (compare) return { compare: "all" };
  if (sanitize) throw new RunnerError("--sanitize needs --compare or --compare-tagged: it is for comparing outputs.");
  return {};
}

function readAnnotations({ annotations }: RawOptions): boolean {
  if (annotations === undefined) return process.env.GITHUB_ACTIONS === "true";
  if (annotationKinds.includes(annotations)) return annotations === "github";
  throw new RunnerError(`--annotations must be one of ${annotationKinds.join(", ")}, got "${annotations}".`);
}

/** Times that are compared must not depend on what runs beside. */
function defaultJobs({ baseline, repeat = "1" }: RawOptions): number {
  return baseline !== undefined || repeat !== "1" ? 1 : availableParallelism();
}

/** In papermill's order: what is given by name stands above what files say. */
async function readParameters(raw: RawOptions): Promise<Parameters> {
  const files = await Promise.all((raw.parametersFile ?? []).map(readParameterFile));
  const texts = await Promise.all((raw.parametersYaml ?? []).map((text) => parseParameters(text, "--parameters-yaml")));
  const values = (raw.parameters ?? []).map((pair) => splitPair(pair, "-p", parseParameterValue));
  const plain = (raw.parametersRaw ?? []).map((pair) => splitPair(pair, "-r", String));
  return Object.assign({}, ...files, ...texts, ...values, ...plain);
}

function splitPair(pair: string, option: string, read: (text: string) => unknown): Parameters {
  const at = pair.indexOf("=");
  if (at <= 0) throw new RunnerError(`${option} needs a name and a value, got "${pair}".`);
  return { [pair.slice(0, at)]: read(pair.slice(at + 1)) };
}

function parseCount(text: string, name: string, least: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new RunnerError(`${name} must be a whole number from ${least}, got "${text}".`);
}

/** A limit that nobody holds must not look like one. */
function readMemoryLimit({ memoryLimit, url }: RawOptions): Pick<RunArguments, "memoryLimit"> {
  if (memoryLimit === undefined) return {};
  if (url !== undefined) throw new RunnerError("--memory-limit is for kernels on this machine, and not for --url.");
  if (process.platform !== "linux") throw new RunnerError(`--memory-limit needs Linux; this is ${process.platform}.`);
  return { memoryLimit: parseSize(memoryLimit, "--memory-limit") };
}

function checkUpdate({ updateBaseline = false, baseline }: RawOptions): boolean {
  if (!updateBaseline || baseline !== undefined) return updateBaseline;
  throw new RunnerError("--update-baseline needs --baseline FILE: where the baseline is kept.");
}

function checkReports(paths: readonly string[]): readonly string[] {
  const wrong = paths.find((path) => !/\.(?:json|arrow|xml|tap)$/.test(path));
  if (wrong === undefined) return paths;
  throw new RunnerError(`--report must end in .json, .arrow, .xml or .tap, got "${wrong}".`);
}

function parseLogFormat(text: string): LogFormat {
  const format = logFormats.find((name) => name === text);
  if (format) return format;
  throw new RunnerError(`--log-format must be one of ${logFormats.join(", ")}, got "${text}".`);
}

const exitCodeHelp = `
Exit codes:
  0    every cell ended well
  1    a cell failed, or its outputs differ from those stored (--compare)
  2    the command was not understood, or a notebook cannot be run
  3    a budget was exceeded, or a figure is worse than the baseline
  124  a cell or a notebook ran out of its time
  130  interrupted
  138  a kernel died, or did not start

Tags of cells: parameters, raises-exception, skip-execution, stop, measured,
timeout=SECONDS, nbval-skip, nbval-raises-exception, nbval-ignore-output,
nbval-check-output. Tag of notebooks: flaky.`;
