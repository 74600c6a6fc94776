import { beforeAll, expect, test } from "vitest";
import type { TypeScript } from "../../../../kernel/language/tslab.js";
import { loadTypeScript, ownPaths } from "../../../support/notebook-typescript.js";

let typeScript: TypeScript;
beforeAll(async () => {
  const { createTypeScript } = await loadTypeScript();
  typeScript = createTypeScript({ own: ownPaths });
}, 60_000);

/** Inspects at the `|` of a cell. */
function inspect(marked: string, declarations = "", detailLevel: 0 | 1 = 0) {
  return typeScript.inspect(declarations, marked.replace("|", ""), marked.indexOf("|"), detailLevel);
}

const documented = `/**
 * Doubles a number.
 * @param n what to double
 * @returns twice as much
 * @deprecated use multiplication
 */
function double(n: number): number { return n * 2 }
`;

test.each([
  ["const abc: number = 1; a|bc", "const abc: number"],
  ["const abc: number = 1; abc|", "const abc: number"],
  [
    "Math.ma|x",
    "(method) Math.max(...values: number[]): number\n\nReturns the larger of a set of supplied numeric expressions.\n\n*@param* values Numeric expressions to be evaluated.",
  ],
  ["const f = (a: string, b: number) => 1; f('a', |)", "f(a: string, b: number): number"],
])("%j", (marked, text) => {
  expect(inspect(marked)?.["text/plain"]).toBe(text);
});

test.each(["|", "  | ", "1 + | 1", "// wo|rd"])("there is nothing to say at %j", (marked) => {
  expect(inspect(marked)).toBeUndefined();
});

test("documentation is shown with its tags, also as Markdown", () => {
  expect(inspect(`${documented}dou|ble`)).toEqual({
    "text/plain":
      "function double(n: number): number\n\nDoubles a number.\n\n*@param* n what to double\n\n*@returns* twice as much\n\n*@deprecated* use multiplication",
    "text/markdown":
      "```typescript\nfunction double(n: number): number\n```\n\nDoubles a number.\n\n*@param* n what to double\n\n*@returns* twice as much\n\n*@deprecated* use multiplication",
  });
});

test("documentation of earlier cells is kept", () => {
  const conversion = typeScript.convert("", documented);
  if (conversion.status !== "converted") throw new Error("The cell must convert.");
  expect(inspect("dou|ble(1)", conversion.declarations)?.["text/plain"]).toContain("Doubles a number.");
});

test("documentation of packages is read from their files", () => {
  expect(inspect('import { join } from "node:path"; jo|in')?.["text/plain"]).toContain("Join all arguments together");
});

test("with detail the source is shown", () => {
  expect(inspect(`${documented}dou|ble`, "", 1)?.["text/markdown"]).toContain("{ return n * 2 }");
  expect(inspect("Math.ma|x", "", 1)?.["text/plain"]).toBe(inspect("Math.ma|x", "", 0)?.["text/plain"]);
});

// TypeScript says "any" of such a name, and `nosuch?` then showed that instead of saying that there is nothing.
test("nothing is known of a name that does not exist", () => {
  expect(inspect("nosu|ch")).toBeUndefined();
});

test("a variable of type any is known", () => {
  expect(inspect("const given: any = 1; giv|en")).toMatchObject({ "text/plain": "const given: any" });
});
