import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ExecutorHost } from "../../../kernel/executor/host.js";
import { type BuiltExecutor, beginCell, buildExecutor, type CellRun, runCell } from "../../support/built-executor.js";

let executor: BuiltExecutor;
let host: ExecutorHost;
beforeAll(async () => {
  executor = await buildExecutor();
  host = executor.start();
});
afterAll(() => executor.remove());

describe("what JavaScript prints", () => {
  test("comes in the order of the calls, whatever makes them", async () => {
    const { shown } = await runCell(
      host,
      `const { display } = require("tslab");
       console.log("one");
       process.stdout.write("two\\n");
       console.error("three");
       display.html("<b>four</b>");
       console.log("five");
       await null;
       console.clear();
       console.info("six %d", 6);
       console.warn("seven");`,
    );
    expect(shown).toEqual([
      { stdout: "one\ntwo\n" },
      { stderr: "three\n" },
      { display: { data: { "text/html": "<b>four</b>" } } },
      { stdout: "five\n" },
      { clear: { wait: false } },
      { stdout: "six 6\n" },
      { stderr: "seven\n" },
    ]);
  });

  // Once ended, the stream took nothing more, and said nothing of it.
  test("goes on after a cell has ended its stream", async () => {
    await runCell(host, `process.stdout.end("last words\\n"); process.stderr.destroy();`);
    const { shown } = await runCell(host, `console.log("more"); console.error("and more");`);
    expect(shown).toEqual([{ stdout: "more\n" }, { stderr: "and more\n" }]);
  });

  test("may come through a pipeline, which ends", async () => {
    const { end, shown } = await runCell(
      host,
      `const { pipeline } = require("node:stream/promises");
       await pipeline(require("node:stream").Readable.from(["piped ", "text"]), process.stdout);`,
      { awaits: true },
    );
    expect(end).toEqual({ status: "ok" });
    expect(shown).toEqual([{ stdout: "piped text" }]);
  });

  test("is whole and in order for 100,000 lines", async () => {
    const run = beginCell(host, `for (let i = 0; i < 100_000; i++) console.log("line " + i);`);
    expect((await run.ended).end).toEqual({ status: "ok" });
    expect(run.text("stdout")).toBe(Array.from({ length: 100_000 }, (_, i) => `line ${i}\n`).join(""));
  });

  test("waits in the middle of a write while it is held, and goes on after it", async () => {
    host.hold(true);
    const run = beginCell(host, `for (let i = 0; i < 50_000; i++) console.log("line " + i);`);
    // Nothing is read: neither the lines, nor the end of the cell, which is behind them.
    const first = await Promise.race([run.ended, new Promise((resolve) => setTimeout(() => resolve("held"), 500))]);
    const before = run.text("stdout");
    host.hold(false);
    expect((await run.ended).end).toEqual({ status: "ok" });
    expect([first, before]).toEqual(["held", ""]);
    expect(run.text("stdout")).toBe(Array.from({ length: 50_000 }, (_, i) => `line ${i}\n`).join(""));
  });

  test("that is held does not keep the cell from being interrupted", async () => {
    const pid = host.pid();
    host.hold(true);
    const run = beginCell(host, `for (;;) console.log("more");`);
    await host.interrupt();
    host.hold(false);
    expect((await run.ended).end).toEqual({ status: "interrupted" });
    expect(host.pid()).toBe(pid);
  });

  test("calls back once for each write, in order, also with one function for all", async () => {
    const { shown } = await runCell(
      host,
      `let calls = 0;
       const count = () => { calls += 1; };
       const order = [];
       for (let i = 0; i < 1000; i++) process.stdout.write("", count);
       process.stdout.write("", () => order.push(calls));
       process.stdout.write("", count);
       await new Promise(setImmediate);
       console.log(order, calls);`,
    );
    expect(shown).toEqual([{ stdout: "[ 1000 ] 1001\n" }]);
  });

  test("arrives while the cell still keeps the processor to itself", async () => {
    const run = beginCell(host, `console.log("before the loop"); for (;;);`);
    await run.printed("before the loop");
    await host.interrupt();
    expect((await run.ended).end).toEqual({ status: "interrupted" });
  });

  test("may be bytes cut in the middle of a character, and other encodings", async () => {
    const { shown } = await runCell(
      host,
      `const bytes = Buffer.from("naïve ☕\\n");
       for (const byte of bytes) process.stdout.write(Buffer.of(byte));
       process.stdout.write("bGF0aW4K", "base64");
       await new Promise((resolve) => process.stdout.write("called back\\n", resolve));`,
    );
    expect(shown).toEqual([{ stdout: "naïve ☕\nlatin\ncalled back\n" }]);
  });

  test("goes to something that is no terminal and has a width", async () => {
    const { shown } = await runCell(
      host,
      `for (const { isTTY, columns, fd, writable } of [process.stdout, process.stderr]) console.log(isTTY, columns, fd, writable);`,
    );
    expect(shown).toEqual([{ stdout: "false 80 1 true\nfalse 80 2 true\n" }]);
  });
});

