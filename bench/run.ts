// How long runners of notebooks take, and what they hold: `cellscope run` against Jupyter's own, papermill and nbmake, all by the
// same kernel (ours), in turns in one run. Run by `npm run bench -- run`; `--help` lists the options.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { languagePlace } from "../cli/language-place.js";
import { prepareLanguage } from "../kernel/language/client.js";
import { watchTree } from "../profiler/process-tree.js";
import { formatNotebook, type Notebook, parseNotebook } from "../runner/nbformat.js";
import { median } from "./statistics.js";

const usage = `Usage: npm run bench -- run [options]

Options:
  --rounds N       How often each case is measured (default: 3).
  --runners NAMES  With commas between; the first is what the others are compared with.
  --cases CASES    Notebooks x cells, with commas between (default: 1x3,1x100,20x3,20x100).
`;

interface Runner {
  readonly name: string;
  /** The command lines that run the notebooks of the working directory into the folder \`out\`, one after the other. */
  readonly commands: (names: readonly string[]) => readonly (readonly string[])[];
}

const python = resolve(process.env.CELLSCOPE_PYTHON ?? ".venv/bin/python");
const program = resolve("dist/cli/main.cjs");
const all: readonly Runner[] = [
  {
    name: "cellscope",
    commands: (names) => [[process.execPath, program, "run", ...names, "--output-dir", "out", "--jobs", "2"]],
  },
  {
    // It runs its notebooks one after the other, each over itself.
    name: "jupyter-execute",
    commands: (names) => [[python, "-m", "jupyter", "execute", "--inplace", ...names]],
  },
  {
    name: "nbconvert",
    commands: (names) => [
      [python, "-m", "nbconvert", "--to", "notebook", "--execute", "--output-dir", "out", ...names],
    ],
  },
  {
    name: "papermill",
    commands: (names) => names.map((name) => [python, "-m", "papermill", "--no-progress-bar", name, join("out", name)]),
  },
  {
    name: "nbmake",
    commands: (names) => [
      [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2", "--nbmake", "--overwrite", ...names],
    ],
  },
];

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    runners: { type: "string", default: all.map(({ name }) => name).join(",") },
    cases: { type: "string", default: "1x3,1x100,20x3,20x100" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const rounds = Number(values.rounds);
const runners = values.runners.split(",").map((name) => {
  const runner = all.find((known) => known.name === name);
  if (!runner)
    throw new Error(`--runners: there is no ${name}; there are ${all.map((known) => known.name).join(", ")}.`);
  return runner;
});
const cases = values.cases.split(",").map((text) => {
  const [, notebooks = "0", cells = "0"] = /^(\d+)x(\d+)$/.exec(text) ?? [];
  if (Number(cells) === 0) throw new Error(`--cases: ${text} is not NOTEBOOKSxCELLS, such as 1x3.`);
  return { text, notebooks: Number(notebooks), cells: Number(cells) };
});
if (!existsSync(python)) throw new Error(`${python} is missing: \`npm run test:jupyter -- nbclient\` makes it.`);

const home = await mkdtemp(join(tmpdir(), "cellscope-bench-run-"));
spawnSync(process.execPath, [program, "install", "--prefix", home], { stdio: "ignore" });
const environment = {
  ...process.env,
  PATH: `${dirname(python)}:${process.env.PATH ?? ""}`,
  JUPYTER_PATH: join(home, "share", "jupyter"),
  CELLSCOPE_HISTORY: "off",
  PYTHONDONTWRITEBYTECODE: "",
  NODE_EXTRA_CA_CERTS: undefined,
};
// As `cellscope install` leaves a machine.
await prepareLanguage(languagePlace());

interface Figures {
  readonly wall: number;
  readonly cpu: number;
  readonly peak: number;
  /** Between the end of a cell in the kernel and the beginning of the next one there. */
  readonly gap: number;
}

try {
  for (const { text, notebooks, cells } of cases) {
    const results = new Map<string, Figures[]>(runners.map(({ name }) => [name, []]));
    // The first round fills the caches of the disk.
    for (let round = -1; round < rounds; round++) {
      for (const at of runners.keys()) {
        const runner = runners[(at + round + 1) % runners.length];
        if (!runner) continue;
        process.stderr.write(`\r\x1b[K${text}: ${runner.name}, ${round + 1} of ${rounds}`);
        const figures = await measure(runner, notebooks, cells);
        if (round >= 0) results.get(runner.name)?.push(figures);
      }
    }
    process.stderr.write("\r\x1b[K");
    print(text, results);
  }
} finally {
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}

async function measure(runner: Runner, notebooks: number, cells: number): Promise<Figures> {
  const folder = await mkdtemp(join(home, "work-"));
  await mkdir(join(folder, "out"));
  const names = Array.from({ length: notebooks }, (_, index) => `n${String(index).padStart(2, "0")}.ipynb`);
  for (const name of names) await writeFile(join(folder, name), formatNotebook(notebookOf(cells)));
  let [wall, cpu, peak] = [0, 0, 0];
  for (const command of runner.commands(names)) {
    const figures = await measureCommand(command, folder);
    wall += figures.wall;
    cpu += figures.cpu;
    peak = Math.max(peak, figures.peak);
  }
  const written = (await readdir(join(folder, "out"))).length > 0 ? join(folder, "out") : folder;
  const gaps: number[] = [];
  for (const name of names) {
    const notebook = parseNotebook(await readFile(join(written, name), "utf8"), name);
    check(notebook, cells, runner.name);
    gaps.push(...gapsOf(notebook));
  }
  await rm(folder, { recursive: true });
  return { wall, cpu, peak, gap: median(gaps) };
}

async function measureCommand(
  command: readonly string[],
  cwd: string,
): Promise<{ readonly wall: number; readonly cpu: number; readonly peak: number }> {
  // bash counts the CPU time of all that was waited for, kernels too.
  const script = 'TIMEFORMAT="CPU %U %S"; time "$@"';
  const child = spawn("bash", ["-c", script, "bash", ...command], {
    cwd,
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  }
  const began = performance.now();
  const tree = watchTree(child.pid ?? 0);
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, tree.rss() || 0);
  }, 10);
  const code = await new Promise<number | null>((done) => child.once("close", done));
  clearInterval(timer);
  tree.close();
  const wall = performance.now() - began;
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}:\n${text}`);
  const [, user, system] = /^CPU ([\d.]+) ([\d.]+)$/m.exec(text) ?? [];
  return { wall, cpu: (Number(user) + Number(system)) * 1000, peak };
}

function notebookOf(cells: number): Notebook {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: "cellscope", display_name: "TypeScript (Cellscope)", language: "typescript" } },
    cells: Array.from({ length: cells }, (_, index) => ({
      cell_type: "code" as const,
      id: `cell-${index}`,
      metadata: {},
      source: `const v${index} = ${index};\nv${index}`,
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

function print(text: string, results: ReadonlyMap<string, readonly Figures[]>): void {
  const [first = ""] = results.keys();
  const of = (name: string, figure: keyof Figures) => median((results.get(name) ?? []).map((each) => each[figure]));
  console.log(`\n${text} (notebooks x cells), medians of ${rounds}:`);
  console.log("runner            wall s   ratio   CPU s   peak MiB   gap between cells ms");
  for (const name of results.keys()) {
    const ratio = of(name, "wall") / of(first, "wall");
    console.log(
      [
        name.padEnd(16),
        (of(name, "wall") / 1000).toFixed(2).padStart(7),
        ratio.toFixed(2).padStart(7),
        (of(name, "cpu") / 1000).toFixed(2).padStart(7),
        (of(name, "peak") / 1024 ** 2).toFixed(0).padStart(10),
        Number.isNaN(of(name, "gap")) ? "–" : of(name, "gap").toFixed(1).padStart(8),
      ].join(" "),
    );
  }
}
