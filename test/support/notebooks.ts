// Runs the example notebooks as a user would, by the built command line.
import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseNotebook } from "../../runner/nbformat.js";
import { type NormalOutput, normalizeOutputs } from "../../runner/outputs/normalize.js";

/** What became of a run of the command line. */
export interface CommandEnd {
  /** The signal's name when it was ended by one. */
  readonly code: number | string;
  readonly output: string;
}

/** A code cell as far as it must be the same in every run. */
export interface NormalCell {
  readonly source: string;
  readonly executionCount: number | null;
  readonly outputs: readonly NormalOutput[];
}

/** The example notebooks, by path, in their order. */
export async function listNotebooks(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith(".ipynb"))
    .sort()
    .map((name) => join(folder, name));
}

/** Executes a notebook into a file beside nothing of the project's, and reads it back. */
export async function executeNotebook(
  path: string,
  { environment = {}, limit = 300_000 }: { readonly environment?: NodeJS.ProcessEnv; readonly limit?: number } = {},
): Promise<{ readonly end: CommandEnd; readonly text: string }> {
  const folder = await mkdtemp(join(tmpdir(), "cellscope-notebook-"));
  try {
    const out = join(folder, basename(path));
    const end = await runCellscope(["run", path, "-o", out], { environment, limit });
    return { end, text: await readFile(out, "utf8") };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The code cells of a notebook, as far as they are the same in every run. */
export function normalizeNotebook(text: string): NormalCell[] {
  return parseNotebook(text, "the notebook")
    .cells.filter((cell) => cell.cell_type === "code")
    .map((cell) => ({
      source: cell.source,
      executionCount: cell.execution_count,
      outputs: normalizeOutputs(cell),
    }));
}

function runCellscope(
  args: readonly string[],
  { environment, limit }: { readonly environment: NodeJS.ProcessEnv; readonly limit: number },
): Promise<CommandEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["dist/cli/main.cjs", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...environment },
      timeout: limit,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code: code ?? signal ?? "unknown", output }));
  });
}
