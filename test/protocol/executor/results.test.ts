import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { tableFromArrays, tableToIPC } from "apache-arrow";
import { transform } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ExecutorHost } from "../../../kernel/executor/host.js";
import { type BuiltExecutor, beginCell, buildExecutor, evaluate, runCell } from "../../support/built-executor.js";

let executor: BuiltExecutor;
let host: ExecutorHost;
beforeAll(async () => {
  executor = await buildExecutor();
  host = executor.start();
});
afterAll(() => executor.remove());

describe("the value of the last expression", () => {
  test.each([
    ["1 + 1", "2"],
    [`"text"`, "'text'"],
    ["null", "null"],
    ["[1, { a: new Map([[1, 2]]) }]", "[ 1, { a: Map(1) { 1 => 2 } } ]"],
    ["Symbol('s')", "Symbol(s)"],
    ["10n", "10n"],
    ["await Promise.resolve('awaited')", "'awaited'"],
    ["(function named() {})", "[Function: named]"],
    ["new Proxy({}, {})", inspect(new Proxy({}, {}))],
  ])("of %s is shown as %s", async (expression, text) => {
    expect(await evaluate(host, expression)).toBe(text);
  });

  test("is absent when it is undefined", async () => {
    const { end } = await runCell(host, "exports.value = undefined;", { resultName: "value" });
    expect(end).toEqual({ status: "ok" });
  });

  test("is not left behind for the next cell", async () => {
    await evaluate(host, "'mine'");
    const { end } = await runCell(host, "", { resultName: "value" });
    expect(end).toEqual({ status: "ok" });
  });

  test("brings the MIME types that the object offers, bytes as base64", async () => {
    const { end } = await runCell(
      host,
      `exports.value = {
         [Symbol.for("Jupyter.display")]: async () =>
           ({ "text/html": "<b>x</b>", "image/png": Buffer.from("png"), "application/json": { a: [1] } }),
       };`,
      { resultName: "value" },
    );
    expect(end).toEqual({
      status: "ok",
      result: {
        "text/plain": expect.stringContaining("Jupyter.display"),
        "text/html": "<b>x</b>",
        "image/png": "cG5n",
        "application/json": { a: [1] },
      },
    });
  });

  test("does not fail the cell when it cannot be shown", async () => {
    const { end, shown } = await runCell(
      host,
      `exports.value = { [require("node:util").inspect.custom]() { throw new Error("private"); }, [Symbol.for("Jupyter.display")]() { throw 1; } };`,
      { resultName: "value" },
    );
    const text = "[object that cannot be inspected: Error: private]";
    expect(end).toEqual({ status: "ok", result: { "text/plain": text } });
    expect(shown).toEqual([{ stderr: "Jupyter.display failed, so the value is shown without it: 1\n" }]);
  });
});

describe("the variables", () => {
  test("are there for the next cell, and the end of a cell says which of them were assigned", async () => {
    const first = await runCell(host, `exports.rows = [1]; exports.count = 1;`, {
      declares: ["rows", "count", "never"],
    });
    expect(first.assigned).toEqual(["rows", "count"]);
    const second = await runCell(
      host,
      `exports.rows.push(2); exports.rows = [3]; throw new Error("half-way"); exports.count = 2;`,
      {
        declares: ["rows", "count"],
      },
    );
    expect(second.assigned).toEqual(["rows"]);
    expect(await evaluate(host, "[exports.rows, exports.count]")).toBe("[ [ 3 ], 1 ]");
  });

  test("get JSON values from the kernel as they are", async () => {
    await host.bind("settings", { kind: "json", data: { name: "books", sizes: [1, 2], none: null } });
    expect(await evaluate(host, "exports.settings")).toBe("{ name: 'books', sizes: [ 1, 2 ], none: null }");
  });

  test("get Arrow tables from the kernel, also when the notebook has no apache-arrow of its own", async () => {
    const table = tableFromArrays({ time: Float64Array.of(0, 10, 20), rss: Int32Array.of(7, 8, 9) });
    await host.bind("samples", { kind: "arrow", bytes: tableToIPC(table, "stream") });
    expect(await evaluate(host, "exports.samples.toArray().map((row) => [row.time, row.rss])")).toBe(
      "[ [ 0, 7 ], [ 10, 8 ], [ 20, 9 ] ]",
    );
    expect(await evaluate(host, `exports.samples instanceof require("apache-arrow").Table`)).toBe("true");
  });

  test("bytes that are no Arrow stream are refused, and the executor goes on", async () => {
    const bytes = Buffer.from("these are no Arrow bytes at all");
    await expect(host.bind("broken", { kind: "arrow", bytes })).rejects.toThrow();
    expect(await evaluate(host, "typeof exports.broken")).toBe("'undefined'");
  });

  test("a second cell is refused while one runs", async () => {
    const run = beginCell(host, `await new Promise((resolve) => setTimeout(resolve, 50)); console.log("undisturbed");`);
    await expect(runCell(host, "", { name: "In[2]" })).rejects.toThrow(
      "In[2] was to run before the cell before it had ended.",
    );
    expect((await run.ended).end).toEqual({ status: "ok" });
    expect(run.text("stdout")).toBe("undisturbed\n");
  });
});

