// Which notebooks the operands of a command mean: files, folders, patterns, and `-` for standard input.
import { stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { RunnerError } from "./errors.js";

/** One notebook to run. */
export interface FoundNotebook {
  /** As the user would write it, relative to the working directory; `-` is standard input. */
  readonly path: string;
  /** Its path below what the operand named: where it goes in a folder of outputs. */
  readonly relativePath: string;
}

/** Where the notebooks with their outputs go. */
export interface OutputPlace {
  /** One file, or `-` for standard output. */
  readonly output?: string;
  /** Each over itself. */
  readonly inplace?: boolean;
  /** All into a folder, as they lie in theirs. */
  readonly outputDir?: string;
}

/** Folders that hold copies or other people's notebooks. */
const ignored = ["**/.*/**", "**/node_modules/**"];

/** Finds the notebooks that operands name, in the order of the operands and then of the alphabet, each once. */
export async function findNotebooks(operands: readonly string[], cwd: string): Promise<FoundNotebook[]> {
  const found = new Map<string, FoundNotebook>();
  for (const operand of operands) {
    for (const notebook of await expandOperand(operand, cwd)) {
      const key = notebook.path === "-" ? "-" : resolve(cwd, notebook.path);
      if (!found.has(key)) found.set(key, notebook);
    }
  }
  return [...found.values()];
}

/** The file that each notebook is written to; nothing for those that are not kept. Throws a `RunnerError` when two would share one. */
export function placeOutputs(
  notebooks: readonly FoundNotebook[],
  { output, inplace = false, outputDir }: OutputPlace,
): (string | undefined)[] {
  const given = [
    output !== undefined && `-o ${output}`,
    inplace && "--inplace",
    outputDir !== undefined && `--output-dir ${outputDir}`,
  ].filter((option) => option !== false);
  if (given.length > 1) throw new RunnerError(`Only one of ${given.join(" and ")} can be given.`);
  if (output !== undefined && notebooks.length > 1) {
    throw new RunnerError(
      `-o ${output} is for one notebook, and these are ${notebooks.length}: give --output-dir or --inplace.`,
    );
  }
  const targets = notebooks.map(({ path, relativePath }) => {
    if (output !== undefined) return output;
    if (outputDir !== undefined) return join(outputDir, path === "-" ? "stdin.ipynb" : relativePath);
    if (!inplace) return undefined;
    if (path === "-") throw new RunnerError("Standard input cannot be written in place: give -o FILE.");
    return path;
  });
  const taken = new Map<string, string>();
  for (const [index, target] of targets.entries()) {
    const path = notebooks[index]?.path ?? "";
    const other = target === undefined ? undefined : taken.get(target);
    if (other !== undefined) throw new RunnerError(`${other} and ${path} would both be written to ${target}.`);
    if (target !== undefined) taken.set(target, path);
  }
  return targets;
}

async function expandOperand(operand: string, cwd: string): Promise<FoundNotebook[]> {
  if (operand === "-") return [{ path: "-", relativePath: "-" }];
  const kind = await kindOf(resolve(cwd, operand));
  if (kind === "directory") {
    const names = await findIn("**/*.ipynb", resolve(cwd, operand));
    if (names.length === 0) throw new RunnerError(`There is no notebook (*.ipynb) in the folder ${operand}.`);
    return names.map((name) => ({ path: join(operand, name), relativePath: name }));
  }
  // A file may have a name that looks like a pattern.
  if (kind === "file" || !/[*?[\]{}]/.test(operand)) return [{ path: operand, relativePath: basename(operand) }];
  const names = (await findIn(operand, cwd)).filter((name) => name.endsWith(".ipynb"));
  if (names.length === 0) throw new RunnerError(`No notebook (*.ipynb) fits the pattern ${operand}.`);
  const base = fixedPartOf(operand);
  return names.map((name) => ({ path: name, relativePath: relative(base, name) }));
}

async function findIn(pattern: string, cwd: string): Promise<string[]> {
  // Most runs name one notebook, and would only wait for it.
  const { glob } = await import("tinyglobby");
  const names = await glob(pattern.replaceAll("\\", "/"), { cwd, ignore: ignored, expandDirectories: false });
  return names.sort();
}

/** The folder that a pattern starts from: what stands before its first wildcard. */
function fixedPartOf(pattern: string): string {
  const before = pattern.slice(0, pattern.search(/[*?[\]{}]/));
  return before.endsWith("/") ? before : dirname(`${before}x`);
}

async function kindOf(path: string): Promise<"file" | "directory" | "none"> {
  try {
    return (await stat(path)).isDirectory() ? "directory" : "file";
  } catch {
    // Whatever keeps it from being looked at is told when it is read.
    return "none";
  }
}
