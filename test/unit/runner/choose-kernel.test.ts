import { expect, test } from "vitest";
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
