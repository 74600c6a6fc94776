// What notebooks from elsewhere hold: modules in cells, npm: specifiers, JSX, untyped JavaScript, other directories.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TypeScript } from "../../../../kernel/language/tslab.js";
import { loadTypeScript, ownPaths, TestNotebook } from "../../../support/notebook-typescript.js";

const start = process.cwd();
const home = realpathSync(mkdtempSync(join(tmpdir(), "cellscope-elsewhere-")));
const files: Readonly<Record<string, string>> = {
  "node_modules/sized/package.json":
    '{ "name": "sized", "version": "2.1.0", "types": "index.d.ts", "exports": { ".": { "types": "./index.d.ts", "default": "./index.js" }, "./sub": { "types": "./sub.d.ts", "default": "./sub.js" } } }',
  "node_modules/sized/index.d.ts": "export declare const size: number;",
  "node_modules/sized/sub.d.ts": "export declare const sub: string;",
  "node_modules/preact/package.json":
    '{ "name": "preact", "version": "10.0.0", "exports": { ".": { "types": "./index.d.ts", "default": "./index.js" }, "./jsx-runtime": { "types": "./jsx.d.ts", "default": "./jsx.js" } } }',
  "node_modules/preact/index.d.ts": "export declare function h(...args: any[]): { tag: string };",
  "node_modules/preact/jsx.d.ts":
    "export namespace JSX { interface IntrinsicElements { [name: string]: object } interface Element { tag: string } }\nexport declare function jsx(...args: any[]): JSX.Element;\nexport declare const jsxs: typeof jsx;",
  "shape.ts": "export interface Shape { area: number }\nexport const unit: Shape = { area: 1 };",
  "other/shape.ts": "export const other: string = 'other';",
};

let typeScript: TypeScript;
let javaScript: TypeScript;
beforeAll(async () => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  }
  process.chdir(home);
  const { createTypeScript } = await loadTypeScript();
  typeScript = createTypeScript({ own: ownPaths });
  javaScript = createTypeScript({ own: ownPaths, converter: { isJS: true } });
}, 60_000);
afterAll(() => {
  process.chdir(start);
  rmSync(home, { recursive: true });
});

const messagesOf = (code: string, language = typeScript, declarations = "") => {
  const conversion = language.convert(declarations, code);
  return conversion.status === "converted" ? [] : conversion.diagnostics.map(({ message }) => message);
};

describe("a cell with @module", () => {
  test("is a module that later cells import, and again after it was written anew", async () => {
    const notebook = new TestNotebook(typeScript, home);
    expect(typeScript.convert("", "/** @module lib */\nexport const n: number = 1;")).toEqual({
      status: "module",
      path: join(home, "lib.ts"),
      diagnostics: [],
    });
    expect(await notebook.run('import { n } from "./lib"; n.toFixed(1)')).toBe("1.0");
    typeScript.convert("", '/** @module lib */\nexport const n: string = "a";');
    expect(await notebook.run('import { n } from "./lib"; n.toUpperCase()')).toBe("A");
  });

  test("tells what TypeScript has against it, with the cell's own places", () => {
    const conversion = typeScript.convert("", '/** @module bad */\nexport const n: number = "text";');
    expect(conversion).toMatchObject({
      status: "module",
      diagnostics: [{ code: 2322, start: { line: 1, column: 13 }, end: { line: 1, column: 14 } }],
    });
    expect(messagesOf('import { n } from "./bad";')).toEqual(["Type 'string' is not assignable to type 'number'."]);
  });

  test("is one only by a comment above its code, with a name that tslab takes", () => {
    expect(typeScript.convert("", "1; /** @module late */")).toMatchObject({ status: "converted" });
    expect(typeScript.convert("", "/** @module a/b */ 1")).toMatchObject({ status: "converted" });
    expect(typeScript.convert("", 'const text = "@module x"; text')).toMatchObject({ status: "converted" });
  });

  test("may be given back to a language that was started anew", async () => {
    typeScript.define(join(home, "given.ts"), "export const given = true;");
    expect(await new TestNotebook(typeScript, home).run('import { given } from "./given"; given')).toBe(true);
  });
});

