import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { mainPath, runCommand } from "../support/command-line.js";

let root: string;
const cellscope = (...args: string[]) =>
  runCommand(args, {
    cwd: root,
    env: { HOME: root, JUPYTER_DATA_DIR: join(root, "data"), VIRTUAL_ENV: "", CONDA_PREFIX: "", JUPYTER_PATH: "" },
  });

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cellscope-test-"));
});
afterEach(() => rm(root, { recursive: true }));

test("install writes two kernelspecs that start this program by absolute paths, and says where", async () => {
  const { code, stdout, stderr } = await cellscope("install");
  const directory = join(root, "data/kernels/cellscope");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toBe(
    `Installed the kernel "cellscope", shown as "TypeScript (Cellscope)", in ${directory}\n` +
      `Installed the kernel "cellscope-js", shown as "JavaScript (Cellscope)", in ${directory}-js\n`,
  );
  expect(JSON.parse(await readFile(join(`${directory}-js`, "kernel.json"), "utf8"))).toMatchObject({
    argv: [process.execPath, mainPath, "kernel", "--javascript", "--connection-file", "{connection_file}"],
    language: "javascript",
  });
  const spec = JSON.parse(await readFile(join(directory, "kernel.json"), "utf8"));
  expect(spec).toMatchObject({
    argv: [process.execPath, mainPath, "kernel", "--connection-file", "{connection_file}"],
    language: "typescript",
    display_name: "TypeScript (Cellscope)",
    interrupt_mode: "message",
  });
  expect((await readdir(directory)).sort()).toEqual([
    "kernel.json",
    "logo-32x32.png",
    "logo-64x64.png",
    "logo-svg.svg",
  ]);
});

test("install takes a prefix, a name, a display name and variables; uninstall takes it away again", async () => {
  const prefix = join(root, "prefix");
  const installed = await cellscope(
    ...["install", "--prefix", prefix, "--name", "MyKernel", "--display-name", "Mine", "--env", "A=1", "--env", "B=2"],
  );
  expect([installed.code, installed.stderr]).toEqual([0, ""]);
  const directory = join(prefix, "share/jupyter/kernels/mykernel");
  expect(JSON.parse(await readFile(join(directory, "kernel.json"), "utf8"))).toMatchObject({
    display_name: "Mine",
    env: { A: "1", B: "2" },
  });
  expect(JSON.parse(await readFile(join(`${directory}-js`, "kernel.json"), "utf8"))).toMatchObject({
    display_name: "Mine (JavaScript)",
    env: { A: "1", B: "2" },
  });
  const removed = await cellscope("uninstall", "--prefix", prefix, "--name", "MyKernel");
  expect([removed.code, removed.stdout]).toEqual([
    0,
    `Removed the kernel "mykernel" from ${directory}\nRemoved the kernel "mykernel-js" from ${directory}-js\n`,
  ]);
  expect(await readdir(join(prefix, "share/jupyter/kernels"))).toEqual([]);
});

test("install writes neither of the two when another kernel has the name of one", async () => {
  const other = join(root, "data/kernels/cellscope-js");
  await mkdir(other, { recursive: true });
  await writeFile(join(other, "kernel.json"), '{"argv":["other"]}');
  const { code, stderr } = await cellscope("install");
  expect([code, stderr]).toEqual([
    2,
    `cellscope: ${other} holds another kernel, which would be lost: choose another --name.\n`,
  ]);
  expect(await readdir(join(root, "data/kernels"))).toEqual(["cellscope-js"]);
});

test("a program that is called through a link in a folder of programs is installed by its real path", async () => {
  await mkdir(join(root, "bin"));
  const link = join(root, "bin/cellscope");
  await symlink(mainPath, link);
  const { spawnSync } = await import("node:child_process");
  const { status } = spawnSync(process.execPath, [link, "install", "--prefix", root], { encoding: "utf8" });
  expect(status).toBe(0);
  const spec = JSON.parse(await readFile(join(root, "share/jupyter/kernels/cellscope/kernel.json"), "utf8"));
  expect(spec.argv[1]).toBe(mainPath);
});

describe("misuse ends with 2 and says what would be right", () => {
  test.each([
    [["install", "--name", "a b"], /--name may have ASCII letters.*got "a b"/],
    [["install", "--env", "x"], /--env must be NAME=VALUE.*got "x"/],
    [["install", "--sys-prefix"], /neither VIRTUAL_ENV nor CONDA_PREFIX is set/],
    [["install", "--user", "--prefix", "/x"], /Give one of --user, --sys-prefix and --prefix/],
    [["install", "--nope"], /unknown option '--nope'[\s\S]*cellscope install --help/],
    [["install", "extra"], /too many arguments/],
    [["uninstall"], /There is no kernelspec "cellscope" in/],
    [["nope"], /there is no command "nope"; there are: install, uninstall, run, sysinfo, top, doctor, kernel/],
    [[], /Usage: cellscope COMMAND/],
    [["kernel"], /--connection-file FILE/],
    [["kernel", "--connection-file", "/no/such/file"], /\/no\/such\/file/],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await cellscope(...args);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, ""]);
  });
});

test.each([
  [["--help"], /^Usage: cellscope COMMAND/],
  [["install", "--help"], /--sys-prefix/],
  [["uninstall", "-h"], /--name <name>/],
  [["run", "--help"], /--allow-errors[\s\S]*Exit codes:/],
  [["kernel", "--help"], /--connection-file/],
  [
    ["--version"],
    new RegExp(`^${JSON.parse(readFileSync(join(mainPath, "../../../package.json"), "utf8")).version}\\n$`),
  ],
])("%j answers on standard output", async (args, expected) => {
  const { code, stdout, stderr } = await cellscope(...args);
  expect(stdout).toMatch(expected);
  expect([code, stderr]).toEqual([0, ""]);
});
