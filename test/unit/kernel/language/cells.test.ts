import { beforeAll, expect, test } from "vitest";
import type { TypeScript } from "../../../../kernel/language/tslab.js";
import { loadTypeScript, ownPaths, TestNotebook } from "../../../support/notebook-typescript.js";

let typeScript: TypeScript;
beforeAll(async () => {
  const { createTypeScript } = await loadTypeScript();
  typeScript = createTypeScript({ own: ownPaths });
}, 60_000);

/** Runs cells one after the other and returns the value of the last one. */
async function run(...cells: readonly string[]): Promise<unknown> {
  const notebook = new TestNotebook(typeScript);
  let value: unknown;
  for (const cell of cells) value = await notebook.run(cell);
  return value;
}

const values: readonly (readonly [title: string, cells: readonly string[], value: unknown])[] = [
  ["the last expression is the value", ["const x: number = 1; x + 1"], 2],
  ["a declaration has no value", ["const x = 1"], undefined],
  ["an undefined last expression has no value", ["void 0"], undefined],
  ["a type after the last expression changes nothing", ["1 + 1\ninterface A { a: 1 }"], 2],
  ["a string alone is a value, not a directive", ['"use strict"'], "use strict"],
  ["braces are a block, as in a file", ["{ a: 1 }"], undefined],
  ["an empty cell does nothing", [""], undefined],
  ["a comment alone does nothing", ["// only this"], undefined],
  ["types alone do nothing", ["interface A { a: 1 } type B = A"], undefined],
  ["an enum that ends a cell is no value", ["enum E { A }"], undefined],
  ["variables are seen by later cells", ["let x = 1", "x += 2", "x"], 3],
  ["functions see what later cells assign", ["let x = 1; function f() { return x }", "x = 5", "f()"], 5],
  ["functions see a variable that a later cell declares anew", ["let x = 1; const f = () => x", "let x = 7", "f()"], 7],
  [
    "functions call the functions that later cells declare anew",
    ["const a = () => b(); function b() { return 1 }", "function b() { return 2 }", "a()"],
    2,
  ],
  ["a name may be declared again with another type", ["let x = 1", 'const x = "a"', "x.toUpperCase()"], "A"],
  [
    "destructuring declares every name",
    ["const { a, b: [c = 5, ...d], ...e } = { a: 1, b: [undefined, 2, 3], z: 9 }", "[a, c, d, e]"],
    [1, 5, [2, 3], { z: 9 }],
  ],
  [
    "destructuring assignment reaches variables of earlier cells",
    ["let a = 1, b = 2", "[a, b] = [b, a]; ({ a } = { a: a * 10 })", "[a, b]"],
    [20, 1],
  ],
  ["shorthand properties take variables of earlier cells", ["let a = 1", "({ a })"], { a: 1 }],
  ["a loop's own variable is no variable of the notebook", ["let s = 0; for (let i = 0; i < 4; i++) s += i; s"], 6],
  ["a loop with var leaves its variable", ["for (var i = 0; i < 3; i++) {}", "i"], 3],
  ["for-of with var leaves its variable", ["for (var w of [1, 2]) {}", "w"], 2],
  ["for-of into an earlier variable", ["let w = 0", "for (w of [1, 2]) {}", "w"], 2],
  ["var in a block is a variable of the notebook", ["if (true) { var v = 3 }", "v"], 3],
  ["a new var starts without a value", ["let v = 3", "var v: string", "v"], undefined],
  ["var may follow its use", ["var v: number; v = 3", "v = 4; var v: number; v"], 4],
  ["a shadowing parameter is left alone", ["const x = 1; function f(x: number) { return x * 2 }", "f(4)"], 8],
  [
    "a shadowing local variable is left alone",
    ["const x = 1", "function f() { const x = 2; return { x } } f()"],
    { x: 2 },
  ],
  ["a catch variable is left alone", ["const e = 1", "let m; try { throw 2 } catch (e) { m = e } [m, e]"], [2, 1]],
  [
    "a parameter called exports is left alone",
    ["const x = 1; function f(exports: number) { return x + exports }", "f(2)"],
    3,
  ],
  ["labels and property names are left alone", ["let x = 1", "const o = { x: 2 }; x: for (;;) { break x } o.x"], 2],
  ["arrow functions have their names", ["const f = () => 1; let g = f; g = () => 2", "[f.name, g.name]"], ["f", "g"]],
  ["anonymous classes have their names", ["const C = class {}", "C.name"], "C"],
  ["functions are hoisted", ["const v = f(); function f() { return 1 } v"], 1],
  ["functions get no receiver", ["function f() { return this === undefined || this === globalThis } f()"], true],
  ["recursion", ["const fact = (n: number): number => n < 2 ? 1 : n * fact(n - 1)", "fact(5)"], 120],
  [
    "a class is seen in itself and later",
    [
      "class P { static all: P[] = []; constructor(public v = 1) { P.all.push(this) } }",
      "new P(); new P(3); P.all.map(p => p.v)",
    ],
    [1, 3],
  ],
  [
    "instances keep their type when the class is declared anew",
    ["class P { v = 1 } const p = new P()", "class P { w = 2 }", "[p.v, new P().w]"],
    [1, 2],
  ],
  [
    "a class extends one of an earlier cell",
    ["class A { a() { return 1 } }", "class B extends A { b() { return this.a() } }", "new B().b()"],
    1,
  ],
  [
    "private members, accessors and static blocks",
    [
      "class A { #x = 1; static y: number; static { this.y = 2 } get x() { return this.#x } accessor z = 3 } const a = new A(); [a.x, A.y, a.z]",
    ],
    [1, 2, 3],
  ],
  ["enums, also as types of later cells", ["enum E { A, B }", "const e: E = E.B; E[e]"], "B"],
  ["an enum declared anew forgets the old one", ["enum E { A }", "enum E { B }", "Object.keys(E)"], ["0", "B"]],
  ["const enums in later cells", ["const enum E { A = 5 }", "E.A"], 5],
  [
    "namespaces, also two cells later",
    ["namespace N { export const q = 1; export interface I { a: number } }", "1", "const i: N.I = { a: N.q }; i"],
    { a: 1 },
  ],
  [
    "a function merged with a namespace",
    ["function f() { return 1 } namespace f { export const x = 2 }", "[f(), f.x]"],
    [1, 2],
  ],
  [
    "overloads and generics",
    [
      "function f(a: string): string; function f(a: number): number; function f(a: any) { return a } const id = <T,>(t: T): T => t",
      "id(f(1)) + 1",
    ],
    2,
  ],
  [
    "generators and async generators",
    [
      "function* g() { yield 1 } async function* h() { yield* g() }",
      "const all: number[] = []; for await (const x of h()) all.push(x); all",
    ],
    [1],
  ],
  ["top-level await", ["const v = await Promise.resolve(3); v"], 3],
  [
    "await in a destructuring default and in for-of",
    ["const { a = await 4 } = {} as { a?: number }; for (const x of await Promise.resolve([1])) {} a"],
    4,
  ],
  [
    "using disposes at the end of the cell",
    ["const log: string[] = []; using r = { [Symbol.dispose]() { log.push('off') } }; log.push('on')", "log"],
    ["on", "off"],
  ],
  [
    "await using",
    [
      "const log: string[] = []; await using r = { async [Symbol.asyncDispose]() { log.push('off') } }; log.push('on')",
      "log",
    ],
    ["on", "off"],
  ],
  [
    "decorators of the language",
    [
      "function twice(f: () => number, _: ClassMethodDecoratorContext) { return function (this: unknown) { return f.call(this) * 2 } } class A { @twice m() { return 2 } } new A().m()",
    ],
    4,
  ],
  [
    "imports, by default, by name and whole",
    [
      'import assert from "node:assert"; import { join as j, sep } from "node:path"; import * as os from "node:os"; import type { Stats } from "node:fs"; [typeof assert.equal, j("a", "b"), typeof os.cpus]',
      "j('c', sep)",
    ],
    "c/",
  ],
  ["an imported name may be declared anew", ['import { join } from "node:path"', "const join = 5", "join"], 5],
  ["an import may follow its use", ['const p = join("a", "b"); import { join } from "node:path"; p'], "a/b"],
  [
    "JSON with an import attribute",
    ['import data from "./package.json" with { type: "json" }; data.name'],
    "cellscope",
  ],
  ["import.meta", ["typeof import.meta.dirname + import.meta.url.startsWith('file:')"], "stringtrue"],
  ["export is allowed and changes nothing", ["export const a = 1; export default function f() { return a }", "f()"], 1],
  [
    "what is only declared is a global",
    ["declare const notDefined: number; typeof notDefined", "typeof notDefined"],
    "undefined",
  ],
  [
    "declare global lasts",
    ["declare global { interface Lasting { a: number } }", "1", "const l: Lasting = { a: 1 }; l"],
    { a: 1 },
  ],
  ["names with underscores", ["let __x = 1, _y = 2", "__x + _y"], 3],
  ["a type may take the name of a value", ["const Box = 1", "interface Box { a: number }", "Box + 1"], 2],
  ["a value may take the name of a type", ["interface Box { a: number }", "const Box: Box = { a: 1 }", "Box.a"], 1],
  [
    "a cell is not strict of itself",
    ["const f = function () { return (function () { return this })() !== undefined }; f()"],
    true,
  ],
  ["regular expressions with the v flag", ["/[\\p{L}--[a-z]]/v.test('A')"], true],
  ["tagged templates", ["const tag = (s: TemplateStringsArray, ...v: number[]) => s.join('_') + v", "tag`ab`"], "ab"],
  [
    "satisfies, const type parameters and optional chaining",
    [
      "function lit<const T>(t: T) { return t } const o = lit({ a: [1] }) satisfies object",
      "(o as any)?.b?.c ?? o.a[0]",
    ],
    1,
  ],
];

