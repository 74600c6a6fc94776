import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { withMagics } from "../../../magics/dispatch/with-magics.js";
import { findNpm } from "../../../magics/find-npm.js";
import { npm } from "../../../magics/npm.js";
import { createRecording, noProbe } from "../../support/recording-interpreter.js";

let root: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "cellscope-npm-")));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

function open(directory: string) {
  const { interpreter, output, log } = createRecording();
  const wrapped = withMagics(
    { ...interpreter, directory: () => ({ current: directory }) },
    { npm },
    { probe: noProbe },
  );
  return {
    log,
    interrupt: () => wrapped.interrupt(),
    run: (code: string) => wrapped.execute(code, output, { executionCount: 1 }),
    text: (stream: "stdout" | "stderr") =>
      log
        .filter((entry) => entry.startsWith(`${stream} `))
        .map((entry) => entry.slice(stream.length + 1))
        .join(""),
  };
}

describe("%npm", () => {
  test("install makes a package.json beside the notebook where there is none, says so, and installs there", async () => {
    await write("stock/package.json", '{ "name": "stock", "version": "1.2.3" }');
    await mkdir(join(root, "notebooks"));
    const { run, text } = open(join(root, "notebooks"));
    const outcome = await run("%npm install '../stock' --offline --no-audit");
    expect(outcome, text("stderr")).toEqual({ status: "ok" });
    expect(text("stdout")).toMatch(
      /^There was no package\.json: .*notebooks.package\.json is new\.\n[\s\S]*added 1 package/,
    );
    const manifest = JSON.parse(await readFile(join(root, "notebooks/package.json"), "utf8"));
    expect(manifest).toEqual({ private: true, dependencies: { stock: "file:../stock" } });
    const installed = JSON.parse(await readFile(join(root, "notebooks/node_modules/stock/package.json"), "utf8"));
    expect(installed.version).toBe("1.2.3");
  });

  test("install leaves the package.json of a project that the notebook is part of to npm", async () => {
    await write("package.json", '{ "name": "project", "version": "0.0.0" }');
    await write("stock/package.json", '{ "name": "stock", "version": "1.2.3" }');
    await mkdir(join(root, "notebooks"));
    const { run, text } = open(join(root, "notebooks"));
    expect(await run("%npm i ../stock --offline --no-audit")).toEqual({ status: "ok" });
    expect(text("stdout")).not.toContain("There was no package.json");
    expect(JSON.parse(await readFile(join(root, "package.json"), "utf8")).dependencies).toEqual({
      stock: "file:stock",
    });
  });

  test("that fails fails its cell", async () => {
    await write("package.json", "{}");
    const { run, text } = open(root);
    expect(await run("%npm run no-such-script")).toMatchObject({
      status: "error",
      error: { ename: "NpmError", evalue: "npm run failed: exit code 1" },
    });
    expect(text("stderr")).not.toBe("");
  });

  test("alone shows npm's help", async () => {
    const { run, text } = open(root);
    expect(await run("%npm")).toEqual({ status: "ok" });
    expect(text("stdout")).toContain("npm install <foo>");
  });

  test("streams what a script prints, and ends it on an interrupt", async () => {
    await write("package.json", JSON.stringify({ scripts: { long: "echo begun; sleep 600" } }));
    const { run, text, interrupt } = open(root);
    const ended = run("%npm run long");
    await expect.poll(() => text("stdout"), { timeout: 20_000 }).toContain("\nbegun\n");
    await interrupt();
    expect(await ended).toMatchObject({ status: "error", error: { ename: "Interrupted" } });
  });

  test("with a quote that is not closed says so", async () => {
    const { run } = open(root);
    expect(await run("%npm install 'left")).toMatchObject({
      error: { ename: "UsageError", evalue: "A quote is not closed: %npm install 'left" },
    });
  });
});

describe("npm is found", () => {
  test("beside Node, on Windows as the script behind npm.cmd", async () => {
    await write("node/npm.cmd", "");
    await write("node/node_modules/npm/bin/npm-cli.js", "");
    const execPath = join(root, "node/node.exe");
    expect(findNpm({ execPath, path: "", platform: "win32" })).toEqual({
      program: execPath,
      args: [join(root, "node/node_modules/npm/bin/npm-cli.js")],
    });
  });

  test("on the PATH when there is none beside Node", async () => {
    await write("bin/npm", "#!/bin/sh\n");
    const found = findNpm({ execPath: join(root, "node/node"), path: join(root, "bin"), platform: "linux" });
    expect(found).toEqual({ program: join(root, "bin/npm"), args: [] });
  });

  test("or its absence is told with what to do", () => {
    expect(() => findNpm({ execPath: "/nowhere/node", path: "", platform: "linux" })).toThrow(
      "There is no npm beside /nowhere/node nor on the PATH. Install npm, or a Node that brings it, and restart the kernel.",
    );
  });
});
