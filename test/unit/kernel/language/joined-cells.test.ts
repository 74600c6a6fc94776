// Cells that import nothing share a program and its checker: what one brings in or gets wrong must stay its own.
import { beforeAll, beforeEach, expect, test } from "vitest";
import { CellProgram } from "../../../../kernel/language/cell-program.js";
import { compilerOptions } from "../../../../kernel/language/compiler-options.js";
import { nodeLibraries } from "../../../../kernel/language/libraries.js";
import { ModuleResolution } from "../../../../kernel/language/module-resolution.js";
import { SourceFiles } from "../../../../kernel/language/source-files.js";
import { isSelfContained } from "../../../../kernel/language/surroundings.js";
import type { TypeScript } from "../../../../kernel/language/tslab.js";
import { loadTypeScript, ownPaths, TestNotebook } from "../../../support/notebook-typescript.js";

let typeScript: TypeScript;
let notebook: TestNotebook;
beforeAll(async () => {
  const { createTypeScript } = await loadTypeScript();
  typeScript = createTypeScript({ own: ownPaths });
}, 60_000);
beforeEach(() => {
  notebook = new TestNotebook(typeScript);
});

test.each([
  ["1 + 1", true],
  ["Array.from([1])", true],
  ['import fs from "node:fs"', false],
  ['const fs = await import("node:fs")', false],
  ['const fs = require("node:fs")', false],
  ['export * from "node:fs"', false],
  ["declare global { var a: number }", false],
  ['declare module "a" { export const b: number }', false],
  ['/// <reference types="node" />', false],
])("%j is checked without a program of its own: %j", (code, expected) => {
  expect(isSelfContained(code)).toBe(expected);
});

test("cells without imports share a program, though not without end", () => {
  const directory = process.cwd();
  const sourceFiles = new SourceFiles();
  const { host } = sourceFiles;
  const cells = new CellProgram({
    directory,
    sourcePath: `${process.cwd()}/cell.ts`,
    declarationsPath: `${process.cwd()}/declarations.d.ts`,
    options: compilerOptions({}, nodeLibraries()),
    libraryDirectory: ownPaths.typeScriptLibrary,
    sourceFiles,
    resolution: new ModuleResolution({ directory, home: directory, own: ownPaths, host }),
  });
  const programs = new Set<unknown>();
  for (let cell = 0; cell < 200; cell += 1) {
    cells.update("", `${cell}`);
    programs.add(cells.current());
  }
  expect(programs.size).toBeGreaterThan(1);
  expect(programs.size).toBeLessThan(10);
  cells.update("", 'import "node:fs"');
  expect(programs.has(cells.current())).toBe(false);
}, 60_000);

test("what one cell gets wrong is told again, and of the next cell nothing", async () => {
  await notebook.run("let n = 1");
  for (let time = 0; time < 3; time += 1) {
    expect(() => notebook.convert("n.missing; const twice: string = n")).toThrow(
      "Property 'missing' does not exist on type 'number'.\nType 'number' is not assignable to type 'string'.",
    );
    expect(await notebook.run("n + 1")).toBe(2);
  }
});

test("a name has the type that the latest cell gave it", async () => {
  await notebook.run("let x = 1");
  await notebook.run("const y = x");
  await notebook.run('let x = "a"');
  expect(await notebook.run("x.toUpperCase() + y.toFixed(1)")).toBe("A1.0");
  expect(() => notebook.convert("x.toFixed()")).toThrow("Property 'toFixed' does not exist on type 'string'.");
});

test("what an import brought in is known to cells without one", async () => {
  await notebook.run("1");
  await notebook.run('import { join, type ParsedPath } from "node:path"; let parsed: ParsedPath');
  expect(await notebook.run('join("a", "b")')).toBe("a/b");
  await notebook.run('parsed = { root: "", dir: "", base: "", ext: "", name: "n" }');
  expect(await notebook.run("const { name } = parsed; name")).toBe("n");
  expect(() => notebook.convert("join(1)")).toThrow("Argument of type 'number' is not assignable");
});

test("what a cell adds to the globals is known to later ones, and to no other notebook", async () => {
  await notebook.run("1");
  await notebook.run("declare global { var addedByJoined: number }\nglobalThis.addedByJoined = 4");
  expect(await notebook.run("addedByJoined + 1")).toBe(5);
  const other = new TestNotebook(typeScript);
  expect(() => other.convert("addedByJoined")).toThrow("Cannot find name 'addedByJoined'.");
});

test("a type that cannot be named outside of its module is the same one for the next cell", async () => {
  await notebook.run('import { createReadStream } from "node:fs"; const stream = createReadStream("package.json")');
  expect(await notebook.run("stream.close(); stream.path")).toBe("package.json");
  expect(() => notebook.convert("stream.nothing")).toThrow("Property 'nothing' does not exist on type 'ReadStream'.");
});