describe("an error", () => {
  async function runTypeScript(source: string, name: string) {
    const { code, map } = await transform(source, { loader: "ts", sourcemap: "external", sourcefile: name });
    return runCell(host, code, { name, sourceMap: map, awaits: /\bawait\b/.test(source) });
  }

  test("points to the lines of the TypeScript, with no frames but the user's", async () => {
    const { end } = await runTypeScript(
      `interface Row {\n  n: number;\n}\n\nfunction load(rows: Row[]): number {\n  throw new RangeError("no rows");\n}\n\nload([]);\n`,
      "In[7]",
    );
    expect(end).toEqual({
      status: "error",
      error: {
        name: "RangeError",
        message: "no rows",
        frames: [
          { functionName: "load", file: "In[7]", line: 6, column: 9 },
          { file: "In[7]", line: 9, column: 1 },
        ],
      },
    });
  });

  test("keeps the frames of earlier cells, also after an await", async () => {
    await runTypeScript(
      `type A = string;\nexports.fail = async (why: A) => {\n  await null;\n  throw new Error(why);\n};\n`,
      "In[8]",
    );
    const { end } = await runTypeScript(`type B = 1;\n\nawait exports.fail("later");\n`, "In[9]");
    expect(end).toMatchObject({
      status: "error",
      error: {
        message: "later",
        frames: [
          { file: "In[8]", line: 4, column: 9 },
          { file: "In[9]", line: 3, column: 1 },
        ],
      },
    });
  });

  test("that user code prints itself is mapped as well", async () => {
    const { shown } = await runTypeScript(`type A = 1;\n\n\nconsole.log(new Error("mine").stack);`, "In[10]");
    expect(shown).toEqual([{ stdout: "Error: mine\n    at In[10]:4:13\n" }]);
  });

  test("of a cell that runs in parts points into the part that failed", async () => {
    await runTypeScript(`exports.one = () => {\n  throw new Error("in one");\n};`, "In[11]");
    await runTypeScript(`type A = 1;\ntype B = 2;\n\nexports.two = () => exports.one();`, "In[11]");
    const { end } = await runTypeScript("exports.two();", "In[12]");
    expect(end).toMatchObject({
      error: {
        frames: [
          { file: "In[11]", line: 2 },
          { file: "In[11]", line: 4 },
          { file: "In[12]", line: 1 },
        ],
      },
    });
  });

  test("carries its causes and members", async () => {
    const { end } = await runCell(
      host,
      `throw new AggregateError([new TypeError("first"), "second"], "both", { cause: new Error("why") });`,
    );
    expect(end).toMatchObject({
      error: {
        name: "AggregateError",
        message: "both",
        cause: { name: "Error", message: "why" },
        errors: [
          { name: "TypeError", message: "first" },
          { message: "'second'", notAnError: true },
        ],
      },
    });
  });

  test.each([
    ["undefined", "undefined"],
    ["null", "null"],
    ["42", "42"],
    ["({ code: 1 })", "{ code: 1 }"],
    [
      "new Proxy({}, { get() { throw new Error('get'); }, getPrototypeOf() { throw new Error('proto'); } })",
      inspect(new Proxy({}, {})),
    ],
  ])("may be no error at all: %s", async (thrown, message) => {
    const { end } = await runCell(host, `throw ${thrown};`);
    expect(end).toEqual({ status: "error", error: { name: "Thrown", message, frames: [], notAnError: true } });
  });

  test("with getters that throw is still told", async () => {
    const { end } = await runCell(
      host,
      `class Odd extends Error { get message() { throw 1; } get stack() { throw 2; } get cause() { throw 3; } } throw new Odd();`,
    );
    expect(end).toMatchObject({ status: "error", error: { name: "Odd", message: "" } });
  });

  test("of V8 about the script itself has its place", async () => {
    const { end } = await runCell(host, "const a = 1;\n  let let = 2;", { name: "In[13]" });
    expect(end).toMatchObject({ status: "error", error: { name: "SyntaxError" } });
    // Nothing of Node's compiler, which is ours to call.
    expect(end.status === "error" && end.error.frames).toEqual([{ file: "In[13]", line: 2, column: 7 }]);
  });

  test.each([
    ["throw new DOMException('gone', 'AbortError');", "AbortError", []],
    ["AbortSignal.abort().throwIfAborted();", "AbortError", ["node:internal/abort_controller"]],
    ["require('node:fs').readFileSync('/nowhere/at/all');", "Error", ["node:fs", "node:fs"]],
    ["require('node:child_process').execFileSync('false');", "Error", ["node:child_process", "node:child_process"]],
    ["JSON.parse('{');", "SyntaxError", []],
  ])("%s has frames of Node only where they tell which API failed", async (code, name, expected) => {
    const { end } = await runCell(host, code, { name: "In[14]" });
    const files = end.status === "error" ? end.error.frames.map(({ file }) => file) : [];
    expect(end).toMatchObject({ error: { name } });
    expect(files).toEqual([...expected, "In[14]"]);
  });

  test("of the system has its fields", async () => {
    const { end } = await runCell(host, "await require('node:fs/promises').readFile('/nowhere');");
    expect(end).toMatchObject({
      error: { properties: "{ errno: -2, code: 'ENOENT', syscall: 'open', path: '/nowhere' }" },
    });
  });

  test("of another context keeps its frames", async () => {
    const { end } = await runCell(host, `require("node:vm").runInNewContext("\\n  null.f", {}, "other-script.js");`, {
      name: "In[15]",
    });
    const frames = end.status === "error" ? end.error.frames : [];
    expect(frames[0]).toEqual({ file: "other-script.js", line: 2, column: 8 });
    expect(frames.at(-1)).toMatchObject({ file: "In[15]", line: 1 });
  });

  test("of endless recursion is a RangeError, and the executor goes on", async () => {
    const { end } = await runCell(host, "const f = () => f(); f();");
    expect(end).toMatchObject({ error: { name: "RangeError", message: "Maximum call stack size exceeded" } });
    expect(await evaluate(host, "1")).toBe("1");
  });
});

