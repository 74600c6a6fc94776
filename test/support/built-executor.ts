// The executor as the build makes it, in a folder of its own inside the clone, where it finds its packages; and
// cells of JavaScript that run in it, with no language process in front.
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import type { ExecutorSettings } from "../../kernel/executor/executor-process.js";
import {
  type ExecuteRequest,
  type ExecutionResult,
  type ExecutorHost,
  startExecutor,
} from "../../kernel/executor/host.js";
import type { DisplayData } from "../../kernel/protocol/mime.js";

const root = join(import.meta.dirname, "../..");

/** A built executor, and a directory to run notebooks in. */
export interface BuiltExecutor {
  readonly mainPath: string;
  /** The notebook's directory: empty, and outside of the clone, so that none of its packages are found there. */
  readonly cwd: string;
  readonly start: (settings?: Partial<ExecutorSettings>) => ExecutorHost;
  /** Ends every executor that was started, and removes the files. */
  readonly remove: () => Promise<void>;
}

/** Builds the executor and its guard as the package has them. */
export async function buildExecutor(): Promise<BuiltExecutor> {
  await mkdir(join(root, ".cache"), { recursive: true });
  const directory = await mkdtemp(join(root, ".cache", "executor-"));
  const cwd = await realpath(await mkdtemp(join(tmpdir(), "cellscope-notebook-")));
  await build({
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    target: "node20.19",
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    outbase: ".",
    outdir: join(directory, "dist"),
    entryPoints: ["kernel/executor/main.ts", "kernel/executor/guard.ts"],
    external: ["apache-arrow"],
    minify: true,
    keepNames: true,
    logLevel: "warning",
    define: { "import.meta.url": "__bundleUrl" },
    banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
  const mainPath = join(directory, "dist/kernel/executor/main.cjs");
  const hosts: ExecutorHost[] = [];
  return {
    mainPath,
    cwd,
    start: (settings) => {
      const host = startExecutor({ mainPath, cwd, ...settings });
      hosts.push(host);
      return host;
    },
    remove: async () => {
      await Promise.all(hosts.map((host) => host.close()));
      await Promise.all([directory, cwd].map((path) => rm(path, { recursive: true, force: true })));
    },
  };
}

/** Bundles TypeScript that starts executors, to be run as a process; its imports are relative to the clone. */
export async function buildHostProgram(executor: BuiltExecutor, contents: string): Promise<string> {
  const outfile = join(dirname(executor.mainPath), "host-program.mjs");
  await build({
    absWorkingDir: root,
    stdin: { contents, resolveDir: root, loader: "ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
    logLevel: "warning",
  });
  return outfile;
}

/** One piece of a cell's output; text of the same stream in a row is one piece. */
export type Shown =
  | { readonly stdout: string }
  | { readonly stderr: string }
  | { readonly display: DisplayData }
  | { readonly clear: { readonly wait: boolean } };

/** A cell that was sent to an executor. */
export interface CellRun {
  readonly shown: () => readonly Shown[];
  /** All text of a stream. */
  readonly text: (name: "stdout" | "stderr") => string;
  /** Settles when the text has been printed, also after the end of the cell. */
  readonly printed: (text: string) => Promise<void>;
  readonly ended: Promise<ExecutionResult>;
}

/** Sends a cell to an executor. */
export function beginCell(host: ExecutorHost, code: string, request: Partial<ExecuteRequest> = {}): CellRun {
  const shown: Shown[] = [];
  const texts = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  const output = {
    stream: (name: "stdout" | "stderr", text: string) => {
      texts[name] += text;
      const last = shown.at(-1);
      if (last !== undefined && name in last) shown.pop();
      const before = last !== undefined && name in last ? (last as Readonly<Record<string, string>>)[name] : "";
      shown.push({ [name]: before + text } as Shown);
      for (const look of waiting) look();
    },
    display: (display: DisplayData) => shown.push({ display }),
    clear: (wait: boolean) => shown.push({ clear: { wait } }),
  };
  const awaits = /\bawait\b/.test(code);
  const ended = host.execute({ name: "In[1]", code, awaits, modules: [], declares: [], ...request }, output);
  // Whoever waits for the output first is told of a failure later, by `ended`.
  ended.catch(() => undefined);
  return {
    shown: () => shown,
    text: (name) => texts[name],
    printed: (text) =>
      new Promise((resolve) => {
        const look = () => {
          if (!texts.stdout.includes(text) && !texts.stderr.includes(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    ended,
  };
}

/** Runs a cell to its end; the value of `expression`, if there is one, is its result. */
export async function runCell(
  host: ExecutorHost,
  code: string,
  request: Partial<ExecuteRequest> = {},
): Promise<ExecutionResult & { readonly shown: readonly Shown[] }> {
  const run = beginCell(host, code, request);
  const result = await run.ended;
  return { ...result, shown: run.shown() };
}

/** The text of the value of an expression. */
export async function evaluate(host: ExecutorHost, expression: string): Promise<unknown> {
  const { end } = await runCell(host, `exports.value = ${expression};`, { resultName: "value" });
  if (end.status !== "ok") throw new Error(`${expression} ended with ${JSON.stringify(end)}`);
  return end.result?.["text/plain"];
}