describe("output that comes late", () => {
  test("goes to the cell that caused it, not to the one that runs", async () => {
    const first = beginCell(
      host,
      `exports.speak = undefined;
       const spoken = new Promise((resolve) => { exports.speak = resolve; });
       spoken.then(() => console.log("from the first"));
       setTimeout(() => console.error("a timer of the first"), 30);`,
    );
    await first.ended;
    const second = beginCell(
      host,
      `console.log("second");
       setTimeout(() => exports.speak(), 0);
       await new Promise((resolve) => setTimeout(resolve, 100));
       console.log("second again");`,
      { name: "In[2]" },
    );
    await second.ended;
    await first.printed("from the first");
    expect(first.text("stderr")).toBe("a timer of the first\n");
    expect(second.shown()).toEqual([{ stdout: "second\nsecond again\n" }]);
  });

  test("is not lost when no cell runs any more", async () => {
    const run = beginCell(
      host,
      `setTimeout(() => { console.log("late"); require("tslab").display.text("shown late"); }, 20);`,
    );
    expect((await run.ended).end).toEqual({ status: "ok" });
    await run.printed("late");
    const after = await runCell(host, `console.log("next");`);
    expect(after.shown).toEqual([{ stdout: "next\n" }]);
    expect(run.shown()).toEqual([{ stdout: "late\n" }, { display: { data: { "text/plain": "shown late" } } }]);
  });
});

describe("what others print", () => {
  test.each([
    [
      "a child process that inherits stdout",
      `require("node:child_process").spawn("sh", ["-c", "read go < $0; echo late", path], { stdio: ["ignore", "inherit", "inherit"] })`,
    ],
    [
      "one that is given process.stdout",
      `require("node:child_process").spawn("sh", ["-c", "read go < $0; echo late", path], { stdio: ["ignore", process.stdout, 2] })`,
    ],
    ["a forked one", `require("node:child_process").fork(writeProgram("fork.cjs"), [path])`],
    ["a worker thread", `new (require("node:worker_threads").Worker)(writeProgram("worker.cjs"), { argv: [path] })`],
    [
      "a child process through a callback",
      `require("node:child_process").exec("read go < " + path + "; echo late", (error, stdout) => process.stdout.write(stdout))`,
    ],
  ])("%s prints late into the cell that started it, while another cell runs", async (_name, start) => {
    const first = beginCell(
      host,
      `const fs = require("node:fs");
       const path = require("node:path").resolve("go-" + Math.random());
       require("node:child_process").execFileSync("mkfifo", [path]);
       const writeProgram = (name) => {
         fs.writeFileSync(name, "require('node:fs').readFile(process.argv[2], () => console.log('late'))");
         return require("node:path").resolve(name);
       };
       exports.path = path;
       ${start};`,
    );
    expect((await first.ended).end).toEqual({ status: "ok" });
    const second = beginCell(
      host,
      `console.log("second");
       require("node:fs").writeFileSync(exports.path, "go\\n");
       await new Promise((resolve) => { exports.goOn = resolve; setTimeout(resolve, 20_000); });`,
      { name: "In[2]" },
    );
    await first.printed("late");
    await host.interrupt();
    await second.ended;
    expect([first.text("stdout"), second.text("stdout")]).toEqual(["late\n", "second\n"]);
  });

  test("more cells than there are lanes still print all, and lanes are used again", async () => {
    const cells: CellRun[] = [];
    for (let at = 0; at < 6; at += 1) {
      const cell = beginCell(
        host,
        `const { execFileSync, spawn } = require("node:child_process");
         exports.gates ??= [];
         const gate = require("node:path").resolve("gate-" + Math.random());
         execFileSync("mkfifo", [gate]);
         exports.gates.push(gate);
         spawn("sh", ["-c", "read go < $0; echo of ${at}", gate], { stdio: "inherit" });`,
        { name: `In[${at + 1}]` },
      );
      await cell.ended;
      cells.push(cell);
    }
    const last = beginCell(
      host,
      `for (const gate of exports.gates) await require("node:fs/promises").writeFile(gate, "go\\n");`,
      { name: "In[9]" },
    );
    await last.ended;
    const everything = () => [...cells, last].map((cell) => cell.text("stdout")).join("");
    await Promise.all(cells.slice(0, 4).map((cell, at) => cell.printed(`of ${at}`)));
    await expect.poll(() => everything().match(/of \d/g)?.sort()).toEqual([0, 1, 2, 3, 4, 5].map((at) => `of ${at}`));
    const again = await runCell(
      host,
      `await new Promise((resolve) =>
         require("node:child_process").spawn("echo", ["again"], { stdio: "inherit" }).on("close", resolve));`,
    );
    expect(again.shown).toEqual([{ stdout: "again\n" }]);
  });

  test.skipIf(process.platform !== "linux")("child processes have no other file descriptors of ours", async () => {
    const { shown } = await runCell(
      host,
      `await new Promise((resolve) =>
         require("node:child_process").spawn("ls", ["/proc/self/fd"], { stdio: "inherit" }).on("close", resolve));`,
    );
    const numbers = shown
      .map((piece) => ("stdout" in piece ? piece.stdout : ""))
      .join("")
      .trim()
      .split("\n")
      .map(Number);
    // 3 is the folder that is being read; high ones may come from whatever runs the tests.
    expect(numbers.filter((number) => number <= 20)).toEqual([0, 1, 2, 3]);
  });

  test("child processes print into the cell", async () => {
    const { shown } = await runCell(
      host,
      `const { execFileSync, spawn } = require("node:child_process");
       const program = "console.log('out'); console.error('err')";
       execFileSync(process.execPath, ["-e", program], { stdio: "inherit" });
       await new Promise((resolve) =>
         spawn(process.execPath, ["-e", "console.log('asynchronous')"], { stdio: "inherit" }).on("close", resolve));`,
    );
    const stdout = shown.map((piece) => ("stdout" in piece ? piece.stdout : "")).join("");
    const stderr = shown.map((piece) => ("stderr" in piece ? piece.stderr : "")).join("");
    expect({ stdout, stderr }).toEqual({ stdout: "out\nasynchronous\n", stderr: "err\n" });
  });

  test("what is written to file descriptor 1 directly is there before the cell ends", async () => {
    const { shown } = await runCell(host, `require("node:fs").writeSync(1, "straight\\n");`);
    expect(shown).toEqual([{ stdout: "straight\n" }]);
  });

  test("worker threads print into the cell", async () => {
    const { shown } = await runCell(
      host,
      `const { Worker } = require("node:worker_threads");
       const worker = new Worker("console.log('in a worker'); console.error('its stderr');", { eval: true });
       await new Promise((resolve) => worker.on("exit", resolve));
       await new Promise(setImmediate);`,
    );
    expect(shown).toContainEqual({ stdout: "in a worker\n" });
    expect(shown).toContainEqual({ stderr: "its stderr\n" });
  });

  test("the executor's own settings are not handed on to child processes", async () => {
    const { shown } = await runCell(
      host,
      `const ours = Object.keys(process.env).filter((name) => /^(MALLOC_|CELLSCOPE_)/.test(name));
       console.log(ours, process.execArgv);`,
    );
    expect(shown).toEqual([{ stdout: "[] []\n" }]);
  });
});

