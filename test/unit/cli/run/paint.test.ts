import { afterEach, beforeEach, expect, test } from "vitest";
import { paintDifference } from "../../../../cli/run/paint.js";

const before = process.env.NO_COLOR;
beforeEach(() => {
  delete process.env.NO_COLOR;
});
afterEach(() => {
  if (before !== undefined) process.env.NO_COLOR = before;
});

const text = [
  "DIFFERS  n.ipynb cell 1 (f()):",
  "  output 1, execute_result, text/plain:",
  "    @@ 2 equal lines @@",
  "    - n = 1;",
  "    + n = 2;",
  "    ?     ^",
  "    + more",
].join("\n");

test("lines are coloured, the words that changed set off, and nothing points at them", () => {
  expect(paintDifference(text).split("\n")).toEqual([
    "DIFFERS  n.ipynb cell 1 (f()):",
    "  output 1, execute_result, text/plain:",
    "    \x1b[2m@@ 2 equal lines @@\x1b[0m",
    "    \x1b[31m- n = \x1b[7m1\x1b[27m;\x1b[0m",
    "    \x1b[32m+ n = \x1b[7m2\x1b[27m;\x1b[0m",
    "    \x1b[32m+ more\x1b[0m",
  ]);
});

test("NO_COLOR leaves it as it is", () => {
  process.env.NO_COLOR = "1";
  expect(paintDifference(text)).toBe(text);
});