describe("what nobody caught", () => {
  test.each([
    [
      "an exception in a timer",
      `setTimeout(() => { throw new RangeError("in a timer"); });`,
      "Uncaught exception: RangeError: in a timer",
    ],
    ["a rejection", `Promise.reject(new TypeError("nobody cares"));`, "Unhandled rejection: TypeError: nobody cares"],
    ["an exception in a tick", `process.nextTick(() => { throw "text"; });`, "Uncaught exception: 'text'"],
    ["an error event", `new (require("node:events"))().emit("error", new Error("event"));`, undefined],
    ["a rejection with undefined", `Promise.reject(undefined);`, `reason "undefined"`],
  ])("%s is told on stderr of its cell, and the variables stay", async (_name, code, text) => {
    const pid = host.pid();
    await runCell(host, "exports.kept = 'kept';");
    const run = beginCell(host, code, { name: "In[20]" });
    const { end } = await run.ended;
    if (text === undefined) expect(end).toMatchObject({ status: "error", error: { message: "event" } });
    else {
      expect(end).toEqual({ status: "ok" });
      await run.printed(text);
    }
    expect(await evaluate(host, "exports.kept")).toBe("'kept'");
    expect(host.pid()).toBe(pid);
  });

  test("its stack speaks of the cell", async () => {
    const run = beginCell(host, `\nsetTimeout(function later() {\n  throw new Error("where");\n});`, {
      name: "In[21]",
    });
    await run.ended;
    await run.printed("where");
    expect(run.text("stderr")).toBe(
      "Uncaught exception: Error: where\n    at Timeout.later [as _onTimeout] (In[21]:3:9)\n",
    );
  });

  test("goes to the cell that caused it, while another one runs", async () => {
    const first = beginCell(host, `setTimeout(() => { throw new Error("of the first"); }, 20);`);
    await first.ended;
    const second = await runCell(
      host,
      `await new Promise((resolve) => setTimeout(resolve, 60)); console.log("fine");`,
      {
        name: "In[2]",
      },
    );
    await first.printed("of the first");
    expect(second).toMatchObject({ end: { status: "ok" }, shown: [{ stdout: "fine\n" }] });
  });
});

