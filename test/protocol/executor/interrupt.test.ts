import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ExecutorHost } from "../../../kernel/executor/host.js";
import { type BuiltExecutor, beginCell, buildExecutor, evaluate, runCell } from "../../support/built-executor.js";

let executor: BuiltExecutor;
let host: ExecutorHost;
let pid: number | undefined;
beforeAll(async () => {
  executor = await buildExecutor();
});
afterAll(() => executor.remove());
beforeEach(async () => {
  host = executor.start();
  pid = host.pid();
  await runCell(host, `exports.kept = { since: "the first cell" };`);
});
afterEach(() => host.close());

async function expectSound(): Promise<void> {
  expect(await evaluate(host, "exports.kept.since")).toBe("'the first cell'");
  expect(await evaluate(host, "await new Promise((resolve) => setTimeout(resolve, 1, 'timers run'))")).toBe(
    "'timers run'",
  );
  expect(host.pid()).toBe(pid);
}

/** Each says `begun` when it is where it is to be stopped. */
const endless: readonly (readonly [string, string])[] = [
  ["a busy loop", `console.log("begun"); for (;;);`],
  [
    "a loop that catches everything",
    `console.log("begun");
     for (;;) { try { JSON.stringify({ some: [1, 2, 3] }); } catch { continue; } finally { exports.seen = true; } }`,
  ],
  ["a loop of calls", `const f = (n) => (n > 1 ? f(n - 1) + f(n - 2) : n); console.log("begun"); for (;;) f(20);`],
  ["an await that never settles", `console.log("begun"); await new Promise(() => {});`],
  ["a busy loop after an await", `await null; console.log("begun"); for (;;);`],
  ["a loop that awaits values", `console.log("begun"); for (;;) await 0;`],
  [
    "a loop that awaits timers",
    `console.log("begun"); for (;;) await new Promise((resolve) => setTimeout(resolve, 0));`,
  ],
  ["a busy loop in a timer", `setTimeout(() => { console.log("begun"); for (;;); }); await new Promise(() => {});`],
  [
    "a busy loop in a tick",
    `process.nextTick(() => { console.log("begun"); for (;;); }); await new Promise(() => {});`,
  ],
  [
    "microtasks without end",
    `console.log("begun"); const again = () => queueMicrotask(again); again(); await new Promise(() => {});`,
  ],
  [
    "ticks without end",
    `console.log("begun"); const again = () => process.nextTick(again); again(); await new Promise(() => {});`,
  ],
  ["a callback of a builtin", `console.log("begun"); for (;;) [3, 1, 2].sort((a, b) => a - b);`],
  [
    "an asynchronous generator",
    `async function* all() { for (;;) yield 1; } console.log("begun"); for await (const one of all());`,
  ],
  [
    "a loop that makes garbage",
    `console.log("begun"); const rows = [];
     for (;;) { rows.push(new Array(1000).fill(0)); if (rows.length > 2000) rows.length = 0; }`,
  ],
  ["a regular expression", `console.log("begun"); /^(a+)+$/.test("a".repeat(45) + "b");`],
];

test.each(endless)("%s is stopped, again and again, and the variables stay", async (_name, code) => {
  for (let time = 0; time < 3; time++) {
    const run = beginCell(host, code);
    await run.printed("begun");
    await host.interrupt();
    expect((await run.ended).end).toEqual({ status: "interrupted" });
    await expectSound();
    expect(run.text("stderr")).toBe("");
  }
});

test("Atomics.wait is stopped", async () => {
  const run = beginCell(host, `console.log("begun"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`);
  await run.printed("begun");
  await host.interrupt();
  expect((await run.ended).end).toEqual({ status: "interrupted" });
  await expectSound();
});

// The stop fell into the stream's write, which never ended: no later cell's output was shown.
test("a cell that prints without end is stopped, and later cells print", async () => {
  const run = beginCell(host, `console.log("begun"); for (let i = 0; ; i++) console.log("line", i);`);
  await run.printed("begun");
  await host.interrupt();
  expect((await run.ended).end).toEqual({ status: "interrupted" });
  await expectSound();
  const { shown } = await runCell(host, `console.log("next");`);
  expect(shown).toEqual([{ stdout: "next\n" }]);
});

