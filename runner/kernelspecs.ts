import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type JupyterSurroundings, kernelspecDirectories } from "../kernel/protocol/jupyter-paths.js";
import { messageOf, RunnerError } from "./errors.js";
import { describeInstallation } from "./kernel-installation.js";
import type { KernelLaunch } from "./kernel-process.js";

/** An installed kernel, as its `kernel.json` describes it. */
export interface Kernelspec {
  /** As Jupyter knows it: in lower case. */
  readonly name: string;
  /** The directory of `kernel.json`; `{resource_dir}` in its `argv`. */
  readonly directory: string;
  readonly argv: readonly string[];
  readonly displayName: string;
  readonly language: string;
  readonly interruptMode: "signal" | "message";
  readonly env: Readonly<Record<string, string>>;
}

/** The names of all installed kernels, in the order of the alphabet. */
export async function listKernelspecs(surroundings: JupyterSurroundings = {}): Promise<string[]> {
  return [...(await locateKernelspecs(surroundings)).keys()].sort();
}

/** Where a kernelspec lies. */
export interface KernelspecPlace {
  /** As Jupyter knows it: in lower case. */
  readonly name: string;
  /** The directory of its `kernel.json`. */
  readonly directory: string;
}

/** Every kernelspec in these directories, those too that one of the same name hides; the first directory's first. */
export async function locateAllKernelspecs(parents: readonly string[]): Promise<readonly KernelspecPlace[]> {
  const found: KernelspecPlace[] = [];
  for (const parent of parents) {
    for (const entry of await readdir(parent).catch(noDirectory)) {
      const directory = join(parent, entry);
      const files = await readdir(directory).catch(noDirectory);
      if (files.includes("kernel.json")) found.push({ name: entry.toLowerCase(), directory });
    }
  }
  return found;
}

/** Finds an installed kernel by its name, as Jupyter would; throws a `RunnerError` that lists those there are. */
export async function findKernelspec(name: string, surroundings: JupyterSurroundings = {}): Promise<Kernelspec> {
  const located = await locateKernelspecs(surroundings);
  const directory = located.get(name.toLowerCase());
  if (directory === undefined) {
    const names = [...located.keys()].sort().join(", ");
    const searched = kernelspecDirectories(surroundings).join(", ");
    const missing =
      names === ""
        ? `No kernel named "${name}" is installed; there is none at all in ${searched}.`
        : `No kernel named "${name}" is installed; these are: ${names}.`;
    throw new RunnerError(`${missing} ${describeInstallation(name)}`);
  }
  const path = join(directory, "kernel.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new RunnerError(`The kernelspec ${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
  return parseKernelspec(text, name.toLowerCase(), directory);
}

/** Reads the text of a `kernel.json`; throws a `RunnerError` that names the field that is wrong. */
export function parseKernelspec(text: string, name: string, directory: string): Kernelspec {
  const path = join(directory, "kernel.json");
  let spec: unknown;
  try {
    spec = JSON.parse(text);
  } catch (cause) {
    throw new RunnerError(`The kernelspec ${path} is not JSON: ${messageOf(cause)}`, { cause });
  }
  const { argv, display_name, language, interrupt_mode, env } = isRecord(spec) ? spec : {};
  if (!Array.isArray(argv) || argv.length === 0 || !argv.every((word) => typeof word === "string")) {
    throw new RunnerError(`argv in ${path} must be a list of texts, got ${JSON.stringify(argv) ?? "nothing"}.`);
  }
  const variables = Object.entries(isRecord(env) ? env : {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return {
    name,
    directory,
    argv,
    displayName: typeof display_name === "string" ? display_name : name,
    language: typeof language === "string" ? language : "",
    interruptMode: interrupt_mode === "message" ? "message" : "signal",
    env: Object.fromEntries(variables),
  };
}

/** How the kernel of a kernelspec is started. */
export async function launchOf(spec: Kernelspec): Promise<KernelLaunch> {
  const { name, displayName, language, interruptMode, env, directory } = spec;
  const [program = "", ...args] = spec.argv;
  const argv = [await findProgram(program, directory), ...args];
  return { name, displayName, language, interruptMode, env, directory, argv };
}

/** Jupyter runs a bare `python` by its own interpreter; ours is the one of the environment that the kernelspec lies in. */
async function findProgram(program: string, directory: string): Promise<string> {
  if (!/^python(?:\d(?:\.\d+)?)?$/.test(program)) return program;
  // PREFIX/share/jupyter/kernels/NAME
  const share = dirname(dirname(dirname(directory)));
  if (basename(share) !== "share") return program;
  const folder = join(dirname(share), process.platform === "win32" ? "Scripts" : "bin");
  const files = await readdir(folder).catch(noDirectory);
  return files.includes(program) ? join(folder, program) : program;
}

/** Name to directory; where a name is in two places, Jupyter takes the first. */
async function locateKernelspecs(surroundings: JupyterSurroundings): Promise<Map<string, string>> {
  const all = await locateAllKernelspecs(kernelspecDirectories(surroundings));
  return new Map(all.toReversed().map(({ name, directory }) => [name, directory]));
}

/** Most of the directories that Jupyter searches do not exist, and some may not be read. */
function noDirectory(error: NodeJS.ErrnoException): string[] {
  if (error.code !== undefined && ["ENOENT", "ENOTDIR", "EACCES"].includes(error.code)) return [];
  throw error;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
