// What is typed joins the program of the request before it: nothing of what was true then may still be offered.
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CellService } from "../../../../kernel/language/cell-service.js";
import { compilerOptions } from "../../../../kernel/language/compiler-options.js";
import { nodeLibraries } from "../../../../kernel/language/libraries.js";
import { ModuleResolution } from "../../../../kernel/language/module-resolution.js";
import { SourceFiles } from "../../../../kernel/language/source-files.js";
import { loadTypeScript, ownPaths } from "../../../support/notebook-typescript.js";
import { installIn, writeIn } from "../../../support/package-home.js";

// The first program reads all of the libraries.
vi.setConfig({ testTimeout: 60_000 });

const start = process.cwd();
// What is parsed once serves all tests, as it serves all cells of a process.
const sourceFiles = new SourceFiles();
let home: string;
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "cellscope-completions-")));
  process.chdir(home);
});
afterEach(() => {
  process.chdir(start);
  rmSync(home, { recursive: true });
});

const write = (path: string, text: string): void => writeIn(home, path, text);
const install = (name: string, types: string): void => installIn(home, name, types);

function startService(): CellService {
  return new CellService({
    directory: home,
    sourcePath: `${home}/__tslab__.ts`,
    declarationsPath: `${home}/__tslab__.d.ts`,
    options: compilerOptions({}, nodeLibraries()),
    libraryDirectory: ownPaths.typeScriptLibrary,
    sourceFiles,
    resolution: new ModuleResolution({ directory: home, home, own: ownPaths, host: sourceFiles.host }),
  });
}

function matches(service: CellService, declarations: string, code: string): readonly string[] {
  return service.complete(declarations, code, code.length).matches;
}

test("what is typed shares a program, though not without end, and an import has one of its own", () => {
  const createProgram = vi.spyOn(sourceFiles, "get");
  const service = startService();
  const asked: number[] = [];
  for (let request = 0; request < 130; request += 1) {
    createProgram.mockClear();
    expect(matches(service, "", `const a${request} = Math.sq`)).toEqual(["sqrt"]);
    asked.push(createProgram.mock.calls.length);
  }
  const programs = asked.filter((files) => files > 0).length;
  expect(programs).toBeGreaterThan(1);
  expect(programs).toBeLessThan(5);
  createProgram.mockClear();
  expect(matches(service, "", 'import { join } from "node:path"; joi')).toEqual(["join"]);
  expect(createProgram).toHaveBeenCalled();
  createProgram.mockRestore();
});

test("the names and types are those of the last cell that ran", () => {
  const service = startService();
  expect(matches(service, "", "myCou")).toEqual([]);
  expect(matches(service, "declare const myCount: { one: number };\n", "myCou")).toEqual(["myCount"]);
  expect(matches(service, "declare const myCount: { one: number };\n", "myCount.")).toEqual(["one"]);
  expect(matches(service, "declare const myCount: { other: string };\n", "myCount.")).toEqual(["other"]);
  expect(matches(service, "declare class MyCount { third: string }\n", "new MyCount().")).toEqual(["third"]);
  expect(matches(service, "declare class MyCount { fourth: string }\n", "new MyCount().")).toEqual(["fourth"]);
  expect(matches(service, "", "myCou")).toEqual([]);
});

test("what was typed before is not offered, and neither what it augmented", () => {
  const service = startService();
  expect(matches(service, "", "let typedBefore = 1; typedBef")).toEqual(["typedBefore"]);
  expect(matches(service, "", "typedBef")).toEqual([]);
  expect(matches(service, "", "declare global { interface Array<T> { mine: T } } [1].min")).toEqual(["mine"]);
  expect(matches(service, "", "[1].min")).toEqual([]);
  const globals = "declare global {\n  interface Array<T> { theirs: T }\n}\n";
  expect(matches(service, globals, "[1].the")).toEqual(["theirs"]);
  expect(matches(service, "", "[1].the")).toEqual([]);
});

test("an error in what is typed does not hide what follows", () => {
  const service = startService();
  const declarations = "declare const someone: { name: string };\n";
  for (const code of ["let 1 = foo(someone.", "class A extends A {} someone.", "type T = T; const t: T = someone."]) {
    expect(matches(service, declarations, code)).toEqual(["name"]);
    expect(matches(service, declarations, "someone.")).toEqual(["name"]);
  }
});

