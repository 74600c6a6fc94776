import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { chooseKernel } from "../../../runner/choose-kernel.js";
import type { Metadata, Notebook } from "../../../runner/nbformat.js";

const notebook = (metadata: Metadata): Notebook => ({ nbformat: 4, nbformat_minor: 5, metadata, cells: [] });

test("a notebook of another language that names no kernel asks for one", async () => {
  await expect(chooseKernel(notebook({ language_info: { name: "zork" } }))).rejects.toThrow(
    "The notebook is written in zork and names no kernel: say which with --kernel NAME.",
  );
});

test("a notebook for a kernel that is not installed says so", async () => {
  const kernelspec = { name: "no-such-kernel", language: "zork", display_name: "Zork" };
  await expect(chooseKernel(notebook({ kernelspec }))).rejects.toThrow(
    /^The notebook is written in zork\. No kernel named "no-such-kernel" is installed/,
  );
});

describe("a notebook that names a kernel whose notebooks ours understands", () => {
  const root = mkdtempSync(join(tmpdir(), "cellscope-kernels-"));
  afterAll(() => rmSync(root, { recursive: true }));
  beforeEach(() => {
    for (const name of ["JUPYTER_PATH", "JUPYTER_DATA_DIR", "VIRTUAL_ENV", "CONDA_PREFIX", "HOME"]) {
      vi.stubEnv(name, join(root, "data"));
    }
  });
  afterEach(() => vi.unstubAllEnvs());

  const choose = async (name: string) => {
    const notices: string[] = [];
    const kernelspec = { name, language: "typescript", display_name: name };
    const launch = await chooseKernel(notebook({ kernelspec }), undefined, {
      onNotice: (notice) => notices.push(notice),
    });
    return { name: launch.name, argv: launch.argv, notices };
  };

  test.each([
    ["tslab", "cellscope"],
    ["jslab", "cellscope-js"],
    ["deno", "cellscope"],
    ["Deno", "cellscope"],
  ])("%s runs by %s when that one is not installed, which is told", async (named, ours) => {
    const { name, argv, notices } = await choose(named);
    expect([name, argv.includes("--javascript")]).toEqual([ours, ours === "cellscope-js"]);
    expect(notices).toEqual([
      `The notebook names the kernel "${named.toLowerCase()}", which is not installed: it is run by Cellscope's own.`,
    ]);
  });

  test("runs by that one when it is installed", async () => {
    mkdirSync(join(root, "data/kernels/tslab"), { recursive: true });
    writeFileSync(join(root, "data/kernels/tslab/kernel.json"), '{"argv":["tslab"],"display_name":"TypeScript"}');
    expect(await choose("tslab")).toEqual({ name: "tslab", argv: ["tslab"], notices: [] });
  });

  test("a notebook in JavaScript for any other kernel runs by ours for JavaScript, and nothing is told", async () => {
    const kernelspec = { name: "javascript", language: "javascript", display_name: "ijavascript" };
    expect((await chooseKernel(notebook({ kernelspec }))).name).toBe("cellscope-js");
  });
});