describe("npm: specifiers", () => {
  test.each([
    ['import { size } from "npm:sized"; size.nothing', "Property 'nothing' does not exist on type 'number'."],
    ['import { sub } from "npm:sized@2/sub"; sub.nothing', "Property 'nothing' does not exist on type 'string'."],
    [
      'import { size } from "npm:unsized@1";',
      "Cannot find module 'npm:unsized@1' or its corresponding type declarations. To install it: %npm install unsized@1",
    ],
    // The package is there: to install it would not help.
    ['import "sized/none";', "Cannot find module or type declarations for side-effect import of 'sized/none'."],
    ['import "./none";', "Cannot find module or type declarations for side-effect import of './none'."],
  ])("%s is checked against the installed package", (code, message) => {
    expect(messagesOf(code)).toEqual([message]);
  });

  test.each([
    ["npm:sized@2", []],
    ["npm:sized@^2.1.0", []],
    ["npm:sized@latest", []],
    ["npm:sized", []],
    ["npm:sized@3/sub", ["npm:sized@3/sub: version 2.1.0 is installed and used. To change it: %npm install sized@3"]],
    ["npm:sized@~2.0", ["npm:sized@~2.0: version 2.1.0 is installed and used. To change it: %npm install sized@~2.0"]],
  ])("of %s it is told when the installed version is another one", (specifier, warnings) => {
    expect(typeScript.convert("", `import * as m from "${specifier}"`)).toMatchObject({
      status: "converted",
      warnings,
    });
  });
});

