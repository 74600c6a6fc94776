// A program that several cells share, here with its files on a disk that changes: no cell may see what was before.
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CellProgram } from "../../../../kernel/language/cell-program.js";
import { compilerOptions } from "../../../../kernel/language/compiler-options.js";
import { diagnose } from "../../../../kernel/language/diagnose.js";
import { nodeLibraries } from "../../../../kernel/language/libraries.js";
import { ModuleResolution } from "../../../../kernel/language/module-resolution.js";
import type { SharedProgram } from "../../../../kernel/language/shared-program.js";
import { SourceFiles } from "../../../../kernel/language/source-files.js";
import { ownPaths } from "../../../support/notebook-typescript.js";
import { installIn, writeIn } from "../../../support/package-home.js";

// The first program reads all of the libraries.
vi.setConfig({ testTimeout: 60_000 });

const start = process.cwd();
// What is parsed once serves all tests, as it serves all cells of a process.
const parsed = new SourceFiles();
let home: string;
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "cellscope-shared-")));
});
afterEach(() => {
  process.chdir(start);
  rmSync(home, { recursive: true });
});

const write = (path: string, text: string): void => writeIn(home, path, text);
const install = (name: string, types: string): void => installIn(home, name, types);

function startCells({
  folder = "",
  ...rest
}: {
  readonly folder?: string;
  readonly offered?: SharedProgram;
  readonly keep?: (program: SharedProgram) => void;
} = {}): CellProgram {
  const directory = join(home, folder);
  mkdirSync(directory, { recursive: true });
  process.chdir(directory);
  return new CellProgram({
    directory,
    sourcePath: `${directory}/cell.ts`,
    declarationsPath: `${directory}/declarations.d.ts`,
    options: compilerOptions({}, nodeLibraries()),
    libraryDirectory: ownPaths.typeScriptLibrary,
    sourceFiles: parsed,
    resolution: new ModuleResolution({ directory, home: directory, own: ownPaths, host: parsed.host }),
    ...rest,
  });
}

function messagesOf(cells: CellProgram, declarations: string, code: string): string[] {
  cells.update(declarations, code);
  return diagnose(cells).map(({ message }) => message);
}

test("a package that has been installed anew has its new types in cells that import nothing", () => {
  install("sized", "export declare const size: number;");
  const cells = startCells();
  const declarations = 'import { size } from "sized";\nexport { size };\n';
  expect(messagesOf(cells, declarations, "1")).toEqual([]);
  expect(messagesOf(cells, declarations, "size.toExponential()")).toEqual([]);
  install("sized", "export declare const size: string;");
  expect(messagesOf(cells, declarations, "size.toExponential()")).toEqual([
    "Property 'toExponential' does not exist on type 'string'.",
  ]);
});

test("what reads like an import, and is text, does not stand for the import", () => {
  install("sized", "export declare const size: number;");
  const cells = startCells();
  const text = `declare const text: "import { size } from 'sized'";\n`;
  expect(messagesOf(cells, text, "1")).toEqual([]);
  expect(messagesOf(cells, `${text}import { size } from "sized";\n`, "size.toUpperCase()")).toEqual([
    "Property 'toUpperCase' does not exist on type 'number'.",
  ]);
});

test("a module of a cell is seen by cells that import nothing", () => {
  const cells = startCells();
  const declarations = 'import { made } from "./made";\n';
  for (const [type, member] of [
    ["number", "toUpperCase"],
    ["string", "toExponential"],
  ]) {
    parsed.define(join(home, "made.ts"), `export declare const made: ${type};`);
    cells.forget();
    expect(messagesOf(cells, declarations, "1")).toEqual([]);
    expect(messagesOf(cells, declarations, `made.${member}()`)).toEqual([
      `Property '${member}' does not exist on type '${type}'.`,
    ]);
  }
});

test.each(["<br />", "<br / >", "<p>a</p>"])("%s finds what makes it, though nobody has imported it", (code) => {
  install("preact", "");
  write("node_modules/preact/jsx-runtime.d.ts", "export namespace JSX { interface Element { tag: string } }");
  write(
    "node_modules/preact/package.json",
    '{ "name": "preact", "version": "10.0.0", "exports": { "./jsx-runtime": { "types": "./jsx-runtime.d.ts" } } }',
  );
  const cells = startCells();
  messagesOf(cells, "", "1");
  const alone = messagesOf(startCells(), "", `(${code}).nothing`);
  expect(alone).toContain("Property 'nothing' does not exist on type 'Element'.");
  expect(messagesOf(cells, "", `(${code}).nothing`)).toEqual(alone);
});