describe("what cells show with tslab's module", () => {
  test.each([
    ["javascript", `"alert(1)"`, { "text/javascript": "alert(1)" }],
    ["html", `"<b>x</b>"`, { "text/html": "<b>x</b>" }],
    ["markdown", `"# x"`, { "text/markdown": "# x" }],
    ["latex", `"$x$"`, { "text/latex": "$x$" }],
    ["svg", `"<svg/>"`, { "image/svg+xml": "<svg/>" }],
    ["png", `Buffer.from("png")`, { "image/png": "cG5n" }],
    ["jpeg", `new Uint8Array([1, 2, 3])`, { "image/jpeg": "AQID" }],
    ["gif", `Buffer.from("xgif").subarray(1)`, { "image/gif": "Z2lm" }],
    ["pdf", `Buffer.from("pdf")`, { "application/pdf": "cGRm" }],
    ["text", `"plain"`, { "text/plain": "plain" }],
    ["raw", `"text/x-odd", "odd"`, { "text/x-odd": "odd" }],
  ])("display.%s", async (kind, content, data) => {
    const { shown } = await runCell(host, `require("tslab").display.${kind}(${content});`);
    expect(shown).toEqual([{ display: { data } }]);
  });

  test("a display of one's own is updated, also by a later cell", async () => {
    const first = await runCell(host, `exports.own = require("tslab").newDisplay(); exports.own.text("10 %");`);
    const second = await runCell(host, `exports.own.html("<b>done</b>");`, { name: "In[2]" });
    const displayId = expect.stringMatching(/^[0-9a-f]+$/);
    expect([...first.shown, ...second.shown]).toEqual([
      { display: { data: { "text/plain": "10 %" }, displayId, update: false } },
      { display: { data: { "text/html": "<b>done</b>" }, displayId, update: true } },
    ]);
    const [one, two] = [...first.shown, ...second.shown].map((piece) =>
      "display" in piece ? piece.display.displayId : "",
    );
    expect(one).toBe(two);
  });

  test("what is no content is refused by name", async () => {
    const { end } = await runCell(host, `require("tslab").display.html(42);`);
    expect(end).toMatchObject({
      status: "error",
      error: { name: "TypeError", message: "text/html must be shown as a string or a Uint8Array, got number." },
    });
  });

  test("it tells the versions", async () => {
    const { shown } = await runCell(host, `console.log(JSON.stringify(require("tslab").versions));`);
    expect(shown).toEqual([
      { stdout: expect.stringMatching(/^\{"tslab":"\d+\.\d.*","typescript":"\d+\.\d.*","node":"v\d.*"\}\n$/) },
    ]);
  });
});
