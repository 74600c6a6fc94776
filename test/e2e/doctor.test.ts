import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Finding } from "../../cli/doctor/finding.js";
import { type CommandResult, mainPath, runCommand } from "../support/command-line.js";

const packageFolder = join(mainPath, "../../..");
let root: string;
let env: Record<string, string>;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cellscope-test-"));
  await mkdir(join(root, "bin"));
  env = {
    HOME: root,
    PATH: join(root, "bin"),
    JUPYTER_DATA_DIR: join(root, "data"),
    JUPYTER_RUNTIME_DIR: join(root, "runtime"),
    JUPYTER_PATH: "",
    VIRTUAL_ENV: "",
    CONDA_PREFIX: "",
    CELLSCOPE_HISTORY: "",
    XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? root, ".cache"),
  };
});
afterEach(() => rm(root, { recursive: true }));

const cellscope = (...args: string[]) => runCommand(args, { cwd: root, env });

/** What was found about one thing, without what kernels the machine has for everybody. */
function findingsOf({ stdout }: CommandResult, check: string): Finding[] {
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
  return findings.filter((finding) => finding.check === check && !/\/usr\/(local\/)?share/.test(finding.text));
}

async function writeJupyter(script: string): Promise<void> {
  await writeFile(join(root, "bin/jupyter"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

describe("where everything is in order", () => {
  beforeEach(async () => {
    await cellscope("install");
    await writeJupyter("echo 'jupyter_core     : 5.9.1'");
  });

  test("there is a line for each check, each of them ok, and the exit code is 0", async () => {
    const { code, stdout, stderr } = await cellscope("doctor");
    expect([code, stderr], stdout).toEqual([0, ""]);
    for (const check of ["node", "zeromq", "memory", "cpu", "jupyter", "data folder", "runtime folder", "history"]) {
      expect(stdout).toMatch(new RegExp(`^(ok|warning) +${check} `, "m"));
    }
    expect(stdout).toMatch(/^ok +kernelspec +"cellscope" in .* starts this installation$/m);
    expect(stdout).toMatch(/^ok +start-up +TypeScript starts from the snapshot/m);
    expect(stdout).toMatch(
      /^ok +kernel +starts: answers after \d+ ms, first value after \d+ ms, a trivial cell takes/m,
    );
  });

  test("--json says the same as data", async () => {
    const result = await cellscope("doctor", "--json");
    expect(JSON.parse(result.stdout)).toMatchObject({ version: expect.stringMatching(/^\d/), healthy: true });
    expect(findingsOf(result, "jupyter")).toEqual([
      { check: "jupyter", level: "ok", text: `${root}/bin/jupyter: jupyter_core 5.9.1` },
    ]);
  });

  test("the kernel that it starts leaves nothing in the history", async () => {
    const result = await cellscope("doctor", "--json");
    expect(findingsOf(result, "history")[0]?.text).toMatch(/is not there yet, and can be made; sessions: 0/);
  });

  test("a kernelspec whose program is missing is a problem, and the exit code is 1", async () => {
    const path = join(root, "data/kernels/cellscope/kernel.json");
    const spec = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify({ ...spec, argv: ["/gone/node", ...spec.argv.slice(1)] }));
    const result = await cellscope("doctor", "--json");
    expect(result.code).toBe(1);
    expect(findingsOf(result, "kernelspec").at(-1)).toMatchObject({
      level: "problem",
      text: expect.stringContaining("/gone/node is not there"),
      mend: expect.stringContaining("cellscope install"),
    });
  });

  test("a kernelspec on JUPYTER_PATH that hides ours is a problem", async () => {
    const directory = join(root, "shadow/kernels/cellscope");
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, "kernel.json"), JSON.stringify({ argv: [process.execPath], language: "x" }));
    env.JUPYTER_PATH = join(root, "shadow");
    const result = await cellscope("doctor", "--json");
    expect(result.code).toBe(1);
    expect(findingsOf(result, "kernelspec")).toContainEqual({
      check: "kernelspec",
      level: "problem",
      text: `"cellscope" is there twice: Jupyter takes ${directory} and never sees ${root}/data/kernels/cellscope`,
      mend: "remove the first, or give ours another name: cellscope install --name NAME",
    });
  });

  test("a Jupyter that cannot start is told with its own words, and is no problem of ours", async () => {
    await writeJupyter("echo 'No module named traitlets' >&2; exit 1");
    const result = await cellscope("doctor", "--json");
    expect(result.code).toBe(0);
    expect(findingsOf(result, "jupyter")).toMatchObject([
      { level: "warning", text: expect.stringContaining("No module named traitlets") },
    ]);
  });

  test("the environment of the jupyter on the PATH is searched too, also when no shell has activated it", async () => {
    await rm(join(root, "data"), { recursive: true });
    await cellscope("install", "--prefix", root);
    const result = await cellscope("doctor", "--json");
    expect(findingsOf(result, "kernelspec")[0]?.text).toBe(
      `"cellscope" in ${root}/share/jupyter/kernels/cellscope starts this installation`,
    );
  });
});