test("an import of an earlier cell is known once it is made, with the types of what is installed now", () => {
  install("sized", "export declare const size: { first: number };");
  const service = startService();
  const declarations = 'import { size } from "sized";\n';
  expect(matches(service, "", "size.")).toEqual([]);
  expect(matches(service, declarations, "size.")).toEqual(["first"]);
  expect(matches(service, declarations, "size.fi")).toEqual(["first"]);
  install("sized", "export declare const size: { second: number };");
  expect(matches(service, declarations, "size.")).toEqual(["second"]);
  rmSync(join(home, "node_modules/sized"), { recursive: true });
  install("other", "export declare const other: { third: number };");
  expect(matches(service, declarations, "size.")).toEqual([]);
  expect(matches(service, `${declarations}import { other } from "other";\n`, "other.")).toEqual(["third"]);
});

test("a package is known in completions when a cell saw first that it was installed, and the other way round", async () => {
  const { createTypeScript } = await loadTypeScript();
  const typeScript = createTypeScript({ own: ownPaths, sourceFiles });
  const declarations = 'import { size } from "sized";\n';
  install("sized", "export declare const size: { first: number };");
  const completed = () => typeScript.complete(declarations, "size.", 5).matches;
  const status = (code: string) => typeScript.convert(declarations, code).status;
  expect(completed()).toEqual(["first"]);
  expect(status("size.first")).toBe("converted");
  install("sized", "export declare const size: { second: number };");
  expect(status("size.second")).toBe("converted");
  expect(completed()).toEqual(["second"]);
  install("sized", "export declare const size: { third: number };");
  expect(completed()).toEqual(["third"]);
  expect(status("size.third")).toBe("converted");
  expect(status("size.second")).toBe("diagnostics");
});

test("a local file is looked at with every request", () => {
  const service = startService();
  const declarations = 'import { local } from "./local";\n';
  expect(matches(service, declarations, "local.")).toEqual([]);
  write("local.ts", "export const local = { one: 1 };");
  expect(matches(service, declarations, "local.")).toEqual(["one"]);
  write("local.ts", "export const local = { other: 22 };");
  expect(matches(service, declarations, "local.")).toEqual(["other"]);
});

test("inspection finds in a text that joined what stands there, and the documentation of earlier cells", () => {
  const service = startService();
  const text = (declarations: string, code: string, cursor: number) =>
    String(service.inspect(declarations, code, cursor, 1)?.["text/plain"]);
  expect(matches(service, "", "Math.sq")).toEqual(["sqrt"]);
  const declarations = "declare const a: 1;\n/** What it tells. */\ndeclare function tell(): void;\n";
  expect(text(declarations, "tell()", 1)).toContain("What it tells.");
  expect(text("/** Another. */\ndeclare function tell(): void;\n", "tell()", 1)).toContain("Another.");
  expect(text("", "function own() { return 1; }\nown()", 30)).toContain("return 1;");
});

test("a text that was asked about a moment ago is answered anew over other declarations", () => {
  const service = startService();
  for (const name of ["first", "second", "third"]) {
    const declarations = `declare const found: { ${name}: number };\n`;
    expect(matches(service, declarations, "found.")).toEqual([name]);
    expect(matches(service, declarations, "found.")).toEqual([name]);
    const text = service.inspect(declarations, "found.", 3, 0)?.["text/plain"];
    expect(text).toContain(name);
  }
});

test("while a member's name is typed, letter by letter and back again, the answers are those of a service that starts with it", () => {
  const [typed, fresh] = [startService(), startService()];
  const declarations = [
    "declare const shop: { readonly price: number; readonly prices: readonly number[]; Place: string };",
    'declare const odd: { "not a name": number; name: string };\n',
  ].join("\n");
  const places = [
    ["shop.", "price", ""],
    ["shop?.", "Prices", ".map(String)"],
    ["const n = shop.", "pl", "\nconst m = 1;"],
    ["odd.", "na", ""],
    ["// shop.", "pr", ""],
    ['const text = "shop.', "pr", '";'],
    ["1.", "e5", ""],
    ["[1].", "fla", ""],
    ["new Map<string, number>().", "for", "Each"],
    ["class A { #own = 1; read() { return this.", "#ow", "; } }"],
    ["nobody.", "kn", ""],
  ] as const;
  for (const [before, word, after] of places) {
    const lengths = Array.from({ length: word.length + 1 }, (_, length) => length);
    for (const length of [...lengths, ...lengths.toReversed()]) {
      const code = `${before}${word.slice(0, length)}${after}`;
      const cursor = before.length + length;
      const answer = typed.complete(declarations, code, cursor);
      // Something else is asked in between, so that nothing is left of the request before.
      fresh.complete(declarations, "Math.", 5);
      expect(answer, code).toEqual(fresh.complete(declarations, code, cursor));
    }
  }
});
