import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import type { ThrownError } from "../../../kernel/executor/link.js";
import type { ErrorContent } from "../../../kernel/protocol/mime.js";
import { codeFrame, renderDiagnostics, renderThrown } from "../../../kernel/traceback.js";

const cell = "const rows = load();\nfunction load(): string[] {\n\tthrow new Error('no file');\n}\nrows.length";
const sources = new Map([
  ["In[3]", cell],
  ["/books/lib.ts", "export const f = () => {\n  g();\n};"],
]);

const plain = ({ traceback }: ErrorContent) => traceback.map(stripVTControlCharacters);
const render = (error: ThrownError) => renderThrown(error, (file) => sources.get(file));
const frame = (file: string, line: number, column: number, functionName?: string) =>
  functionName === undefined ? { file, line, column } : { file, line, column, functionName };

describe("what a cell threw", () => {
  test("is shown with the user's lines around it, its frames, and its name and message last", () => {
    const error = {
      name: "Error",
      message: "no file",
      frames: [frame("In[3]", 3, 8, "load"), frame("In[3]", 1, 14)],
    };
    expect(plain(render(error))).toEqual([
      "In[3]:3:8",
      "  1 | const rows = load();",
      "  2 | function load(): string[] {",
      "> 3 | \tthrow new Error('no file');",
      "    | \t      ^",
      "  4 | }",
      "  5 | rows.length",
      "",
      "    at load (In[3]:3:8)",
      "    at In[3]:1:14",
      "Error: no file",
    ]);
  });

  test("points to the innermost frame whose text is the user's, past packages and Node", () => {
    const frames = [
      frame("node:fs", 1, 1, "openSync"),
      frame("/books/node_modules/csv/index.js", 9, 2, "parse"),
      frame("/books/lib.ts", 2, 3, "f"),
      frame("In[3]", 1, 14),
    ];
    const [place, ...lines] = plain(render({ name: "TypeError", message: "g is not a function", frames }));
    expect(place).toBe("/books/lib.ts:2:3");
    expect(lines[1]).toBe("> 2 |   g();");
  });

  test("shows causes and the members of an AggregateError under it", () => {
    const inner = { name: "RangeError", message: "too big", frames: [] };
    const error = {
      name: "AggregateError",
      message: "two failed",
      frames: [],
      cause: inner,
      errors: [{ name: "Error", message: "first", frames: [], cause: inner }],
    };
    expect(plain(render(error))).toEqual([
      "",
      "  caused by: RangeError: too big",
      "",
      "  error 1: Error: first",
      "  ",
      "    caused by: RangeError: too big",
      "AggregateError: two failed",
    ]);
  });

  test("shows what an error has beside its message under its frames", () => {
    const error = { name: "Error", message: "no", frames: [frame("In[9]", 1, 1)], properties: "{\n  code: 'E'\n}" };
    expect(plain(render(error))).toEqual(["    at In[9]:1:1", "    {", "      code: 'E'", "    }", "Error: no"]);
  });

  test("keeps a message of several lines, and the last line still begins where the message does", () => {
    const { evalue, traceback } = render({ name: "Error", message: "one\ntwo", frames: [] });
    expect(evalue).toBe("one\ntwo");
    expect(traceback.map(stripVTControlCharacters)).toEqual(["Error: one", "two"]);
  });

  test("names how many frames of a deep recursion are left out", () => {
    const frames = Array.from({ length: 50 }, () => frame("In[9]", 1, 1, "deep"));
    const lines = plain(render({ name: "RangeError", message: "Maximum call stack size exceeded", frames }));
    expect(lines.filter((line) => line.includes("at deep"))).toHaveLength(30);
    expect(lines.at(-2)).toBe("    … and 20 more frames");
  });
});

describe("what TypeScript has against a cell", () => {
  const at = (line: number, column: number, length: number) => ({
    start: { line, column },
    end: { line, column: column + length },
  });

  test("is shown with its number, its place and carets under the text", () => {
    const diagnostics = [{ message: "Type 'number' is not assignable to type 'string'.", code: 2322, ...at(0, 6, 4) }];
    const error = renderDiagnostics(diagnostics, "In[3]", cell, () => undefined);
    expect([error.ename, error.evalue]).toEqual(["TypeScriptError", diagnostics[0]?.message]);
    expect(plain(error)).toEqual([
      "In[3]:1:7 - error TS2322: Type 'number' is not assignable to type 'string'.",
      "> 1 | const rows = load();",
      "    |       ^^^^",
      "  2 | function load(): string[] {",
      "  3 | \tthrow new Error('no file');",
      "",
      "TypeScriptError: Type 'number' is not assignable to type 'string'.",
    ]);
  });

  test("about a local file shows that file", () => {
    const diagnostics = [{ message: "Cannot find name 'g'.", code: 2304, file: "/books/lib.ts", ...at(1, 2, 1) }];
    const lines = plain(renderDiagnostics(diagnostics, "In[3]", cell, (file) => sources.get(file)));
    expect(lines[0]).toBe("/books/lib.ts:2:3 - error TS2304: Cannot find name 'g'.");
    expect(lines[2]).toBe("> 2 |   g();");
  });

  test("is cut after twenty, and says so", () => {
    const diagnostics = Array.from({ length: 23 }, () => ({ message: "No.", code: 1, ...at(0, 0, 1) }));
    const lines = plain(renderDiagnostics(diagnostics, "In[3]", cell, () => undefined));
    expect(lines.filter((line) => line.includes("error TS1"))).toHaveLength(20);
    expect(lines.at(-3)).toBe("… and 3 more");
  });
});

test.each([
  ["a column past the end of its line", { line: 1, column: 99 }],
  ["a line past the end of the text", { line: 9, column: 1 }],
])("a code frame survives %s", (_what, position) => {
  expect(() => codeFrame("short", position)).not.toThrow();
});
