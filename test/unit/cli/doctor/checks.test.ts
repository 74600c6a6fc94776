import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkFolder, checkHistory } from "../../../../cli/doctor/check-folders.js";
import { checkJupyter } from "../../../../cli/doctor/check-jupyter.js";
import { checkKernelspecs } from "../../../../cli/doctor/check-kernelspecs.js";
import { checkExactPeak, checkLimits } from "../../../../cli/doctor/check-limits.js";
import { checkNode, checkZeromq } from "../../../../cli/doctor/check-programs.js";
import { findJupyter, parsePackageFolders } from "../../../../cli/doctor/find-jupyter.js";
import { formatKernelspec } from "../../../../kernel/kernelspec/kernelspec.js";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cellscope-test-"));
});
afterEach(() => rm(root, { recursive: true }));

describe("node", () => {
  test.each([
    ["v20.19.0", "ok"],
    ["v26.1.0", "ok"],
    ["v20.18.3", "problem"],
    ["v18.20.4", "problem"],
  ])("%s is %s where >=20.19 is needed", (version, level) => {
    expect(checkNode(version, ">=20.19")).toMatchObject({ level });
  });

  test("the range is that of package.json", () => {
    expect(checkNode("v4.0.0").text).toMatch(/is too old: >=\d+/);
  });
});

describe("zeromq", () => {
  test("it loads here, and its version is told", async () => {
    expect(await checkZeromq()).toEqual({
      check: "zeromq",
      level: "ok",
      text: expect.stringMatching(/^6\.\d+\.\d+ loads$/),
    });
  });

  test("why it does not load is told", async () => {
    const finding = await checkZeromq(() => Promise.reject(new Error("GLIBC_2.99 not found")));
    expect(finding).toMatchObject({ level: "problem", text: expect.stringContaining("GLIBC_2.99 not found") });
  });
});

describe("kernelspecs", () => {
  const program = () => join(root, "cellscope/dist/cli/main.cjs");
  const surroundings = () => ({
    directories: [join(root, "one"), join(root, "two")],
    program: program(),
    path: [join(root, "empty"), join(root, "bin")].join(delimiter),
  });
  const found = async () =>
    (await checkKernelspecs(surroundings())).map(({ level, text }) => `${level}: ${text.replaceAll(root, "")}`);

  beforeEach(async () => {
    for (const path of ["cellscope/dist/cli/main.cjs", "other/dist/cli/main.cjs"]) {
      await mkdir(join(root, path, ".."), { recursive: true });
      await writeFile(join(root, path), "");
    }
    await mkdir(join(root, "bin"));
    await writeFile(join(root, "bin/python3"), "", { mode: 0o755 });
  });

  async function write(directory: string, name: string, text: string): Promise<void> {
    const path = join(root, directory, name);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, "kernel.json"), text);
  }
  const ours = (bundle = program(), node = process.execPath) =>
    formatKernelspec({ node, program: bundle, displayName: "x", env: {}, language: "typescript", version: "1.0.0" });
  const theirs = (...argv: string[]) => JSON.stringify({ argv, display_name: "theirs", language: "x" });

  test("where there is none of ours, Jupyter does not know the kernel", async () => {
    expect(await found()).toEqual(["warning: Jupyter does not know the kernel"]);
  });

  test("ours that starts this installation is well, beside kernels of others", async () => {
    await write("one", "cellscope", ours());
    await write("one", "python3", theirs("python3", "-m", "ipykernel_launcher"));
    expect(await found()).toEqual(['ok: "cellscope" in /one/cellscope starts this installation']);
  });

  test("ours that starts another installation is told with both", async () => {
    await write("one", "cellscope", ours(join(root, "other/dist/cli/main.cjs")));
    expect(await found()).toEqual([
      'warning: "cellscope" in /one/cellscope starts /other/dist/cli/main.cjs, and this is /cellscope/dist/cli/main.cjs',
    ]);
  });

  test("ours whose installation is gone is a problem", async () => {
    await write("one", "cellscope", ours(join(root, "gone/main.cjs")));
    expect((await found()).at(-1)).toBe(
      'problem: "cellscope" in /one/cellscope cannot start: the Cellscope that it starts, /gone/main.cjs, is not there',
    );
  });

  test("ours whose Node is gone is a problem", async () => {
    await write("one", "cellscope", ours(program(), join(root, "gone/node")));
    expect((await found()).at(-1)).toBe(
      'problem: "cellscope" in /one/cellscope cannot start: its program /gone/node is not there, or may not be run',
    );
  });

  test("a kernelspec that hides another is told, whatever its letters; the same one twice is none", async () => {
    await write("one", "cellscope", ours());
    await write("one", "Python3", theirs("python3", "-m", "one"));
    await write("two", "python3", theirs("python3", "-m", "two"));
    await write("two", "cellscope", ours());
    expect(await found()).toEqual([
      'ok: "cellscope" in /one/cellscope starts this installation',
      'ok: "cellscope" in /two/cellscope starts this installation',
      'warning: "python3" is there twice: Jupyter takes /one/Python3 and never sees /two/python3',
    ]);
  });

  test("another kernel that hides ours is a problem", async () => {
    await write("one", "cellscope", theirs("python3", "-m", "one"));
    await write("two", "cellscope", ours());
    expect(await found()).toContain(
      'problem: "cellscope" is there twice: Jupyter takes /one/cellscope and never sees /two/cellscope',
    );
  });

  test.each([
    ["a missing program", theirs("nosuchprogram"), "its program nosuchprogram is not there, or may not be run"],
    ["text that is no JSON", "{", "The kernelspec /one/other/kernel.json is not JSON"],
    ["an argv that is none", "{}", "argv in /one/other/kernel.json must be a list of texts, got nothing."],
  ])("a kernelspec of others with %s is a warning", async (_, text, reason) => {
    await write("one", "cellscope", ours());
    await write("one", "other", text);
    const last = (await found()).at(-1) ?? "";
    expect(last.startsWith(`warning: "other" in /one/other cannot start: ${reason}`), last).toBe(true);
  });

  test("tslab's own beside ours is told", async () => {
    await write("one", "cellscope", ours());
    await writeFile(join(root, "bin/tslab"), "", { mode: 0o755 });
    await write("two", "tslab", theirs("tslab", "kernel", "--config-path", "{connection_file}"));
    expect((await found()).at(-1)).toMatch(/^ok: "tslab" in \/two\/tslab is tslab's own/);
  });
});

