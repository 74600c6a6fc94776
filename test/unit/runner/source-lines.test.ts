import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseNotebook } from "../../../runner/nbformat.js";
import { blamedLine, fileLine, findSourceLines } from "../../../runner/source-lines.js";

const find = (text: string) => findSourceLines(text, parseNotebook(text, "n"));

test.each(["notebooks/00-getting-started.ipynb", "test/fixtures/notebooks/nbformat-4.2-tslab.ipynb"])(
  "each line of each cell of %s is where the file holds it",
  (path) => {
    const text = readFileSync(path, "utf8");
    const file = text.split("\n");
    const lines = find(text);
    for (const { id, source } of parseNotebook(text, path).cells) {
      for (const [index, line] of source.split("\n").entries()) {
        if (line === "") continue;
        expect(file[(lines.get(id)?.[index] ?? 0) - 1]).toContain(JSON.stringify(line).slice(1, -1));
      }
    }
  },
);

test("a source in one piece, and pieces that are no lines, have the lines that they stand on", () => {
  const text = [
    '{"nbformat": 4, "nbformat_minor": 5, "metadata": {"source": "no cell"}, "cells": [',
    '{"cell_type": "code", "id": "a", "metadata": {}, "outputs": [{"output_type": "stream", "text": "}]\\"{"}],',
    '"source": "one\\ntwo\\n\\nfour"},',
    '{"cell_type": "code", "id": "b", "metadata": {}, "source": ["he",',
    '"llo\\n",',
    '"\\\\\\"world"]}]}',
  ].join("\n");
  const lines = find(text);
  expect(lines.get("a")).toEqual([3, 3, undefined, 3]);
  expect(lines.get("b")).toEqual([4, 6]);
  expect(fileLine(lines.get("a"), 3)).toBe(3);
  expect(fileLine(lines.get("b"), 2)).toBe(6);
  expect(fileLine(lines.get("b"), 99)).toBe(4);
  expect(fileLine(undefined, 1)).toBeUndefined();
});

test.each([
  ["ours", ["In[6]:2:7", "> 2 | throw", "    at In[6]:2:7", "Error: boom"], 2],
  ["TypeScript's", ["In[1]:3:7 - error TS2322: no", "> 3 | x"], 3],
  ["IPython's, where a function of another line failed", ["Cell In[2], line 7", "", "Cell In[2], line 3, in f()"], 3],
  ["Deno's", ["Stack trace:", "Error: boom", "    at <anonymous>:4:9"], 4],
  ["one without a place", ["Error: boom"], undefined],
])("the line is read from a traceback of %s", (_, traceback, line) => {
  expect(blamedLine(traceback)).toBe(line);
});
