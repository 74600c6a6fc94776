// How long runners of notebooks take, and what they hold: `cellscope run` against Jupyter's own, papermill and nbmake, all by the
// same kernel (ours), in turns in one run. Run by `npm run bench -- run`; `--help` lists the options.
import { spawn, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { languagePlace } from "../cli/language-place.js";
import { prepareLanguage } from "../kernel/language/client.js";
import { formatNotebook, type Notebook, parseNotebook } from "../runner/nbformat.js";
import { type TreeFigures, watchFigures } from "./process-tree.js";
import { measureOverhead } from "./run-overhead.js";
import { findRunners, type Language, preparePython, type Runner } from "./run-peers.js";
import { mean, median } from "./statistics.js";

const usage = `Usage: npm run bench -- run [options]

Options:
  --rounds N       How often each case is measured (default: 3).
  --runners NAMES  With commas between; the first is what the others are compared with (default: all).
  --cases CASES    Notebooks x cells, with commas between (default: 1x3,1x100,20x3,20x100); "overhead" is what the
                   runner adds to a cell.

The peers need Python 3.9 or newer with its venv module, and are installed into .cache/peers; CELLSCOPE_PYTHON names a
Python that has them already.
`;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    runners: { type: "string" },
    cases: { type: "string", default: "overhead,1x3,1x100,20x3,20x100" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  throw new Error(`--rounds must be a whole number from 1 on, got "${values.rounds}".`);
}
const cases = values.cases.split(",").map((text) => {
  const [, notebooks = "0", cells = "0"] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (text !== "overhead" && Number(cells) * Number(notebooks) === 0)
    throw new Error(`--cases: ${text} is not NOTEBOOKSxCELLS, such as 1x3.`);
  return { text, notebooks: Number(notebooks), cells: Number(cells) };
});

const python = preparePython();
const all = findRunners(python, availableParallelism());
const runners = (values.runners?.split(",") ?? all.map(({ name }) => name)).map((name) => {
  const runner = all.find((known) => known.name === name);
  if (!runner)
    throw new Error(`--runners: there is no ${name}; there are ${all.map((known) => known.name).join(", ")}.`);
  return runner;
});

// What the cells of a benchmark were is nobody's history.
process.env.CELLSCOPE_HISTORY = "off";
// It costs each start of Node 20 some 36 ms, and is set on some machines and not on others.
delete process.env.NODE_EXTRA_CA_CERTS;
const home = await mkdtemp(join(tmpdir(), "cellscope-bench-run-"));
spawnSync(process.execPath, [resolve("dist/cli/main.cjs"), "install", "--prefix", home], { stdio: "ignore" });
const environment = {
  ...process.env,
  ...(python !== undefined && { PATH: `${dirname(python)}${delimiter}${process.env.PATH ?? ""}` }),
  JUPYTER_PATH: [
    join(home, "share", "jupyter"),
    ...(python ? [resolve(dirname(python), "../share/jupyter")] : []),
  ].join(delimiter),
  IPYTHONDIR: join(home, "ipython"),
};
// As `cellscope install` leaves a machine.
await prepareLanguage(languagePlace());

interface Figures extends TreeFigures {
  readonly wall: number;
  /** Between the end of a cell in the kernel and the beginning of the next one there: of all cells, in milliseconds. */
  readonly gaps: readonly number[];
}

console.log(`Node ${process.version}, ${availableParallelism()} cores; medians of ${rounds}, in turns.`);
try {
  for (const { text, notebooks, cells } of cases) {
    if (text === "overhead") await printOverhead();
    else printTable(text, await measureCase(text, notebooks, cells));
  }
} finally {
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}

async function printOverhead(): Promise<void> {
  const count = 100;
  const { direct, runner } = await measureOverhead(notebookOf(count, "cellscope"), rounds, home);
  const figures = [median, mean, quickest];
  const line = (title: string, read: (figure: (list: readonly number[]) => number) => number) =>
    console.log(title.padEnd(38) + figures.map((figure) => read(figure).toFixed(2).padStart(8)).join(""));
  console.log(`\n${count} cells by one kernel, ms a cell:      median    mean  quickest tenth`);
  line("by a client that only waits", (figure) => figure(direct));
  line("by the runner, measured and saved", (figure) => figure(runner));
  line("what the runner adds", (figure) => figure(runner) - figure(direct));
}

/** Which no other process has disturbed. */
function quickest(list: readonly number[]): number {
  return [...list].sort((one, other) => one - other)[Math.floor(list.length / 10)] ?? Number.NaN;
}

interface Measured {
  readonly timed: Figures[];
  /** Of the round that fills the caches of the disk: no times are taken of it, and so it may read what costs time. */
  pss: number;
}

async function measureCase(text: string, notebooks: number, cells: number): Promise<ReadonlyMap<string, Measured>> {
  const results = new Map<string, Measured>(runners.map(({ name }) => [name, { timed: [], pss: 0 }]));
  for (let round = -1; round < rounds; round++) {
    for (const at of runners.keys()) {
      const runner = runners[(at + round + 1) % runners.length];
      const result = results.get(runner?.name ?? "");
      if (!runner || !result) continue;
      tell(`${text}: ${runner.name}, ${round + 1} of ${rounds}`);
      try {
        const figures = await measure(runner, notebooks, cells, round < 0);
        if (round < 0) result.pss = figures.pss;
        else result.timed.push(figures);
      } catch (error) {
        tell("");
        console.error(
          `${text}: ${runner.name} failed, and is left out: ${error instanceof Error ? error.message : error}`,
        );
        results.delete(runner.name);
        process.exitCode = 1;
      }
    }
  }
  tell("");
  return results;
}

/** One line that is written over. */
function tell(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  else if (text !== "") process.stderr.write(`${text}\n`);
}

async function measure(runner: Runner, notebooks: number, cells: number, pss: boolean): Promise<Figures> {
  const folder = await mkdtemp(join(home, "work-"));
  await mkdir(join(folder, "out"));
  const names = Array.from({ length: notebooks }, (_, index) => `n${String(index).padStart(2, "0")}.ipynb`);
  for (const name of names) await writeFile(join(folder, name), formatNotebook(notebookOf(cells, runner.language)));
  const total = { wall: 0, cpu: 0, rss: 0, pss: 0 };
  for (const command of runner.commands(names)) {
    const figures = await measureCommand(command, folder, pss);
    total.wall += figures.wall;
    total.cpu += figures.cpu;
    total.rss = Math.max(total.rss, figures.rss);
    total.pss = Math.max(total.pss, figures.pss);
  }
  const written = (await readdir(join(folder, "out"))).length > 0 ? join(folder, "out") : folder;
  const gaps: number[] = [];
  for (const name of names) {
    const notebook = parseNotebook(await readFile(join(written, name), "utf8"), name);
    check(notebook, cells, runner.name);
    gaps.push(...gapsOf(notebook));
  }
  await rm(folder, { recursive: true });
  return { ...total, gaps };
}

async function measureCommand(
  [program = "", ...words]: readonly string[],
  cwd: string,
  pss: boolean,
): Promise<TreeFigures & { readonly wall: number }> {
  const began = performance.now();
  const child = spawn(program, words, { cwd, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const figures = watchFigures(child.pid ?? 0, { pss });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  }
  const end = await new Promise<number | string | null>((resolve) => {
    child.once("error", ({ message }) => resolve(message));
    child.once("close", resolve);
  });
  const wall = performance.now() - began;
  const taken = figures();
  if (end !== 0) throw new Error(`${[program, ...words].join(" ")} ended with ${end}:\n${text}`);
  return { wall, ...taken };
}

function notebookOf(cells: number, language: Language): Notebook {
  const isPython = language === "python3";
  const display_name = isPython ? "Python 3" : "TypeScript (Cellscope)";
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: language, display_name, language: isPython ? "python" : "typescript" } },
    cells: Array.from({ length: cells }, (_, index) => ({
      cell_type: "code" as const,
      id: `cell-${index}`,
      metadata: {},
      source: isPython ? `v${index} = ${index}\nv${index}` : `const v${index} = ${index};\nv${index}`,
      execution_count: null,
      outputs: [],
    })),
  };
}

