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

  test("follows the working directory", async () => {
    const directory = join(executor.cwd, "elsewhere");
    await runCell(host, `process.chdir(${JSON.stringify(directory)});`);
    expect(await evaluate(host, `require("inner").kind`)).toBe("'inner'");
    await runCell(host, `process.chdir(${JSON.stringify(executor.cwd)});`);
    expect((await runCell(host, `require("inner");`)).end).toMatchObject({ status: "error" });
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