describe("a watch", () => {
  async function writeWatch(name: string, code: string): Promise<string> {
    const modulePath = join(executor.cwd, name);
    await writeFile(modulePath, code);
    return modulePath;
  }

  test("begins right before the cell, ends right after it, and its reading comes with the end", async () => {
    const modulePath = await writeWatch(
      "order.cjs",
      `exports.begin = async (options) => { console.log("begin", options); return () => { console.log("end"); return { bytes: 12n }; }; };`,
    );
    const watch = { modulePath, options: { deep: [1] } };
    const { end, reading, shown } = await runCell(host, `console.log("cell"); await null; console.log("still");`, {
      watch,
    });
    expect({ end, reading }).toEqual({ end: { status: "ok" }, reading: { bytes: 12n } });
    expect(shown).toEqual([{ stdout: "begin { deep: [ 1 ] }\ncell\nstill\nend\n" }]);
  });

  test("tells who asks when the cell begins and when it has ended, without what the watch does around it", async () => {
    const modulePath = await writeWatch(
      "around.cjs",
      `const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
exports.begin = async () => { await turn(); console.log("ready"); return async () => { await turn(); console.log("read"); }; };`,
    );
    const order: string[] = [];
    const output = {
      stream: (_: string, text: string) => order.push(...text.trim().split("\n")),
      display: () => undefined,
      clear: () => undefined,
    };
    for (const tellsRun of [true, false]) {
      const watch = { modulePath, options: {}, tellsRun };
      const request = { name: "In[1]", code: `console.log("cell");`, awaits: false, modules: [], declares: [], watch };
      await host.execute(request, output, (isRunning) => order.push(isRunning ? "runs" : "ran"));
    }
    expect(order).toEqual(["ready", "runs", "cell", "ran", "read", "ready", "cell", "read"]);
  });

  test("ends also when the cell throws, and the error is the cell's", async () => {
    const modulePath = await writeWatch("plain.cjs", "exports.begin = () => () => 'read';");
    const { end, reading } = await runCell(host, `throw new Error("cell");`, { watch: { modulePath, options: {} } });
    expect({ end, reading }).toMatchObject({ end: { status: "error", error: { message: "cell" } }, reading: "read" });
  });

  test("does not begin for a cell that does not compile", async () => {
    const modulePath = await writeWatch("loud.cjs", "exports.begin = () => { console.log('begun'); return () => 1; };");
    const { end, shown } = await runCell(host, "let let", { watch: { modulePath, options: {} } });
    expect(end).toMatchObject({ status: "error", error: { name: "SyntaxError" } });
    expect(shown).toEqual([]);
  });

  test.each([
    ["throws", "() => { throw new Error('broken'); }", "The measurement failed: broken\n"],
    ["gives what cannot be sent", "() => () => 1", "The measurement could not be sent: "],
  ])("whose end %s does not fail the cell", async (name, end, text) => {
    const modulePath = await writeWatch(`${name.replaceAll(" ", "-")}.cjs`, `exports.begin = () => ${end};`);
    const result = await runCell(host, "exports.value = 5;", {
      watch: { modulePath, options: {} },
      resultName: "value",
    });
    if (name !== "throws") expect(result).toMatchObject({ end: { status: "ok", result: { "text/plain": "5" } } });
    expect("reading" in result).toBe(false);
    expect(JSON.stringify(result)).toContain(JSON.stringify(text).slice(1, -1));
  });
});
