import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { executeNotebook, listNotebooks, normalizeNotebook } from "../support/notebooks.js";

// Fewer rows than the committed outputs are made of: what differs by that is normalised.
const environment = { CELLSCOPE_ROWS: "10000" };
const notebooks = await listNotebooks("notebooks");

test("there are example notebooks", () => {
  expect(notebooks.length).toBeGreaterThanOrEqual(2);
});

test.each(notebooks.map((path) => [basename(path), path]))(
  "%s runs and gives the outputs that it was committed with",
  async (_, path) => {
    const { end, text } = await executeNotebook(path, { environment });
    expect(end.code, end.output).toBe(0);
    expect(normalizeNotebook(text)).toEqual(normalizeNotebook(await readFile(path, "utf8")));
  },
  300_000,
);
