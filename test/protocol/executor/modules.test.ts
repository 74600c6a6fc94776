import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ExecuteRequest, ExecutorHost } from "../../../kernel/executor/host.js";
import { type BuiltExecutor, buildExecutor, evaluate, runCell } from "../../support/built-executor.js";

/** What is installed beside the notebook. */
const files: Readonly<Record<string, string>> = {
  "node_modules/esm-only/package.json": `{ "name": "esm-only", "type": "module", "exports": "./index.js" }`,
  "node_modules/esm-only/index.js": `export const answer = 42; export default function named() {}`,
  "node_modules/import-only/package.json": `{ "name": "import-only", "exports": { ".": { "import": "./main.mjs" }, "./part": { "import": "./part.mjs" } } }`,
  "node_modules/import-only/main.mjs": `export const kind = "import-only";`,
  "node_modules/import-only/part.mjs": `export const kind = "part";`,
  "node_modules/common/package.json": `{ "name": "common", "main": "lib.js" }`,
  "node_modules/common/lib.js": `exports.kind = "common";`,
  "node_modules/awaiting/package.json": `{ "name": "awaiting", "type": "module", "exports": "./index.js" }`,
  "node_modules/awaiting/index.js": `export const late = await Promise.resolve("late");`,
  "node_modules/twins/package.json": `{ "name": "twins", "exports": { "import": "./main.mjs", "require": "./main.cjs" } }`,
  "node_modules/twins/main.mjs": `export const kind = "ES module"; export const id = Symbol();`,
  "node_modules/twins/main.cjs": `exports.kind = "CommonJS"; exports.id = Symbol();`,
  "node_modules/uses-twins/package.json": `{ "name": "uses-twins", "type": "module", "exports": "./index.js" }`,
  "node_modules/uses-twins/index.js": `export { id } from "twins";`,
  "data.json": `{ "rows": 3 }`,
  "elsewhere/node_modules/inner/index.js": `exports.kind = "inner";`,
};