describe("jupyter", () => {
  async function environment(name: string, script: (bin: string) => string): Promise<string> {
    const bin = join(root, name, "bin");
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, "jupyter"), script(bin), { mode: 0o755 });
    return bin;
  }

  test("its packages and its environment are read from files, and nothing is started", async () => {
    const bin = await environment("env", (folder) => `#!${folder}/python3.11\nthis is no program\n`);
    for (const folder of ["jupyterlab-4.4.1.dist-info", "jupyter_core-5.8.1.dist-info", "six-1.17.0.dist-info"]) {
      await mkdir(join(root, "env/lib/python3.11/site-packages", folder), { recursive: true });
    }
    const jupyter = await findJupyter([join(root, "nothing"), bin].join(delimiter), "linux");
    expect(jupyter?.prefix).toBe(join(root, "env"));
    expect(jupyter && (await checkJupyter(jupyter))).toEqual({
      check: "jupyter",
      level: "ok",
      text: `${bin}/jupyter: jupyterlab 4.4.1, jupyter_core 5.8.1`,
    });
  });

  test("a link leads to the environment of the program behind it", async () => {
    const bin = await environment("env", (folder) => `#!${folder}/python\n`);
    await mkdir(join(root, "local"));
    await symlink(join(bin, "jupyter"), join(root, "local/jupyter"));
    expect((await findJupyter(join(root, "local"), "linux"))?.prefix).toBe(join(root, "env"));
  });

  test("without one, it is said that notebooks can be run all the same", async () => {
    expect(await findJupyter(join(root, "nothing"))).toBeUndefined();
    expect(await checkJupyter(undefined)).toMatchObject({
      level: "warning",
      text: expect.stringContaining("cellscope run"),
    });
  });

  test("names of packages are read as pip writes them", () => {
    const names = ["notebook-7.4.0.dist-info", "JupyterLab-4.2.0.egg-info", "jupyter-client-8.6.dist-info", "junk"];
    expect([...parsePackageFolders(names)]).toEqual([
      ["jupyterlab", "4.2.0"],
      ["notebook", "7.4.0"],
    ]);
  });
});

describe("folders", () => {
  const folder = (path: string) =>
    checkFolder({ check: "data folder", path, level: "problem", consequence: "nothing works", mend: "mend it" });

  test("one that is there can be written, one that is not can be made", async () => {
    expect(await folder(root)).toMatchObject({ level: "ok", text: `${root} can be written` });
    const deeper = join(root, "a/b/c");
    expect(await folder(deeper)).toMatchObject({ level: "ok", text: `${deeper} is not there yet, and can be made` });
  });

  test("a file in its place is told, with what does not work and how to mend it", async () => {
    await writeFile(join(root, "file"), "");
    expect(await folder(join(root, "file"))).toEqual({
      check: "data folder",
      level: "problem",
      text: `${root}/file cannot be written, so nothing works: ${root}/file is not a directory`,
      mend: "mend it",
    });
    expect(await folder(join(root, "file/below"))).toMatchObject({ level: "problem" });
  });

  test.skipIf(process.getuid?.() === 0)("one that belongs to somebody else is told", async () => {
    await chmod(root, 0o500);
    expect(await folder(join(root, "x"))).toMatchObject({ level: "problem", text: expect.stringContaining("EACCES") });
    await chmod(root, 0o700);
  });

  test("the history is counted, and its absence told", async () => {
    await writeFile(join(root, "1.jsonl"), "x".repeat(2048));
    expect((await checkHistory(root)).text).toBe(`${root} can be written; sessions: 1, 2.0 KiB`);
    expect(await checkHistory(undefined)).toMatchObject({ level: "ok", text: expect.stringContaining("is not kept") });
  });
});

describe("limits", () => {
  test("memory and CPUs are told with the limit that holds", async () => {
    const findings = await checkLimits();
    expect(findings.map(({ check }) => check)).toEqual(["memory", "cpu"]);
    expect(findings[0]?.text).toMatch(/^\d[\d.]* [KMGT]iB may be used \(.+\), .* of it are left/);
    expect(findings[1]?.text).toMatch(/^\d[\d.]* CPUs may be used \(.+\)$/);
  });

  test.runIf(process.platform === "linux")(
    "a /proc that cannot be written makes peaks inexact, with the reason",
    () => {
      expect(checkExactPeak(root)).toMatchObject({ level: "warning", text: expect.stringContaining("ENOENT") });
    },
  );
});
