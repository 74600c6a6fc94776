// The runners of notebooks that are compared, and where those of Python come from.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** A language in which the notebooks are written, by the name of its kernelspec. */
export type Language = "cellscope" | "python3";

/** A runner under measurement. */
export interface Runner {
  readonly name: string;
  readonly language: Language;
  /** The command lines that run the notebooks of the working directory, into the folder `out` or over themselves, one after the other. */
  readonly commands: (names: readonly string[]) => readonly (readonly string[])[];
}

/** What runs the notebooks besides Cellscope. */
const packages = [
  "ipykernel>=6.29,<8",
  "nbclient>=0.10,<1",
  "nbconvert>=7.16,<8",
  "nbmake>=1.5,<2",
  "papermill>=2.6,<3",
  "pytest>=9,<10",
  "pytest-xdist>=3.6,<4",
];

const program = resolve("dist/cli/main.cjs");
const cellscope = (names: readonly string[]) => [[process.execPath, program, "run", ...names, "--output-dir", "out"]];

/** All runners, ours first; `cores` is how many notebooks those run at once that can. */
export function findRunners(python: string | undefined, cores: number): readonly Runner[] {
  const own: Runner = { name: "cellscope", language: "cellscope", commands: cellscope };
  if (python === undefined) return [own];
  const jupyterExecute = (names: readonly string[]) => [[python, "-m", "jupyter", "execute", "--inplace", ...names]];
  const nbconvert = [python, "-m", "nbconvert", "--to", "notebook", "--execute", "--output-dir", "out"];
  const nbmake = [
    python,
    "-m",
    "pytest",
    "-q",
    "-p",
    "no:cacheprovider",
    "-n",
    String(cores),
    "--nbmake",
    "--overwrite",
  ];
  return [
    own,
    // It runs its notebooks one after the other, each over itself.
    { name: "jupyter-execute", language: "cellscope", commands: jupyterExecute },
    { name: "nbconvert", language: "cellscope", commands: (names) => [[...nbconvert, ...names]] },
    {
      name: "papermill",
      language: "cellscope",
      commands: (names) =>
        names.map((name) => [python, "-m", "papermill", "--no-progress-bar", name, join("out", name)]),
    },
    { name: "nbmake", language: "cellscope", commands: (names) => [[...nbmake, ...names]] },
    // The same cells in Python, by ipykernel: what of the others is their kernel.
    { name: "cellscope-ipykernel", language: "python3", commands: cellscope },
    { name: "jupyter-execute-ipykernel", language: "python3", commands: jupyterExecute },
  ];
}

/** Finds the Python that has the peers: `$CELLSCOPE_PYTHON`, or one of our own under `.cache`, which is made when it is missing. */
export function preparePython(): string | undefined {
  const given = process.env.CELLSCOPE_PYTHON;
  if (given !== undefined) return resolve(given);
  const folder = join(".cache", "peers", "runners");
  const python = resolve(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  if (spawnSync(python, ["-c", "import ipykernel, nbclient, nbconvert, nbmake, papermill, xdist"]).status === 0)
    return python;
  console.log(`bench: installing ${packages.join(", ")} into ${folder}`);
  mkdirSync(dirname(folder), { recursive: true });
  const isMade = existsSync(python) || run("python3", ["-m", "venv", folder]);
  if (isMade && run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages]))
    return python;
  console.log("bench: the runners of Python cannot be installed: Cellscope is measured alone.");
  return undefined;
}

function run(command: string, args: readonly string[]): boolean {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (error) console.error(`bench: ${error.message}`);
  return status === 0;
}
