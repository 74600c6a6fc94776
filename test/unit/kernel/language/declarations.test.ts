import { beforeAll, expect, test } from "vitest";
import { mergeDeclarations } from "../../../../kernel/language/declarations.js";
import type { TypeScript } from "../../../../kernel/language/tslab.js";
import { loadTypeScript, ownPaths, TestNotebook } from "../../../support/notebook-typescript.js";

let typeScript: TypeScript;
beforeAll(async () => {
  const { createTypeScript } = await loadTypeScript();
  typeScript = createTypeScript({ own: ownPaths });
}, 60_000);

function declarationsAfter(...cells: readonly string[]): string[] {
  const notebook = new TestNotebook(typeScript);
  for (const cell of cells) notebook.declarations = notebook.convert(cell).declarations;
  return notebook.declarations.split("\n").filter((line) => line !== "");
}

test.each([
  [["let a = 1, b = 'x'"], ["declare let a: number;", "declare let b: string;"]],
  [["let a = 1", "1 + 1"], ["declare let a: number;"]],
  [
    ["let a = 1", "let b = 2"],
    ["declare let b: number;", "declare let a: number;"],
  ],
  [
    ["let a = 1, b = 2", "let a = 'x'"],
    ["declare let a: string;", "declare let b: number;"],
  ],
  [
    ['import p, { join as j, sep } from "node:path"', "let sep = 1"],
    ["declare let sep: number;", 'import p from "node:path";', 'import { join as j } from "node:path";'],
  ],
  [["export const a = 1; export default function f() {}"], ["declare const a = 1;", "declare function f(): void;"]],
  [["if (true) { var v = 1 }"], ["declare var v: number;"]],
  [
    ["type T = 1", "interface T { a: 1 }"],
    ["interface T {", "    a: 1;", "}"],
  ],
  [["declare const host: string"], ["declare global {", "const host: string;", "}"]],
])("after the cells %j", (cells, declarations) => {
  expect(declarationsAfter(...cells)).toEqual(declarations);
});

test("a type goes on under another name where it is still in use", () => {
  expect(declarationsAfter("interface T { a: 1 } let t: T; type U = T[]; let u: U", "interface T { b: 2 }")).toEqual([
    "interface T {",
    "    b: 2;",
    "}",
    "interface T$1 {",
    "    a: 1;",
    "}",
    "declare let t: T$1;",
    "type U = T$1[];",
    "declare let u: U;",
  ]);
});

test("a type that nothing uses any more is forgotten", () => {
  expect(declarationsAfter("interface T { a: 1 }", "interface T { b: 2 }", "interface T { c: 3 }")).toEqual([
    "interface T {",
    "    c: 3;",
    "}",
  ]);
});

test("an imported type goes on under another name", () => {
  expect(declarationsAfter('import { Stats } from "node:fs"; let s: Stats', "interface Stats { b: 2 }")).toContain(
    'import { Stats as Stats$1 } from "node:fs";',
  );
});

test("a type parameter of the same name is something else", () => {
  expect(declarationsAfter("interface T { a: 1 } function id<T>(t: T): T { return t }", "type T = 2")).toEqual([
    "type T = 2;",
    "declare function id<T>(t: T): T;",
  ]);
});

test("a class that loses its name as a type keeps its value", () => {
  expect(declarationsAfter("class C { a = 1 }", "interface C { b: 2 }")).toEqual([
    "interface C {",
    "    b: 2;",
    "}",
    "declare const C: typeof C$1;",
    "declare class C$1 {",
    "    a: number;",
    "}",
  ]);
});

test("a cell that runs again declares its globals once", () => {
  const cell = "declare global { interface Once { a: 1 } }";
  expect(declarationsAfter(cell, cell)).toEqual(declarationsAfter(cell));
});

test.each([
  [[], "declare let a: number;\ndeclare let b: number;\n"],
  [["a"], "declare let a: string;\ndeclare let b: number;\n"],
  [["a", "b", "c"], "declare let a: string;\ndeclare let b: string;\ndeclare let c: string;\n"],
])("after a cell that assigned only %j the others are as before", (assigned, declarations) => {
  const before = "declare let a: number;\ndeclare let b: number;\n";
  const after = "declare let a: string;\ndeclare let b: string;\ndeclare let c: string;\n";
  expect(mergeDeclarations(before, after, ["a", "b", "c"], assigned)).toBe(declarations);
});

test("types of a cell that failed half-way are kept", () => {
  const after = "interface T { a: 1 }\ndeclare let t: T;\n";
  expect(mergeDeclarations("", after, ["t"], [])).toBe("interface T { a: 1 }\n");
});
