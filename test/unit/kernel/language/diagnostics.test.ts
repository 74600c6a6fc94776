import { beforeAll, expect, test } from "vitest";
import type { TypeScript } from "../../../../kernel/language/tslab.js";
import { loadTypeScript, ownPaths } from "../../../support/notebook-typescript.js";

let typeScript: TypeScript;
beforeAll(async () => {
  const { createTypeScript } = await loadTypeScript();
  typeScript = createTypeScript({ own: ownPaths });
}, 60_000);

function diagnose(code: string, declarations = "") {
  const conversion = typeScript.convert(declarations, code);
  return conversion.status === "diagnostics" ? conversion.diagnostics : [];
}

test.each([
  ["let y: string = 5", 2322, [0, 4], [0, 5]],
  ["\n\n  nope()", 2304, [2, 2], [2, 6]],
  ["foo(", 1005, [0, 4], [0, 4]],
  ["const a = {", 1005, [0, 11], [0, 11]],
  ["let a b", 1005, [0, 6], [0, 7]],
  ["const c = 1; c = 2", 2588, [0, 13], [0, 14]],
  ["return 1", 1108, [0, 0], [0, 6]],
  ["let twice = 1; let twice = 2", 2451, [0, 4], [0, 9]],
  ["function f() { await 1 }", 1308, [0, 15], [0, 20]],
  ["const o = { m() { await 1 } }", 1308, [0, 18], [0, 23]],
  ["console.lag()", 2339, [0, 8], [0, 11]],
])("%j is refused with TS%i where it is", (code, number, [startLine, startColumn], [endLine, endColumn]) => {
  expect(diagnose(code)[0]).toMatchObject({
    code: number,
    start: { line: startLine, column: startColumn },
    end: { line: endLine, column: endColumn },
  });
});

test("the message of a chain is one text", () => {
  const [diagnostic, ...others] = diagnose("const b = { x: { y: 1 } }; const a: { x: { y: string } } = b");
  expect(others).toEqual([]);
  expect(diagnostic?.message).toBe(
    [
      "Type '{ x: { y: number; }; }' is not assignable to type '{ x: { y: string; }; }'.",
      "  The types of 'x.y' are incompatible between these types.",
      "    Type 'number' is not assignable to type 'string'.",
    ].join("\n"),
  );
});

test("after a syntax error nothing else is said", () => {
  expect(diagnose("let x: string = 1; foo(").map(({ code }) => code)).toEqual([1005]);
});

test("types of earlier cells hold", () => {
  expect(diagnose("x.toFixed()", "declare const x: string;\n").map(({ code }) => code)).toEqual([2551]);
});

test("a cell may leave types away", () => {
  expect(diagnose("function f(a, b) { return a + b } let n = null; n = 1; f(n, undefined).anything")).toEqual([]);
});

test("a type that cannot be named outside of a file is no error", () => {
  expect(diagnose("const make = () => class { private x = 1; get y() { return this.x } }; const C = make()")).toEqual(
    [],
  );
});

test.runIf(!("getOrInsert" in Map.prototype))("what only a newer Node has is called missing in this one", () => {
  expect(diagnose("new Map<string, number>().getOrInsert('a', 1)")[0]?.message).toBe(
    `Property 'getOrInsert' does not exist on type 'Map<string, number>'. Node ${process.version} does not have it.`,
  );
});

test("a conversion that throws does not spoil the next one", () => {
  expect(() => typeScript.convert("", undefined as unknown as string)).not.toThrow();
  expect(typeScript.convert("", "1 + 1")).toMatchObject({ status: "converted" });
});
