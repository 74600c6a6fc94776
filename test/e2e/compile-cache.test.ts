// Compiled code that is kept from one start to the next, before Node did that by itself.
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCommand } from "../support/command-line.js";

const nodeHasIts = "enableCompileCache" in createRequire(import.meta.url)("node:module");
let root: string;
const kept = () => join(root, "cellscope/compiled");
const list = async () => {
  const { code, stdout, stderr } = await runCommand(["run", "--help"], { cwd: root, env: { XDG_CACHE_HOME: root } });
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("cellscope run");
};
const files = async () => (await readdir(kept())).filter((name) => name.endsWith(".code"));

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cellscope-test-"));
});
afterEach(() => rm(root, { recursive: true }));

describe.skipIf(nodeHasIts || process.platform !== "linux")("compiled code", () => {
  test("is kept by the first start and taken by the next, for its owner alone", async () => {
    await list();
    const [name = "", ...others] = await files();
    expect([name, others]).toEqual([expect.stringMatching(/^run\.cjs-[0-9a-f]{40}\.code$/), []]);
    const written = await readFile(join(kept(), name));
    await list();
    expect(await readFile(join(kept(), name))).toEqual(written);
  });

  test("loads what it needs only now and then, at every start", async () => {
    await writeFile(join(root, "one.ipynb"), "{}");
    for (let start = 0; start < 2; start += 1) {
      const { code, stdout } = await runCommand(["run", "--list", "."], { cwd: root, env: { XDG_CACHE_HOME: root } });
      expect([code, stdout]).toEqual([0, "one.ipynb\n"]);
    }
  });

  test("that is cut off, or something else, is written anew, and the command runs", async () => {
    await list();
    const [name = ""] = await files();
    const path = join(kept(), name);
    const { length } = await readFile(path);
    for (const spoil of [() => truncate(path, length / 2), () => writeFile(path, "no code"), () => truncate(path, 0)]) {
      await spoil();
      await list();
      expect((await readFile(path)).length).toBeGreaterThan(length / 2);
      expect(await files()).toEqual([name]);
    }
  });

  test("is done without where the folder cannot be made", async () => {
    await mkdir(join(root, "cellscope"));
    await writeFile(kept(), "a file");
    await list();
  });
});