let executor: BuiltExecutor;
let host: ExecutorHost;
beforeAll(async () => {
  executor = await buildExecutor();
  for (const [file, text] of Object.entries(files)) {
    const path = join(executor.cwd, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  host = executor.start();
});
afterAll(() => executor.remove());

describe("require", () => {
  test.each([
    ["common", "kind", "'common'"],
    ["esm-only", "answer", "42"],
    ["import-only", "kind", "'import-only'"],
    ["import-only/part", "kind", "'part'"],
    ["./data.json", "rows", "3"],
    ["node:os", "EOL", String.raw`'\n'`],
    ["apache-arrow", "tableFromIPC.name", "'tableFromIPC'"],
    ["cellscope", "clearOutput.name", "'clearOutput'"],
  ])("of %s works from a cell, with nothing on stderr", async (id, property, text) => {
    const { end, shown } = await runCell(host, `exports.value = require("${id}").${property};`, {
      resultName: "value",
    });
    expect({ end, shown }).toEqual({ end: { status: "ok", result: { "text/plain": text } }, shown: [] });
  });

  test("of what is not installed fails with its name", async () => {
    const { end } = await runCell(host, `require("not-installed-anywhere");`, { name: "In[3]" });
    expect(end).toMatchObject({
      status: "error",
      error: { message: expect.stringMatching(/^Cannot find module 'not-installed-anywhere'/) },
    });
    expect(end.status === "error" && end.error.frames.at(-1)).toMatchObject({ file: "In[3]", line: 1 });
  });

  test("of a path that a package does not export fails as Node says it", async () => {
    const { end } = await runCell(host, `require("import-only/other");`);
    expect(end).toMatchObject({ error: { message: expect.stringContaining("./other") } });
  });

  test.each([
    ["npm:twins@1", "'CommonJS'"],
    ["npm:import-only/part", "'part'"],
    ["npm:common@^2", "'common'"],
  ])("of %s takes the installed package", async (id, kind) => {
    expect(await evaluate(host, `require(${JSON.stringify(id)}).kind`)).toBe(kind);
  });

  test.each([
    ["npm:absent@2", "Cannot find module 'absent'", "To install it: %npm install absent@2"],
    ["@some/absent", "Cannot find module '@some/absent'", "To install it: %npm install @some/absent"],
    ["jsr:@std/path@1", "Cannot find module '@std/path'", "!npx jsr add @std/path@1"],
    ["https://esm.sh/preact@10/hooks", "Cannot find module", "%npm install preact@10,"],
  ])("of %s, which is not there, says what to do", async (id, what, advice) => {
    const { end } = await runCell(host, `require(${JSON.stringify(id)});`);
    expect(end).toMatchObject({ error: { message: expect.stringContaining(what) } });
    expect(end).toMatchObject({ error: { message: expect.stringContaining(advice) } });
  });

  test("finds a package that has been installed since it was missed, for require and for import", async () => {
    const missed = `try { require("late-comer") } catch (error) { exports.missed = error.code }; await import("late-comer").catch(() => 0); exports.value = exports.missed`;
    expect((await runCell(host, missed, { resultName: "value" })).end).toMatchObject({
      result: { "text/plain": "'MODULE_NOT_FOUND'" },
    });
    const folder = join(executor.cwd, "node_modules/late-comer");
    await mkdir(join(folder, "lib"), { recursive: true });
    await writeFile(join(folder, "package.json"), `{ "type": "module", "exports": { "import": "./lib/a.js" } }`);
    await writeFile(join(folder, "lib/a.js"), "export const here = true;");
    expect(await evaluate(host, `require.import("late-comer").here && (await import("late-comer")).here`)).toBe("true");
  });

  test("of a package that awaits at its top says how it can be loaded", async () => {
    const { end } = await runCell(host, `require("awaiting");`);
    expect(end).toMatchObject({
      error: {
        message: `awaiting awaits at its top, so that only import() can load it: const module = await import("awaiting");`,
      },
    });
  });

  test("follows the working directory", async () => {
    const directory = join(executor.cwd, "elsewhere");
    await runCell(host, `process.chdir(${JSON.stringify(directory)});`);
    expect(await evaluate(host, `require("inner").kind`)).toBe("'inner'");
    // What is installed beside the notebook stays known.
    expect(await evaluate(host, `require("common").kind`)).toBe("'common'");
    await runCell(host, `process.chdir(${JSON.stringify(executor.cwd)});`);
    expect((await runCell(host, `require("inner");`)).end).toMatchObject({ status: "error" });
  });
});

describe("a package that is there twice", () => {
  test("is the ES module for imports, and CommonJS for require, as in Node", async () => {
    expect(
      await evaluate(host, `[require("twins").kind, require.import("twins").kind, (await import("twins")).kind]`),
    ).toBe("[ 'CommonJS', 'ES module', 'ES module' ]");
  });

  test("is one instance for every import, those of other packages included", async () => {
    const ids = `[require.import("twins").id, (await import("twins")).id, require.import("uses-twins").id]`;
    expect(await evaluate(host, `new Set(${ids}).size`)).toBe("1");
  });

  test("is found by import.meta.resolve as by an import", async () => {
    expect(await evaluate(host, `require.resolveUrl("twins").split("/").at(-1)`)).toBe("'main.mjs'");
    expect(await evaluate(host, `require.resolveUrl("fs")`)).toBe("'node:fs'");
  });
});

describe("import()", () => {
  test.each([
    ["esm-only", "answer", "42"],
    ["import-only", "kind", "'import-only'"],
    ["awaiting", "late", "'late'"],
    ["common", "default.kind", "'common'"],
    ["node:path", "posix.sep", "'/'"],
    ["tslab", "newDisplay.name", "'newDisplay'"],
    ["apache-arrow", "tableFromIPC.name", "'tableFromIPC'"],
  ])("of %s works from a cell", async (id, property, text) => {
    expect(await evaluate(host, `(await import("${id}")).${property}`)).toBe(text);
  });

  test("takes attributes", async () => {
    const { end, shown } = await runCell(
      host,
      `exports.value = (await import("./data.json", { with: { type: "json" } })).default.rows;`,
      { resultName: "value" },
    );
    expect({ end, shown }).toEqual({ end: { status: "ok", result: { "text/plain": "3" } }, shown: [] });
  });

  test("works late, from a timer of a cell that has ended", async () => {
    await runCell(host, `exports.loaded = new Promise((resolve) => setTimeout(() => resolve(import("esm-only"))));`);
    expect(await evaluate(host, `(await exports.loaded).answer`)).toBe("42");
  });

  test("of what is not installed fails with its name", async () => {
    const { end } = await runCell(host, `await import("not-installed-anywhere");`);
    expect(end).toMatchObject({ error: { message: expect.stringContaining("not-installed-anywhere") } });
  });
});

describe("local modules", () => {
  const at = (file: string) => join(executor.cwd, file);
  const withModules = (...modules: ExecuteRequest["modules"]) => ({ modules });

  test("are loaded by path, with their own require and names", async () => {
    const { shown } = await runCell(
      host,
      `const lib = require("./lib/books");
       console.log(lib.file, lib.folder, lib.other, lib.json, require("./lib/books.js") === lib, (await import("./lib/books")).other);`,
      withModules(
        {
          path: at("lib/books.ts"),
          code: `exports.file = __filename; exports.folder = __dirname; exports.other = require("./other").n; exports.json = require("../settings.json").a;`,
        },
        { path: at("lib/other.ts"), code: "exports.n = 5;" },
        { path: at("settings.json"), code: `{ "a": "from JSON" }` },
      ),
    );
    expect(shown).toEqual([{ stdout: `${at("lib/books.ts")} ${at("lib")} 5 from JSON true 5\n` }]);
  });

  test("keep their state while nothing changes, and are loaded again, with what imports them, when they do", async () => {
    const counter = { path: at("counter.ts"), code: "exports.step = 1; exports.id = Symbol();" };
    const user = { path: at("user.ts"), code: `exports.step = require("./counter").step; exports.loaded = {};` };
    await runCell(host, `exports.first = require("./user").loaded;`, withModules(counter, user));
    expect(await evaluate(host, `require("./user").loaded === exports.first`)).toBe("true");
    await runCell(host, "", withModules({ ...counter, code: "exports.step = 2;" }));
    expect(await evaluate(host, `[require("./user").step, require("./user").loaded === exports.first]`)).toBe(
      "[ 2, false ]",
    );
  });

  test("may import each other in a circle", async () => {
    const modules = withModules(
      { path: at("a.ts"), code: `exports.name = "a"; exports.b = require("./b").name;` },
      { path: at("b.ts"), code: `exports.name = "b"; exports.a = require("./a").name;` },
    );
    await runCell(host, "", modules);
    expect(await evaluate(host, `[require("./a").b, require("./b").a]`)).toBe("[ 'b', 'a' ]");
  });

  test("that throw while they load are loaded again by the next import, and their frames are kept", async () => {
    const failing = { path: at("failing.ts"), code: `\nthrow new Error("not yet");` };
    const { end } = await runCell(host, `require("./failing");`, { ...withModules(failing), name: "In[5]" });
    expect(end).toMatchObject({
      error: {
        message: "not yet",
        frames: [
          { file: at("failing.ts"), line: 2, column: 7 },
          { file: "In[5]", line: 1 },
        ],
      },
    });
    await runCell(host, "", withModules({ ...failing, code: "exports.fine = true;" }));
    expect(await evaluate(host, `require("./failing").fine`)).toBe("true");
  });
});
