// The kernels that are compared, and how each of them is spoken to.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import type { KernelLaunch } from "../runner/kernel-process.js";
import { ownKernel } from "../runner/own-kernel.js";

/** One kernel of a comparison. */
export interface Peer {
  readonly launch: KernelLaunch;
  readonly version: string;
  readonly phrases: Phrases;
}

/** The cells of the measures, in the language of a kernel. */
export interface Phrases {
  /** A cell with a value, the shortest that there is. */
  readonly trivial: string;
  /** A cell of so many lines; `name` makes its names its own. */
  readonly cell: (lines: number, name: string) => string;
  /** Loads zod and apache-arrow. Absent where there are no such packages. */
  readonly imports?: string;
  readonly print: (lines: number) => string;
  readonly display: (bytes: number) => string;
  /** Code whose members are asked for at its end. */
  readonly completed: string;
  readonly busy: (milliseconds: number) => string;
  readonly neverSettling: string;
}

/** A peer, or why it is not measured. */
export type FoundPeer = Peer | { readonly absent: string };

const directory = join(".cache", "peers");
const installLimit = 120_000;
const packages = ["deno@2.9", "zod@4", "apache-arrow@21"];

/** Installs what the comparison needs beside the project's own packages; returns the folder in which kernels run. */
export function preparePeers(): string {
  mkdirSync(directory, { recursive: true });
  const isThere = ["@deno", "zod", "apache-arrow"].every((name) => existsSync(join(directory, "node_modules", name)));
  // Deno takes packages from a `node_modules` only where there is a package.json.
  writeFileSync(join(directory, "package.json"), `${JSON.stringify({ private: true })}\n`);
  if (!isThere) {
    const options = ["--prefix", directory, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
    const stdio = ["ignore", "ignore", "inherit"] as const;
    execFileSync("npm", ["install", ...options, ...packages], { stdio: [...stdio], timeout: installLimit });
  }
  return resolve(directory);
}

/** The peers by the names that options take; looked for only when they are asked for. */
export const peers: Readonly<Record<string, () => FoundPeer>> = {
  cellscope: () => ({ launch: ownKernel(), version: readVersion("package.json"), phrases: typeScript }),
  tslab: () => {
    const path = createRequire(import.meta.url).resolve("tslab/package.json");
    const program = join(path, "..", "bin", "tslab");
    return {
      launch: launchOf("tslab", [process.execPath, program, "kernel", "--config-path", "{connection_file}"], "signal"),
      version: readVersion(path),
      phrases: typeScript,
    };
  },
  ipykernel: () => {
    const python = resolve(join(".venv", process.platform === "win32" ? "Scripts/python.exe" : "bin/python"));
    if (!existsSync(python)) return { absent: "there is no .venv; `npm run test:jupyter` makes one" };
    const version = execFileSync(python, ["-c", "import ipykernel; print(ipykernel.__version__)"]).toString().trim();
    const argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"];
    return { launch: launchOf("ipykernel", argv, "signal"), version, phrases: python3 };
  },
  deno: () => {
    const program = findDeno();
    if (program === undefined) return { absent: `the npm package "deno" brought no program for this platform` };
    const version = /\d+\.\d+\.\d+/.exec(execFileSync(program, ["--version"]).toString())?.[0] ?? "";
    const argv = [program, "jupyter", "--kernel", "--conn", "{connection_file}"];
    return { launch: launchOf("deno", argv, "message"), version, phrases: denoTypeScript };
  },
};

/** Our kernel as another built checkout has it, to compare a change with what was before it. */
export function otherCheckout(path: string): FoundPeer {
  const program = join(resolve(path), "dist", "cli", "main.cjs");
  if (!existsSync(program)) return { absent: `there is no ${program}` };
  const own = ownKernel();
  const [node = process.execPath, _program, ...rest] = own.argv;
  const launch = { ...own, name: "before", argv: [node, program, ...rest] };
  return { launch, version: readVersion(join(resolve(path), "package.json")), phrases: typeScript };
}

/** npm installs the program of the platform as an optional package; the `deno` command only looks for it. */
function findDeno(): string | undefined {
  const scope = resolve(directory, "node_modules", "@deno");
  const name = process.platform === "win32" ? "deno.exe" : "deno";
  return (existsSync(scope) ? readdirSync(scope) : [])
    .map((platform) => join(scope, platform, name))
    .find((path) => existsSync(path));
}

function launchOf(name: string, argv: readonly string[], interruptMode: KernelLaunch["interruptMode"]): KernelLaunch {
  return { name, displayName: name, language: "", argv, interruptMode };
}

function readVersion(path: string): string {
  return (JSON.parse(readFileSync(path, "utf8")) as { readonly version: string }).version;
}

const typeScript: Phrases = {
  trivial: "1 + 1",
  cell: (lines, name) =>
    repeat(lines, (at) => {
      const n = `${name}${at}`;
      return [
        `interface Row_${n} { readonly id: number; readonly name: string; readonly tags: readonly string[] }`,
        `const rows_${n}: Row_${n}[] = Array.from({ length: 20 }, (_, i) => ({ id: i, name: \`row \${i}\`, tags: ["a"] }));`,
        `function total_${n}(list: readonly Row_${n}[]): number { return list.reduce((sum, { id }) => sum + id, 0); }`,
        `const byName_${n} = new Map(rows_${n}.map((row) => [row.name, row] as const));`,
        `total_${n}(rows_${n}.filter(({ tags }) => tags.includes("a"))) + byName_${n}.size;`,
      ];
    }),
  imports: `import { z } from "zod"; import * as arrow from "apache-arrow"; z.object({ a: z.string() }); arrow.tableFromArrays({ a: [1] }).numRows`,
  print: (lines) => `for (let i = 0; i < ${lines}; i++) console.log("line " + i);`,
  display: (bytes) => `import * as tslab from "tslab"; tslab.display.html("x".repeat(${bytes}));`,
  completed: "console.",
  busy: (milliseconds) => `{ const end = Date.now() + ${milliseconds}; while (Date.now() < end); }`,
  neverSettling: "await new Promise(() => {});",
};

const denoTypeScript: Phrases = {
  ...typeScript,
  display: (bytes) => `await Deno.jupyter.display({ "text/html": "x".repeat(${bytes}) }, { raw: true });`,
  // Deno forgets what waits for nothing at once.
  neverSettling: "await new Promise((done) => setTimeout(done, 1e9));",
};

const python3: Phrases = {
  trivial: "1 + 1",
  cell: (lines, name) =>
    repeat(lines, (at) => {
      const n = `${name}${at}`;
      return [
        `Row_${n} = __import__("collections").namedtuple("Row_${n}", ["id", "name", "tags"])`,
        `rows_${n} = [Row_${n}(i, f"row {i}", ["a"]) for i in range(20)]`,
        `total_${n} = lambda rows: sum(row.id for row in rows)`,
        `by_name_${n} = {row.name: row for row in rows_${n}}`,
        `total_${n}([row for row in rows_${n} if "a" in row.tags]) + len(by_name_${n})`,
      ];
    }),
  print: (lines) => `for i in range(${lines}): print("line", i)`,
  display: (bytes) => `from IPython.display import HTML, display; display(HTML("x" * ${bytes}))`,
  completed: "str.",
  busy: (milliseconds) => `import time\nend = time.time() + ${milliseconds / 1000}\nwhile time.time() < end: pass`,
  neverSettling: "import asyncio; await asyncio.Event().wait()",
};

const linesOfBlock = 5;

function repeat(lines: number, block: (at: number) => readonly string[]): string {
  return Array.from({ length: lines / linesOfBlock }, (_, at) => block(at).join("\n")).join("\n");
}