/** A runner that skips cells would be fast. */
function check({ cells }: Notebook, count: number, name: string): void {
  const shown = cells.filter((cell) => cell.cell_type === "code" && cell.outputs.length === 1).length;
  if (shown !== count) throw new Error(`${name} left ${shown} of ${count} cells with their output.`);
}

function gapsOf({ cells }: Notebook): number[] {
  const times = cells.flatMap(({ metadata }) => {
    // Absent where a runner keeps no times.
    const { execution } = metadata as { readonly execution?: Readonly<Record<string, unknown>> };
    const [busy, idle] = ["iopub.status.busy", "iopub.status.idle"].map((key) => Date.parse(String(execution?.[key])));
    return busy !== undefined && idle !== undefined && busy > 0 && idle > 0 ? [{ busy, idle }] : [];
  });
  return times.slice(1).map(({ busy }, index) => busy - (times[index]?.idle ?? Number.NaN));
}

function printTable(text: string, results: ReadonlyMap<string, Measured>): void {
  const timesOf = (name: string) => results.get(name)?.timed ?? [];
  const of = (name: string, figure: keyof TreeFigures | "wall") => median(timesOf(name).map((each) => each[figure]));
  const [first = ""] = results.keys();
  console.log(`\n${text} (notebooks x cells)`);
  console.log("runner                      wall s   ratio   CPU s   RSS MiB   PSS MiB   gap ms: median, mean");
  for (const [name, { pss }] of results) {
    const gaps = timesOf(name).flatMap((each) => each.gaps);
    const columns = [
      name.padEnd(26),
      (of(name, "wall") / 1000).toFixed(2).padStart(7),
      (of(name, "wall") / of(first, "wall")).toFixed(2).padStart(7),
      (of(name, "cpu") / 1000).toFixed(2).padStart(7),
      (of(name, "rss") / 1024 ** 2).toFixed(0).padStart(9),
      (pss / 1024 ** 2).toFixed(0).padStart(9),
      ...(gaps.length === 0 ? ["        –"] : [median(gaps).toFixed(1).padStart(9), mean(gaps).toFixed(1).padStart(7)]),
    ];
    console.log(columns.join(" "));
  }
}