test("what the cell has assigned before it was stopped is told", async () => {
  const code = `exports.a = 1; exports.b = 2; console.log("begun"); for (;;); exports.c = 3;`;
  const run = beginCell(host, code, { declares: ["a", "b", "c"] });
  await run.printed("begun");
  await host.interrupt();
  expect(await run.ended).toEqual({ end: { status: "interrupted" }, assigned: ["a", "b"] });
});

test("several interrupts at once are one", async () => {
  const run = beginCell(host, `console.log("begun"); for (;;);`);
  await run.printed("begun");
  await Promise.all([host.interrupt(), host.interrupt(), host.interrupt()]);
  expect((await run.ended).end).toEqual({ status: "interrupted" });
  await expectSound();
});

test("an interrupt when no cell runs does nothing", async () => {
  await host.interrupt();
  await expectSound();
});

test("an interrupt in the moment in which a cell begins or ends leaves nothing behind", async () => {
  for (let time = 0; time < 20; time++) {
    const run = beginCell(host, `exports.last = ${time};`);
    await host.interrupt();
    expect((await run.ended).end.status).toMatch(/^(ok|interrupted)$/);
  }
  await expectSound();
});

test("timers of earlier cells go on when a later cell is stopped", async () => {
  await runCell(host, `exports.ticks = 0; exports.timer = setInterval(() => { exports.ticks += 1; }, 1);`);
  for (const [, code] of endless.slice(0, 6)) {
    const run = beginCell(host, code);
    await run.printed("begun");
    await host.interrupt();
    await run.ended;
  }
  const grown = `const before = exports.ticks; while (exports.ticks === before) await new Promise((resolve) => setTimeout(resolve, 1)); clearInterval(exports.timer);`;
  expect((await runCell(host, grown)).end).toEqual({ status: "ok" });
});

describe("while a watch runs", () => {
  let modulePath: string;
  beforeAll(async () => {
    modulePath = join(executor.cwd, "watch.cjs");
    await writeFile(
      modulePath,
      `exports.begin = async ({ slow }) => {
         if (slow === "begin") { console.log("begun"); await new Promise(() => {}); }
         return async () => (slow === "end" ? await new Promise(() => {}) : { measured: true });
       };`,
    );
  });

  test.each(endless)("%s is stopped", async (_name, code) => {
    const run = beginCell(host, code, { watch: { modulePath, options: {} } });
    await run.printed("begun");
    await host.interrupt();
    expect((await run.ended).end).toEqual({ status: "interrupted" });
    await expectSound();
  });

  test.each(endless.filter(([name]) => /busy loop|loop of calls|never settles|awaits timers/.test(name)))(
    "%s is stopped and the reading is taken",
    async (_name, code) => {
      const run = beginCell(host, code, { watch: { modulePath, options: {} } });
      await run.printed("begun");
      await host.interrupt();
      expect((await run.ended).reading).toEqual({ measured: true });
    },
  );

  test.each([
    ["begin", `exports.ran = true;`],
    ["end", `console.log("begun"); await new Promise(() => {});`],
  ])("a watch that never comes to its %s does not keep the cell", async (slow, code) => {
    const run = beginCell(host, code, { watch: { modulePath, options: { slow } } });
    await run.printed("begun");
    await host.interrupt();
    expect(await run.ended).toEqual({ end: { status: "interrupted" }, assigned: [] });
    await expectSound();
    expect(await evaluate(host, "exports.ran")).toBeUndefined();
  });
});

test("a call that cannot be stopped is named, and a second interrupt ends its process", async () => {
  const run = beginCell(host, `console.log("begun"); require("node:child_process").execSync("sleep 600");`);
  await run.printed("begun");
  await host.interrupt();
  expect(run.text("stderr")).toMatch(/^This cell cannot be stopped yet: .*Interrupt once more/);
  await host.interrupt();
  expect(await run.ended).toEqual({
    end: {
      status: "died",
      death: { name: "ExecutorKilled", cause: "it was ended because the cell could not be stopped" },
    },
    assigned: [],
  });
  expect(await evaluate(host, "typeof exports.kept")).toBe("'undefined'");
});