describe("JSX in a cell", () => {
  const codeOf = (code: string, declarations = "") => {
    const conversion = typeScript.convert(declarations, code);
    return conversion.status === "converted" ? conversion.code : JSON.stringify(conversion);
  };

  test.each([
    ["<p>a</p>", "", /require\.import\("preact\/jsx-runtime"\).*_jsx\("p"/s],
    ["/** @jsx make */\nconst make = (...all: any[]) => all;\n<p>a</p>", "", /exports\.make\)\("p"/],
    ['import { h } from "preact"; <p>a</p>', "", /exports\.h\)\("p"/],
    ["<p>a</p>", "declare function h(...all: any[]): any;\n", /exports\.h\)\("p"/],
    ["<p>a</p>", "declare const React: { createElement(...all: any[]): any };\n", /exports\.React\.createElement\("p"/],
  ])(
    "%s after %j is made by what it says, by what is in scope, or by what is installed",
    (code, declarations, made) => {
      expect(codeOf(code, declarations)).toMatch(made);
    },
  );

  test("leaves type assertions and generic functions alone", () => {
    expect(messagesOf("const a = <number>(1 as unknown); const f = <T>(x: T) => x; f(a) < 2")).toEqual([]);
  });

  test("is complete, and incomplete while an element is open", () => {
    expect(typeScript.isComplete("const a = <p>it's {1}</p>")).toEqual({ status: "complete" });
    expect(typeScript.isComplete("const a = <p>")).toMatchObject({ status: "incomplete" });
  });

  test("is completed and inspected", () => {
    expect(typeScript.complete("declare const someone: { name: 1 };\n", "<p>{someone.}</p>", 12).matches).toEqual([
      "name",
    ]);
    expect(typeScript.inspect("declare const someone: number;\n", "<p>{someone}</p>", 5, 0)?.["text/plain"]).toContain(
      "someone: number",
    );
  });
});

describe("JavaScript", () => {
  test.each([
    ["a name takes any type in later cells", ["let x = 1", 'x = "a"', "x = { a: 1 }; x.b"], undefined],
    ["a name is declared again with const", ["const x = 1", 'const x = "a"', "x.length"], 1],
    ["parameters have no types and may be left out", ["function f(a, b) { return [a, b] }", "f(1)"], [1, undefined]],
    ["a class assigns fields that it does not declare", ["class A { constructor() { this.n = 5 } }", "new A().n"], 5],
    ["what a library's types forbid is left to it", ['Math.max("3", 2)'], 3],
  ])("%s", async (_, cells, value) => {
    const notebook = new TestNotebook(javaScript, home);
    let last: unknown;
    for (const cell of cells) last = await notebook.run(cell);
    expect(last).toEqual(value);
  });

  test("types are refused where they stand", () => {
    expect(messagesOf("let t: number = 1", javaScript)).toEqual([
      "Type annotations can only be used in TypeScript files.",
    ]);
  });

  test("is completed and inspected with the types that can be told", () => {
    const { declarations } = new TestNotebook(javaScript, home).convert('const person = { name: "a", age: 1 }');
    expect(javaScript.complete(declarations, "person.", 7).matches).toEqual(["age", "name"]);
    expect(javaScript.inspect(declarations, "person", 2, 0)?.["text/plain"]).toContain("age: number");
  });

  test.each([
    ["const a = { b: 1, c: { d: 'text' } }", "a.c", "(property) c: {\n    d: string;\n}"],
    [
      "let a = { say(x) { return 1; }, get size() { return 2; } }",
      "a",
      "let a: {\n    say(x: any): number;\n    readonly size: number;\n}",
    ],
    ["const a = { class: 1, default: 2 }", "a", "const a: {\n    class: number;\n    default: number;\n}"],
    ["const a = {}", "a", "const a: {}"],
    ["const b = { c: 1 }; const a = { b }", "a.b", "(property) b: {\n    c: number;\n}"],
    ["const a = { Kind: class { n = 1 } }", "new a.Kind().n", "(property) Kind.n: number"],
    ["function a() {}\na.calls = 0;", "a.calls", "let a.calls: number"],
    ["class A {}\nA.count = 0;", "A.count", "let A.count: number"],
  ])("after %j, %s is inspected as what it is", (code, name, shown) => {
    const { declarations } = new TestNotebook(javaScript, home).convert(code);
    expect(javaScript.inspect(declarations, name, name.length, 0)?.["text/plain"]).toBe(shown);
  });

  test("an object that was declared as one takes any value in a later cell", async () => {
    const notebook = new TestNotebook(javaScript, home);
    await notebook.run("let a = { b: 1 }");
    await notebook.run("a.c = 2; a.b = 'text'");
    expect(await notebook.run("a = [a.b, a.c]; a.length")).toBe(2);
  });

  test("modules of cells are JavaScript", () => {
    expect(javaScript.convert("", "/** @module js */ export const a = 1")).toMatchObject({ path: join(home, "js.js") });
  });
});

test("in another directory its files are found, with all that was known of those before", async () => {
  const notebook = new TestNotebook(typeScript, home);
  await notebook
    .run('import { unit, type Shape } from "./shape"; const mine: Shape = unit; import { size } from "sized"')
    // There is no code in that package, only types.
    .catch(() => undefined);
  const before = notebook.convert(
    'import { type Shape } from "./shape"; import { size } from "sized"; let mine: Shape',
  ).declarations;
  const declarations = typeScript.enter(before, join(home, "other"));
  try {
    expect(messagesOf("mine.area.nothing; size.nothing", typeScript, declarations)).toEqual([
      "Property 'nothing' does not exist on type 'number'.",
      "Property 'nothing' does not exist on type 'number'.",
    ]);
    expect(messagesOf('import { other } from "./shape"; other.nothing')).toEqual([
      "Property 'nothing' does not exist on type 'string'.",
    ]);
    expect(messagesOf('import { size } from "sized"; size.nothing')).toHaveLength(1);
  } finally {
    typeScript.enter("", home);
  }
});

test("a directory that is gone changes nothing", () => {
  expect(typeScript.enter("let a: 1;\n", join(home, "gone"))).toBe("let a: 1;\n");
  expect(process.cwd()).toBe(home);
});
