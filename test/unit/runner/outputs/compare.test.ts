import type { INotebookContent, IOutput } from "@jupyterlab/nbformat";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CodeCell, parseNotebook } from "../../../../runner/nbformat.js";
import { compareOutputs, isCompared } from "../../../../runner/outputs/compare.js";
import { diffLines } from "../../../../runner/outputs/line-diff.js";

/** A cell as a notebook holds it, read as every notebook is. */
function cell(outputs: IOutput[], { tags = [] as string[], count = 1 as number | null } = {}): CodeCell {
  const notebook: INotebookContent = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: [{ cell_type: "code", id: "a", metadata: { tags }, source: "x", execution_count: count, outputs }],
  };
  const [only] = parseNotebook(JSON.stringify(notebook), "n").cells;
  if (only?.cell_type !== "code") throw new Error("The cell is one of code.");
  return only;
}
const stdout = (text: string): IOutput => ({ output_type: "stream", name: "stdout", text });
const result = (data: IOutput["data"]): IOutput => ({
  output_type: "execute_result",
  data: data as Record<string, string>,
  metadata: {},
  execution_count: 1,
});
const compare = (old: IOutput[], now: IOutput[]) => compareOutputs(cell(old), cell(now));

test("outputs that differ in times only are the same", () => {
  expect(compare([stdout("took 3 ms\n")], [stdout("took "), stdout("1.2 s\n")])).toEqual([]);
});

test("a change is shown with the lines around it", () => {
  const lines = (middle: string) => ["a", "b", "c", "d", middle, "f", "g", "h", "i"].join("\n");
  expect(compare([stdout(lines("old"))], [stdout(lines("new"))])).toEqual([
    {
      output: "stdout",
      change: "changed",
      lines: ["@@ 2 equal lines @@", "  c", "  d", "- old", "+ new", "  f", "  g", "@@ 2 equal lines @@"],
    },
  ]);
});

test("each kind of content is compared for itself", () => {
  const before = [result({ "text/plain": "1", "text/html": "<b>1</b>", "text/latex": "$1$" })];
  const after = [result({ "text/plain": "2", "text/html": "<b>1</b>", "text/markdown": "1" })];
  expect(compare(before, after).map(({ output, mimeType, change }) => [output, mimeType, change])).toEqual([
    ["output 1, execute_result", "text/latex", "missing"],
    ["output 1, execute_result", "text/plain", "changed"],
    ["output 1, execute_result", "text/markdown", "new"],
  ]);
});

test("an error in place of a value is a missing output and a new error", () => {
  const error: IOutput = { output_type: "error", ename: "Error", evalue: "boom", traceback: [] };
  expect(compare([result({ "text/plain": "1" })], [error])).toEqual([
    { output: "output 1, execute_result", mimeType: "text/plain", change: "missing", lines: ["- 1"] },
    { output: "error", change: "new", lines: ["+ Error: boom"] },
  ]);
});

test("of a long line, what changed is seen, within 80 columns", () => {
  const long = (middle: string) => `${"x".repeat(200)}${middle}${"y".repeat(200)}`;
  const [difference] = compare([stdout(long("OLD"))], [stdout(long("NEW"))]);
  expect(difference?.lines).toEqual([expect.stringMatching(/^- …x+OLDy+…$/), expect.stringMatching(/^\+ …x+NEWy+…$/)]);
  for (const line of difference?.lines ?? []) expect(line.length).toBeLessThanOrEqual(76);
});

describe("within a line", () => {
  test.each([
    ["'French' => 318,", "'French' => 319,", ["- 'French' => 318,", "+ 'French' => 319,", "?             ^^^"]],
    ["a b c d", "a c d", ["- a b c d", "?   ^^", "+ a c d"]],
    ["{ x: 1, y: 2 }", "{ x: 3, y: 4 }", ["- { x: 1, y: 2 }", "+ { x: 3, y: 4 }", "?      ^     ^"]],
    ["nothing alike", "another text", ["- nothing alike", "+ another text"]],
  ])("%j and %j: the words that changed are pointed at", (before, after, lines) => {
    expect(compare([stdout(before)], [stdout(after)])[0]?.lines).toEqual(lines);
  });
});

test("of lines that are replaced, each is held against the one whose place it took", () => {
  const [difference] = compare([stdout("x 1 end\ny 2 end\nz")], [stdout("x 3 end\ny 4 end\nz")]);
  expect(difference?.lines).toEqual([...["- x 1 end", "- y 2 end", "+ x 3 end", "?   ^", "+ y 4 end", "?   ^", "  z"]]);
});

test("of texts that differ in very many lines, the first changes are shown", () => {
  const many = (word: string) => Array.from({ length: 100_000 }, (_, at) => `${word} ${at}`).join("\n");
  const [difference] = compare([stdout(`same\n${many("a")}`)], [stdout(`same\n${many("b")}`)]);
  expect(difference?.lines.slice(0, 2)).toEqual(["  same", "- a 0"]);
  expect([difference?.lines.length, difference?.lines.at(-1)]).toEqual([61, "@@ 199941 more lines @@"]);
}, 20_000);

test("blanks and tabs are shown when nothing else differs", () => {
  expect(compare([stdout("a b")], [stdout("a\tb")])[0]?.lines).toEqual(["- a·b", "+ a→b", "?  ^"]);
});

test("a thousand lines that differ are not all shown", () => {
  const many = (word: string) => Array.from({ length: 1000 }, (_, at) => `${word} ${at}`).join("\n");
  const lines = compare([stdout(many("a"))], [stdout(many("b"))])[0]?.lines ?? [];
  expect([lines.length, lines.at(-1)]).toEqual([61, "@@ 1940 more lines @@"]);
});

describe("whether a cell is compared", () => {
  test.each([
    ["that was run", [], 1, [true, false]],
    ["that was never run", [], null, [false, false]],
    ["tagged nbval-ignore-output", ["nbval-ignore-output"], 1, [false, false]],
    ["tagged nbval-check-output", ["nbval-check-output"], 1, [true, true]],
  ])("a cell %s", (_, tags, count, [always, onlyTagged]) => {
    expect(isCompared(cell([], { tags, count }))).toBe(always);
    expect(isCompared(cell([], { tags, count }), { onlyTagged: true })).toBe(onlyTagged);
  });
});

test("a difference holds both texts, whole and in order", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c", "")).map((lines) => lines.join("\n"));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = diffLines(before, after);
      const without = (kind: string) => lines.filter((line) => line.kind !== kind).map((line) => line.text);
      expect(without("new").join("\n")).toBe(before);
      expect(without("old").join("\n")).toBe(after);
    }),
  );
});