test("names that are declared again have their new types, and those made of the old ones the old", () => {
  const cells = startCells();
  const first = "declare class A { a: number }\ndeclare const one: A;\n";
  expect(messagesOf(cells, first, "one.a; new A().a")).toEqual([]);
  expect(messagesOf(cells, "declare class A { b: string }\n", "new A().b.length")).toEqual([]);
  expect(messagesOf(cells, "declare class A { b: string }\n", "new A().a")).toEqual([
    "Property 'a' does not exist on type 'A'.",
  ]);
  expect(messagesOf(cells, first, "new A().b")).toEqual(["Property 'b' does not exist on type 'A'."]);
});

test("globals are those of the declarations that come with a cell", () => {
  const cells = startCells();
  const declare = (type: string) => `declare global {\n  var shared: ${type};\n}\nexport {};\n`;
  expect(messagesOf(cells, "", "shared")).toEqual(["Cannot find name 'shared'."]);
  expect(messagesOf(cells, declare("number"), "shared.toExponential()")).toEqual([]);
  expect(messagesOf(cells, declare("string"), "shared.toExponential()")).toEqual([
    "Property 'toExponential' does not exist on type 'string'.",
  ]);
  expect(messagesOf(cells, "", "shared")).toEqual(["Cannot find name 'shared'."]);
});

test("what a cell adds to a class of a package is gone where the declarations do not have it", () => {
  install("sized", "export interface Sized { size: number }");
  const cells = startCells();
  const imported = 'import { Sized } from "sized";\ndeclare const it: Sized;\n';
  const added = `${imported}declare module "sized" {\n  interface Sized { more: string }\n}\n`;
  expect(messagesOf(cells, imported, "it.more")).toEqual(["Property 'more' does not exist on type 'Sized'."]);
  expect(messagesOf(cells, added, "it.more.length")).toEqual([]);
  expect(messagesOf(cells, imported, "it.more")).toEqual(["Property 'more' does not exist on type 'Sized'."]);
});

test("a program of another directory is taken where nothing is different, and nowhere else", () => {
  let kept: SharedProgram | undefined;
  const first = startCells({
    folder: "first",
    keep: (program) => {
      kept = program;
    },
  });
  expect(messagesOf(first, "", "1")).toEqual([]);
  const offered = kept;
  if (!offered) throw new Error("No program was kept.");
  const alike = startCells({ folder: "alike", offered });
  expect(messagesOf(alike, "", "process.nothing")).toEqual(["Property 'nothing' does not exist on type 'Process'."]);
  expect(alike.current()).toBe(offered.program);

  // Node's types of its own.
  write(
    "other/node_modules/@types/node/package.json",
    '{ "name": "@types/node", "version": "1.0.0", "types": "index.d.ts" }',
  );
  write("other/node_modules/@types/node/index.d.ts", "declare const process: { nothing: 1 };");
  const other = startCells({ folder: "other", offered });
  expect(messagesOf(other, "", "process.nothing")).toEqual([]);
  expect(other.current()).not.toBe(offered.program);

  // Something among the globals.
  const more = startCells({ folder: "more", offered });
  const globals = "declare global {\n  var more: number;\n}\nexport {};\n";
  expect(messagesOf(more, globals, "more.toExponential()")).toEqual([]);
  expect(more.current()).not.toBe(offered.program);
});

test("a local file that has come back is known again to cells that import nothing", () => {
  const cells = startCells();
  const declarations = 'import { local } from "./local";\n';
  write("local.ts", "export const local = 1;");
  expect(messagesOf(cells, declarations, "local.toFixed()")).toEqual([]);
  rmSync(join(home, "local.ts"));
  messagesOf(cells, declarations, "1");
  messagesOf(cells, declarations, "2");
  write("local.ts", "export const local = 'a';");
  expect(messagesOf(cells, declarations, "local.toFixed()")).toHaveLength(1);
});
