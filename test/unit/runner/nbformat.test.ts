import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { RunnerError } from "../../../runner/errors.js";
import { formatNotebook, parseNotebook, tagsOf } from "../../../runner/nbformat.js";

const fixtures = join(import.meta.dirname, "../../fixtures/notebooks");
const read = (name: string): string => readFileSync(join(fixtures, name), "utf8");

// The fixtures were written by nbformat.write of nbformat 5.11.1.
test.each(readdirSync(fixtures).filter((name) => name.startsWith("nbformat-5.11-")))(
  "writes %s byte for byte as nbformat.write did",
  (name) => {
    expect(formatNotebook(parseNotebook(read(name), name))).toBe(read(name));
  },
);

describe("a notebook of format 4.2", () => {
  const upgraded = formatNotebook(parseNotebook(read("nbformat-4.2-tslab.ipynb"), "old.ipynb"));

  test("becomes 4.5, with ids for its cells", () => {
    const { nbformat, nbformat_minor, metadata, cells } = parseNotebook(upgraded, "old.ipynb");
    expect([nbformat, nbformat_minor, metadata]).toEqual([4, 5, {}]);
    for (const { id } of cells) expect(id).toMatch(/^[0-9a-f]{8}$/);
  });

  test("gets a different id for each cell, also where sources are the same", () => {
    const ids = parseNotebook(upgraded, "old.ipynb").cells.map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
  });

  test("gets the same ids every time", () => {
    expect(formatNotebook(parseNotebook(read("nbformat-4.2-tslab.ipynb"), "old.ipynb"))).toBe(upgraded);
  });
});

test("an id that is used twice or is not valid is replaced", () => {
  const cell = { cell_type: "markdown", metadata: {}, source: "" };
  const cells = ["a", "a", "not valid", "b"].map((id) => ({ ...cell, id }));
  const { cells: parsed } = parseNotebook(JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }), "n");
  const ids = parsed.map(({ id }) => id);
  expect(ids[0]).toBe("a");
  expect(ids[3]).toBe("b");
  expect(new Set(ids).size).toBe(4);
  for (const id of ids) expect(id).toMatch(/^[\w-]+$/);
});

test("fields that a cell lacks are added, so that what is written is valid", () => {
  const text = JSON.stringify({ nbformat: 4, cells: [{ cell_type: "code", source: ["a\n", "b"] }] });
  expect(parseNotebook(text, "n")).toEqual({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: [
      {
        cell_type: "code",
        id: expect.any(String),
        metadata: {},
        source: "a\nb",
        execution_count: null,
        outputs: [],
      },
    ],
  });
});

test("a byte order mark does not matter", () => {
  expect(parseNotebook('\ufeff{"nbformat":4,"cells":[]}', "n").cells).toEqual([]);
});

const withCell = (cell: unknown): string => JSON.stringify({ nbformat: 4, nbformat_minor: 5, cells: [cell] });

test.each([
  ["", "n.ipynb is empty: a notebook is a JSON file."],
  [
    "{",
    "n.ipynb is not a notebook, because it is not JSON: line 1, column 2: expected a key or }, got the end of the file.",
  ],
  ["[]", "n.ipynb is not a valid notebook: a notebook must be a JSON object, got []."],
  ["{}", 'n.ipynb is not a notebook: it has no "nbformat" field, as every notebook has.'],
  ['{"nbformat":5}', "n.ipynb is a notebook of format 5; formats 4.0 to 4.5 can be run."],
  ['{"nbformat":4,"cells":{}}', "n.ipynb is not a valid notebook: cells must be a list, got {}."],
  ['{"nbformat":4}', "n.ipynb is not a valid notebook: cells must be a list, got nothing."],
  [
    withCell({ cell_type: "heading" }),
    'n.ipynb is not a valid notebook: cells[0].cell_type must be "code", "markdown" or "raw", got "heading".',
  ],
  [
    withCell({ cell_type: "code", source: 1 }),
    "n.ipynb is not a valid notebook: cells[0].source must be a text or a list of texts, got 1.",
  ],
  [
    withCell({ cell_type: "code", outputs: [{ output_type: "pyout" }] }),
    "n.ipynb is not a valid notebook: cells[0].outputs[0].output_type must be " +
      '"stream", "display_data", "execute_result" or "error", got "pyout".',
  ],
])("%j is told as wrong", (text, message) => {
  expect(() => parseNotebook(text, "n.ipynb")).toThrow(new RunnerError(message));
});

test("a notebook of format 3 is told how to become one of format 4", () => {
  expect(() => parseNotebook('{"nbformat":3,"worksheets":[]}', "n.ipynb")).toThrow(
    /format 3; .*jupyter nbconvert --to notebook --nbformat 4 n\.ipynb/,
  );
});

test("tags that are no texts are passed over", () => {
  const { cells } = parseNotebook(withCell({ cell_type: "raw", metadata: { tags: ["a", 1] } }), "n");
  expect(cells.map(tagsOf)).toEqual([["a"]]);
});
