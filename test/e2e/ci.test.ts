// What docs/ci.md says is done as it says it, where the package is installed.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { type CodeCell, formatNotebook } from "../../runner/nbformat.js";
import { readNamedBlocks } from "../support/doc-blocks.js";

const root = join(import.meta.dirname, "../..");
let folder: string;
let blocks: ReadonlyMap<string, string>;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "cellscope-ci-")));
  blocks = new Map((await readNamedBlocks(join(root, "docs/ci.md"))).map(({ name, text }) => [name, text]));
  await mkdir(join(folder, "node_modules/.bin"), { recursive: true });
  await mkdir(join(folder, "notebooks"));
  await writeFile(join(folder, "package.json"), '{ "name": "project", "private": true }\n');
  await symlink(root, join(folder, "node_modules/cellscope"));
  // As npm makes it.
  const program = join(folder, "node_modules/.bin/cellscope");
  await writeFile(program, `#!/usr/bin/env node\nrequire(${JSON.stringify(join(root, "dist/cli/main.cjs"))});\n`);
  await chmod(program, 0o755);
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, source: string, shown: string): Promise<void> {
  const cell: CodeCell = {
    cell_type: "code",
    id: "only",
    metadata: {},
    source,
    execution_count: 1,
    outputs: [{ output_type: "stream", name: "stdout", text: shown }],
  };
  const notebook = { nbformat: 4 as const, nbformat_minor: 5, metadata: {}, cells: [cell] };
  await writeFile(join(folder, "notebooks", name), formatNotebook(notebook));
}

/** Runs commands as the shell of a job does: the first that fails ends it. */
function shell(commands: string, env: Readonly<Record<string, string | undefined>> = {}) {
  const options = {
    cwd: folder,
    env: { ...process.env, GITHUB_ACTIONS: undefined, ...env },
    timeout: 110_000,
  };
  return new Promise<{ readonly code: number; readonly stdout: string }>((resolve) => {
    execFile("sh", ["-e", "-c", commands], options, (error, stdout) => {
      resolve({ code: error ? Number(error.code) : 0, stdout });
    });
  });
}

function block(name: string): string {
  const text = blocks.get(name);
  if (text === undefined) throw new Error(`docs/ci.md has no block that is named ${name}.`);
  return text;
}

/** What is installed already in these tests, by links. */
const isInstallation = (command: string) => /^npm (?:ci|install)\b/.test(command);

test("the job for GitHub runs, and leaves what it says", async () => {
  await write("good.ipynb", 'console.log("hello");', "hello\n");
  const { jobs } = parse(block(".github/workflows/notebooks.yml")) as {
    readonly jobs: { readonly notebooks: { readonly steps: readonly { readonly run?: string }[] } };
  };
  const commands = jobs.notebooks.steps.flatMap(({ run }) => (run === undefined || isInstallation(run) ? [] : [run]));
  expect(commands).toHaveLength(1);
  const summary = join(folder, "summary.md");
  const github = { GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: folder, GITHUB_STEP_SUMMARY: summary };
  const { code, stdout } = await shell(commands.join("\n"), github);
  expect(code, stdout).toBe(0);
  for (const name of ["good.ipynb", "junit.xml", "report.json"])
    expect(existsSync(join(folder, "out", name))).toBe(true);
  expect(await readFile(summary, "utf8")).toMatch(/^## 1 notebook in .*, all well$/m);
});

test("the job for GitLab runs, and fails where a notebook says something else", async () => {
  await write("changed.ipynb", 'console.log("hello");', "good morning\n");
  const { notebooks } = parse(block(".gitlab-ci.yml")) as {
    readonly notebooks: {
      readonly script: readonly string[];
      readonly artifacts: { readonly reports: { readonly junit: string } };
    };
  };
  const commands = notebooks.script.filter((command) => !isInstallation(command));
  expect(commands).toHaveLength(1);
  const { code, stdout } = await shell(commands.join("\n"));
  expect(code, stdout).toBe(1);
  const junit = await readFile(join(folder, notebooks.artifacts.reports.junit), "utf8");
  expect(junit).toMatch(/<testsuites name="cellscope [^"]*" tests="2" failures="1" errors="0"/);
  await rm(join(folder, "notebooks/changed.ipynb"));
});

test("a baseline is made, and compared with", async () => {
  const made = await shell(block("make-baseline.sh"));
  expect(made.code, made.stdout).toBe(0);
  const compared = await shell(block("compare-with-baseline.sh"));
  // Whether the machine was slower this time is not what is tested.
  expect([0, 3]).toContain(compared.code);
});
