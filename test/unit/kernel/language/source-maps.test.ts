import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadTypeScript, ownPaths, TestNotebook } from "../../../support/notebook-typescript.js";

const home = process.cwd();
const directory = realpathSync(mkdtempSync(join(tmpdir(), "cellscope-maps-")));
let notebook: TestNotebook;
beforeAll(async () => {
  mkdirSync(join(directory, "lib"));
  process.chdir(directory);
  const { createTypeScript } = await loadTypeScript();
  notebook = new TestNotebook(createTypeScript({ own: ownPaths }), directory);
}, 60_000);
afterAll(() => {
  process.chdir(home);
  rmSync(directory, { recursive: true });
});

/** Where `marked`, a piece of the cell that its JavaScript keeps, comes from; both count from 0. */
function place(code: string, sourceMap: string | undefined, marked: string) {
  const offset = code.indexOf(marked);
  const before = code.slice(0, offset).split("\n");
  const { line, column } = originalPositionFor(new TraceMap(sourceMap ?? ""), {
    line: before.length,
    column: before.at(-1)?.length ?? 0,
  });
  return line === null ? undefined : { line: line - 1, column };
}

function sourcePlace(source: string, marked: string) {
  const before = source.slice(0, source.indexOf(marked)).split("\n");
  return { line: before.length - 1, column: before.at(-1)?.length ?? 0 };
}

test.each([
  ["a type before it", "const x: Map<string, number> = new Map(); throw new Date(1)", "new Date"],
  ["lines that hold only types", "interface A {\n  a: 1;\n}\ntype B = A;\n\nnew Date(1)", "new Date"],
  ["comments and blank lines", "// one\n\n/* two\n */ let a = 1;\n\n  new Date(a)", "new Date"],
  ["functions put before it", "new Date(1);\nfunction f() {}\nfunction g() {}", "new Date"],
  ["variables of the notebook on its line", "let a = 1, b = 2;\nfor (;;) { a = b + a; new Date(a) }", "new Date"],
  [
    "imports that became longer",
    'import { join } from "node:path"; import * as fs from "node:fs"; new Date(join("a"))',
    "new Date",
  ],
  ["an import of many lines", 'import {\n  join,\n  sep,\n} from "node:path";\nnew Date(join(sep))', "new Date"],
  ["a named arrow function around it", "const f = (a: number): number => { new Date(a); return a };", "new Date"],
  ["destructuring", "const { a, b: [c = 2] }: any = { b: [] }; new Date(c)", "new Date"],
  ["a class and an enum", "enum E { A }\nclass C { x: number = E.A; m(): void { new Date(1) } }", "new Date"],
  ["the last expression", "let a: number = 1;\n  a as unknown as string; new Date(a).getTime()", "new Date"],
])("the source map is right after %s", (_, source, marked) => {
  const { code, sourceMap } = notebook.convert(source);
  expect(place(code, sourceMap, marked)).toEqual(sourcePlace(source, marked));
});

test("a call stands where the name of its function does", () => {
  const source = "const f = (a: number) => a;\n  f(7);\n  f(8)";
  const { code, sourceMap } = notebook.convert(source);
  expect(place(code, sourceMap, "(7)")).toEqual(sourcePlace(source, "f(7)"));
  expect(place(code, sourceMap, "(8)")).toEqual(sourcePlace(source, "f(8)"));
  expect(place(code, sourceMap, "8)")).toEqual(sourcePlace(source, "8)"));
});

test("every line that is kept is mapped to itself", () => {
  const source = Array.from({ length: 60 }, (_, n) => `let v${n}: number = mark(${n}, v${n - 1});`);
  const all = ["declare function mark(n: number, m?: number): number; let v_: number;", ...source].join("\n");
  const { code, sourceMap } = notebook.convert(all.replace("v-1", "v_"));
  for (const n of [0, 1, 30, 59]) {
    expect(place(code, sourceMap, `mark(${n}`)).toEqual(sourcePlace(all, `mark(${n}`));
  }
});

test("a local TypeScript module is mapped to its file", () => {
  const source =
    'import { existsSync } from "node:fs";\ninterface A { a: 1 }\n\nexport function f(a: A | string): void {\n  existsSync("x"); throw new Error(String(a));\n}\n';
  writeFileSync(join(directory, "lib/local.ts"), source);
  const { modules } = notebook.convert('import { f } from "./lib/local"; f');
  const [module] = modules;
  expect(module?.path).toBe(join(directory, "lib/local.ts"));
  expect(JSON.parse(module?.sourceMap ?? "{}")).toMatchObject({ sources: [join(directory, "lib/local.ts")] });
  expect(place(module?.code ?? "", module?.sourceMap, "new Error")).toEqual(sourcePlace(source, "new Error"));
});
