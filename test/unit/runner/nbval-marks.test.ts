import { expect, test } from "vitest";
import { parseNotebook } from "../../../runner/nbformat.js";
import { marksOf } from "../../../runner/nbval-marks.js";
import { cellsToRun } from "../../../runner/run-notebook.js";
import { notebookOf } from "../../support/notebook-of.js";

function marksIn(source: string, tags: readonly string[] = []): readonly string[] {
  const [cell] = parseNotebook(notebookOf([source]), "n").cells;
  if (cell?.cell_type !== "code") throw new Error("The cell is one of code.");
  return marksOf({ ...cell, metadata: { tags } });
}

test.each([
  ["# NBVAL_IGNORE_OUTPUT\nprint(1)", ["nbval-ignore-output"]],
  ["// NBVAL_CHECK_OUTPUT\n1", ["nbval-check-output"]],
  ["1\n  //NBVAL_RAISES_EXCEPTION  \n", ["nbval-raises-exception"]],
  ["## NBVAL_SKIP", ["nbval-skip"]],
  ["// NBVAL_SKIP\n# NBVAL_IGNORE_OUTPUT", ["nbval-skip", "nbval-ignore-output"]],
  ["// NBVAL_SKIP, because it is slow", []],
  ['"NBVAL_SKIP" // NBVAL_SKIP', []],
  ["// NBVAL_SOMETHING", []],
])("%j is marked %j", (source, expected) => {
  expect(marksIn(source)).toEqual(expected);
});

test("a comment counts against a tag, and the last one against others", () => {
  expect(marksIn("// NBVAL_CHECK_OUTPUT", ["nbval-ignore-output", "mine"])).toEqual(["mine", "nbval-check-output"]);
  expect(marksIn("# NBVAL_CHECK_OUTPUT\n# NBVAL_IGNORE_OUTPUT")).toEqual(["nbval-ignore-output"]);
});

test("a cell whose comment says so is not run", () => {
  const notebook = parseNotebook(notebookOf(["1", "// NBVAL_SKIP\n2"]), "n");
  expect(cellsToRun(notebook).map(({ cell }) => cell.source)).toEqual(["1"]);
});
