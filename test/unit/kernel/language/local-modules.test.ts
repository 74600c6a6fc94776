import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { TypeScript } from "../../../../kernel/language/tslab.js";
import { loadTypeScript, ownPaths, TestNotebook } from "../../../support/notebook-typescript.js";

const home = process.cwd();
const directory = realpathSync(mkdtempSync(join(tmpdir(), "cellscope-modules-")));
let typeScript: TypeScript;
let notebook: TestNotebook;
let writes = 0;

beforeAll(async () => {
  process.chdir(directory);
  const { createTypeScript } = await loadTypeScript();
  typeScript = createTypeScript({ own: ownPaths });
}, 60_000);
beforeEach(() => {
  notebook = new TestNotebook(typeScript, directory);
});
afterAll(() => {
  process.chdir(home);
  rmSync(directory, { recursive: true });
});

function write(path: string, text: string): void {
  const full = join(directory, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  // Clocks of file systems are coarse: two writes of one test must differ.
  writes += 1;
  utimesSync(full, new Date(), new Date(Date.now() + writes * 1000));
}

test("a local file, what it imports, and JSON are loaded and typed", async () => {
  write("data.json", '{ "n": 41 }');
  write("lib/helper.ts", "export const helper = (n: number): number => n + 1;");
  write(
    "local.ts",
    'import data from "./data.json";\nimport { helper } from "./lib/helper.js";\nexport interface Shape { a: number }\nexport enum Kind { A = 1 }\nexport const value: Shape = { a: helper(data.n) };\nexport default function hello(name: string) { return "hello " + name; }\nexport const here = import.meta.filename;',
  );
  const cell =
    'import hello, { value, Kind, type Shape, here } from "./local"; const s: Shape = value; [hello("you"), s.a, Kind.A, here]';
  expect(await notebook.run(cell)).toEqual(["hello you", 42, 1, join(directory, "local.ts")]);
  expect(
    notebook
      .convert(cell)
      .modules.map(({ path }) => path)
      .sort(),
  ).toEqual(["data.json", "lib/helper.ts", "local.ts"].map((path) => join(directory, path)));
});

test("a changed file is seen by the next cell that imports it", async () => {
  write("changing.ts", "export const changing: number = 1");
  expect(await notebook.run('import { changing } from "./changing"; changing.toFixed(1)')).toBe("1.0");
  write("changing.ts", "export const changing: string = 'new'");
  expect(await notebook.run('import { changing } from "./changing"; changing.toUpperCase()')).toBe("NEW");
});

test("a file that comes into being is found, also by an unchanged file", async () => {
  write("importer.ts", 'export { late } from "./late";');
  const cell = 'import { late } from "./importer"; late';
  expect(() => notebook.convert(cell)).toThrow("Cannot find module './late'");
  write("late.ts", "export const late = 5");
  expect(await notebook.run(cell)).toBe(5);
});

test("an installed package is found by the next cell", async () => {
  const cell = 'import { fresh } from "fresh"; fresh.toFixed(1)';
  expect(() => notebook.convert(cell)).toThrow("Cannot find module 'fresh'");
  write("node_modules/fresh/package.json", '{ "name": "fresh", "types": "i.d.ts", "main": "i.js" }');
  write("node_modules/fresh/i.d.ts", "export const fresh: number;");
  write("node_modules/fresh/i.js", "exports.fresh = 3;");
  expect(await notebook.run(cell)).toBe("3.0");
});

test("packages without types, and packages that are ES modules only", async () => {
  write("node_modules/untyped/package.json", '{ "name": "untyped", "main": "i.js" }');
  write("node_modules/untyped/i.js", "exports.u = 7; exports.f = () => 8;");
  write("node_modules/esm-only/package.json", '{ "name": "esm-only", "type": "module", "exports": "./i.js" }');
  write("node_modules/esm-only/i.js", "export const e = 9; export default () => 10;");
  await notebook.run('import un, { u, f } from "untyped"; import ten, * as all from "esm-only";');
  expect(await notebook.run("[u, f(), un.u, ten(), all.e]")).toEqual([7, 8, 7, 10, 9]);
});

test.each([
  ["m.mjs", "export const v = 1; export default 2", 'import d, { v } from "./m.mjs"; [d, v]', [2, 1]],
  ["c.cjs", "module.exports = { v: 1 };", 'import d, { v } from "./c.cjs"; [d.v, v]', [1, 1]],
  ["j.js", "export const v = 1;", 'import { v } from "./j.js"; v', 1],
  ["script.js", "exports.v = 1;", 'import { v } from "./script.js"; v', 1],
  [
    "x.tsx",
    "const React = { createElement: (...all: unknown[]) => all[0] }; export const v = <b>x</b>;",
    'import { v } from "./x"; v',
    "b",
  ],
  ["m.mts", "export const v: number = 1;", 'import { v } from "./m.mjs"; v', 1],
  ["index/index.ts", "export const v: number = 1;", 'import { v } from "./index"; v', 1],
  ["ext.ts", "export const v: number = 1;", 'import { v } from "./ext.ts"; v', 1],
])("%s can be imported", async (path, text, cell, value) => {
  write(path, text);
  expect(await notebook.run(cell)).toEqual(value);
});

test("modules may import each other in a circle", async () => {
  write("a.ts", 'import { b } from "./b"; export const a = () => b(); export function name() { return "a"; }');
  write("b.ts", 'import { name } from "./a"; export const b = () => "b of " + name();');
  expect(await notebook.run('import { a } from "./a"; a()')).toBe("b of a");
});

test("import() of a local file names it by its path", () => {
  write("dynamic.ts", "export const v = 1");
  const { code, modules } = notebook.convert('const m = await import("./dynamic"); m.v');
  expect(code).toContain(`import(${JSON.stringify(join(directory, "dynamic.ts"))})`);
  expect(modules).toHaveLength(1);
});

test("errors of a local file name it and its place", () => {
  write("wrong.ts", "\nexport const w: string = 1;");
  expect(typeScript.convert("", 'import { w } from "./wrong"; w')).toEqual({
    status: "diagnostics",
    diagnostics: [
      {
        message: "Type 'number' is not assignable to type 'string'.",
        code: 2322,
        start: { line: 1, column: 13 },
        end: { line: 1, column: 14 },
        file: "wrong.ts",
      },
    ],
  });
});

test("a local file that awaits at its top is refused with a way out", () => {
  write("waits.ts", "export {};\nconst x = await 1;");
  expect(typeScript.convert("", 'import "./waits"')).toMatchObject({
    diagnostics: [
      { code: 1309, file: "waits.ts", start: { line: 1, column: 10 }, message: expect.stringContaining("async") },
    ],
  });
});

test("tslab and apache-arrow are typed where the notebook has neither", () => {
  const cell =
    'import * as tslab from "tslab"; import { tableFromArrays } from "apache-arrow"; const rows: number = tableFromArrays({ a: [1] }).numRows; tslab.display.html("x")';
  expect(notebook.convert(cell).declares).toEqual(["tslab", "tableFromArrays", "rows"]);
  expect(() => notebook.convert('import * as tslab from "tslab"; tslab.display.nothing')).toThrow("nothing");
});