test("folders that cannot be written are problems, and the kernel is started all the same", async () => {
  await writeFile(join(root, "file"), "");
  env.JUPYTER_DATA_DIR = join(root, "file/data");
  env.JUPYTER_RUNTIME_DIR = join(root, "file/runtime");
  const result = await cellscope("doctor", "--json");
  expect(result.code).toBe(1);
  for (const check of ["data folder", "runtime folder"]) {
    expect(findingsOf(result, check)).toMatchObject([{ level: "problem", mend: expect.stringContaining("JUPYTER_") }]);
  }
  expect(findingsOf(result, "history")).toMatchObject([{ level: "warning" }]);
  expect(findingsOf(result, "kernel")).toMatchObject([{ level: "ok" }]);
});

test("without a start-up snapshot it is said how to build one", async () => {
  env.XDG_CACHE_HOME = join(root, "cache");
  const result = await cellscope("doctor", "--json");
  expect(findingsOf(result, "start-up")).toMatchObject([
    { level: "warning", mend: expect.stringContaining("cellscope install") },
  ]);
});

test("a kernel that cannot start is a problem, and its reason is told", async () => {
  const copy = join(root, "copy");
  await cp(join(packageFolder, "dist"), join(copy, "dist"), { recursive: true });
  await cp(join(packageFolder, "package.json"), join(copy, "package.json"));
  await symlink(join(packageFolder, "node_modules"), join(copy, "node_modules"));
  await rm(join(copy, "dist/cli/commands/kernel.cjs"));
  const { status, stdout } = doctorIn(copy);
  expect(status).toBe(1);
  expect(stdout).toMatch(/^problem +kernel +The kernel "cellscope" .* did not start\..*kernel\.cjs/m);
});

test("an installation whose packages are missing is told as such, line by line", async () => {
  const copy = join(root, "copy");
  await cp(join(packageFolder, "dist"), join(copy, "dist"), { recursive: true });
  await cp(join(packageFolder, "package.json"), join(copy, "package.json"));
  const { status, stdout } = doctorIn(copy);
  expect(status).toBe(1);
  expect(stdout).toMatch(/^problem +zeromq +cannot be loaded on .*Cannot find module 'zeromq'/m);
  expect(stdout).toMatch(/^problem +start-up +TypeScript cannot be started: Cannot find module 'typescript/m);
  expect(stdout).toMatch(/^problem +kernel /m);
});

function doctorIn(folder: string): { readonly status: number | null; readonly stdout: string } {
  return spawnSync(process.execPath, [join(folder, "dist/cli/main.cjs"), "doctor"], {
    encoding: "utf8",
    env: { ...process.env, ...env },
    cwd: root,
  });
}