test.each(values)("%s", async (_, cells, value) => {
  expect(await run(...cells)).toEqual(value);
});

test("a top-level variable is held by nothing but the notebook's variables", async () => {
  const notebook = new TestNotebook(typeScript);
  await notebook.run("let big: unknown = new Array(3); const keep = () => big");
  const held = new WeakRef(notebook.variables.big as object);
  await notebook.run("big = undefined");
  const { gc } = globalThis as { gc?: () => void };
  expect(notebook.variables.big).toBeUndefined();
  expect(notebook.convert("let big = 1; const keep = () => big").code).not.toMatch(
    /\b(?:let|const|var) (?:big|keep)\b/,
  );
  // Only where the runner was started with --expose-gc can it be seen to be gone.
  gc?.();
  if (gc) expect(held.deref()).toBeUndefined();
});

test("what an earlier cell left is not wiped before a cell has come to it", async () => {
  const notebook = new TestNotebook(typeScript);
  await notebook.run("let x = 1");
  await expect(notebook.run('throw new Error("half-way"); let x = 2')).rejects.toThrow("half-way");
  expect(notebook.variables.x).toBe(1);
});

test.each([
  ["const a = 1, { b, c: [d] } = { b: 1, c: [2] }; function f() {} class G {}", ["a", "b", "d", "f", "G"]],
  [
    'import p, { join as j } from "node:path"; import type { Stats } from "node:fs"; enum E { A } interface I {}',
    ["p", "j", "E"],
  ],
  ["declare const ambient: number; for (let i = 0; i < 1; i++) { let inner = i }", []],
  ["for (var k in {}) {} { var q = 1 }", ["k", "q"]],
])("%s declares the values %j", (code, names) => {
  expect([...new TestNotebook(typeScript).convert(code).declares].sort()).toEqual([...names].sort());
});

test.each([
  ["await 1", true],
  ["for await (const x of []) {}", true],
  ["await using r = null", true],
  ["const f = async () => await 1", false],
  ["class A { async m() { await 1 } }", false],
  ["1", false],
])("%s awaits: %s", (code, awaits) => {
  expect(new TestNotebook(typeScript).convert(code).awaits).toBe(awaits);
});

test.each([
  ["", ""],
  ["// only", ""],
  ["interface A {}", ""],
  ["import type { Stats } from 'node:fs'", ""],
])("%j leaves nothing to run", (cell, code) => {
  expect(new TestNotebook(typeScript).convert(cell)).toMatchObject({ code, modules: [], declares: [] });
});

test("the name for the result avoids the names of the cell", () => {
  expect(new TestNotebook(typeScript).convert("let tsLastExpr = 1; tsLastExpr").resultName).toBe("tsLastExpr0");
});

test("dynamic import stays one", () => {
  expect(new TestNotebook(typeScript).convert('import("node:path")').code).toContain('import("node:path")');
});
