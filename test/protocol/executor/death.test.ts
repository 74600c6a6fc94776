import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ExecutorChange, ExecutorHost } from "../../../kernel/executor/host.js";
import {
  type BuiltExecutor,
  beginCell,
  buildExecutor,
  buildHostProgram,
  evaluate,
  runCell,
} from "../../support/built-executor.js";

const mebibyte = 1024 * 1024;

let executor: BuiltExecutor;
let host: ExecutorHost;
beforeAll(async () => {
  executor = await buildExecutor();
});
afterAll(() => executor.remove());

describe("an executor that dies in a cell", () => {
  beforeEach(() => {
    host = executor.start({ maxOldSpace: 48 * mebibyte });
  });
  afterEach(() => host.close());

  test.each([
    ["process.exit", "process.exit(3);", "ExecutorDied", "exit code 3"],
    ["process.exit after an await", "await null; process.exit(4);", "ExecutorDied", "exit code 4"],
    [
      "SIGKILL",
      `process.kill(process.pid, "SIGKILL"); for (;;);`,
      "ExecutorDied",
      "signal SIGKILL: something outside of the notebook killed it",
    ],
    [
      "SIGSEGV",
      `process.kill(process.pid, "SIGSEGV"); for (;;);`,
      "ExecutorDied",
      "signal SIGSEGV: a crash in native code",
    ],
    [
      "SIGTERM",
      `process.kill(process.pid, "SIGTERM"); for (;;);`,
      "ExecutorDied",
      "signal SIGTERM: something asked it to end",
    ],
    ["process.abort", "process.abort();", "ExecutorDied", "signal SIGABRT: native code or Node aborted"],
    [
      "an exhausted heap",
      "const rows = []; for (;;) rows.push({ title: 'row ' + rows.length });",
      "OutOfMemoryError",
      expect.stringMatching(/^the JavaScript heap reached its limit \(.*heap.*\)$/),
    ],
    [
      "an exhausted heap after an await",
      "await null; const rows = []; for (;;) { rows.push(Array.from({ length: 1000 }, Math.random)); await null; }",
      "OutOfMemoryError",
      expect.stringMatching(/^the JavaScript heap reached its limit/),
    ],
  ])("by %s names the cause, keeps what was printed, and the next cell runs", async (_name, code, name, cause) => {
    const dead = host.pid();
    await runCell(host, "exports.gone = 1;");
    const run = beginCell(host, `for (let i = 0; i < 2000; i++) console.log("line", i);\n${code}`);
    expect(await run.ended).toEqual({ end: { status: "died", death: { name, cause } }, assigned: [] });
    expect(run.text("stdout")).toBe(Array.from({ length: 2000 }, (_, i) => `line ${i}\n`).join(""));
    expect(run.text("stderr")).not.toMatch(/FATAL ERROR|Last few GCs/);
    expect(await evaluate(host, "[typeof exports.gone, 'a new one']")).toBe("[ 'undefined', 'a new one' ]");
    expect(host.pid()).not.toBe(dead);
  });

  test("by garbage on its file descriptor 4 names the cause, and the next cell runs", async () => {
    const { end } = await runCell(
      host,
      `require("node:fs").writeSync(4, Buffer.from([3, 0, 0, 0, 1, 2, 3])); for (;;);`,
    );
    const cause = /^what it sent cannot be read \(.*\); file descriptors 3 to 5 belong to Cellscope$/;
    expect(end).toEqual({ status: "died", death: { name: "ExecutorDied", cause: expect.stringMatching(cause) } });
    expect(await evaluate(host, "'a new one'")).toBe("'a new one'");
  });

  // What was printed before was lost when it came in the same chunk, and "hello" was taken for a length.
  test("by bytes of its own on file descriptor 4 keeps what it printed before", async () => {
    const { end, shown } = await runCell(
      host,
      `console.log("before"); require("node:fs").writeSync(4, "hello\\n"); for (;;);`,
    );
    expect(end).toMatchObject({ status: "died", death: { name: "ExecutorDied" } });
    expect(shown).toEqual([{ stdout: "before\n" }]);
  });

  test("takes what it has started with it", async () => {
    const run = beginCell(
      host,
      `const { spawn } = require("node:child_process");
       console.log(spawn("sleep", ["600"]).pid + ".");
       process.kill(process.pid, "SIGKILL"); for (;;);`,
    );
    await run.ended;
    await expectGone(Number.parseInt(run.text("stdout"), 10));
  });

  test("is told of in order, and the new one is known before the cell has ended", async () => {
    await runCell(host, "");
    const dead = host.pid();
    const changes: ExecutorChange[] = [];
    host.onChange((change) => changes.push(change));
    await runCell(host, "process.exit(0);", { name: "In[4]" });
    expect(changes).toEqual([
      { type: "cell-began", id: 2, name: "In[4]" },
      { type: "ended", pid: dead },
      { type: "started", pid: host.pid() },
      { type: "cell-ended", id: 2 },
    ]);
  });

  test("fails a binding that waits for it", async () => {
    const run = beginCell(host, `console.log("begun"); for (;;);`);
    await run.printed("begun");
    const bound = host.bind("x", { kind: "json", data: 1 });
    process.kill(host.pid() ?? Number.NaN, "SIGKILL");
    await expect(bound).rejects.toThrow("signal SIGKILL");
    expect((await run.ended).end.status).toBe("died");
  });
});

describe("an executor that dies while no cell runs", () => {
  beforeEach(() => {
    host = executor.start();
  });
  afterEach(() => host.close());

  test("tells the last cell, and the next cell has a new one", async () => {
    const run = beginCell(host, "setTimeout(() => process.exit(5), 10);");
    expect((await run.ended).end).toEqual({ status: "ok" });
    await run.printed("variables of earlier cells are gone");
    expect(run.text("stderr")).toBe(
      "The process that runs the cells ended: exit code 5. The variables of earlier cells are gone.\n",
    );
    expect(await evaluate(host, "1 + 1")).toBe("2");
  });

  test("may do so ten times in a row", async () => {
    const pids = new Set<number | undefined>();
    for (let time = 0; time < 10; time++) {
      pids.add(host.pid());
      const { end } = await runCell(host, `process.exit(${time});`);
      expect(end).toMatchObject({ status: "died", death: { cause: `exit code ${time}` } });
    }
    expect(pids.size).toBe(10);
    expect(await evaluate(host, "'alive'")).toBe("'alive'");
  });
});

describe("an executor that cannot be started", () => {
  test.each([
    ["there is no such Node", { nodePath: "/nowhere/node" }, /^it could not be started: .*ENOENT/],
    ["there is no such file", { mainPath: "/nowhere/main.cjs" }, /^exit code 1$/],
    ["there is no such directory", { cwd: "/nowhere" }, /^it could not be started: .*ENOENT/],
  ])("fails the cell when %s", async (_name, settings, cause) => {
    host = executor.start(settings);
    const { end } = await runCell(host, "1");
    expect(end).toMatchObject({ status: "died", death: { name: "ExecutorDied", cause: expect.stringMatching(cause) } });
    await host.close();
  });
});

describe("when the process that started an executor is killed", () => {
  const program = `
    import { startExecutor } from "./kernel/executor/host.ts";
    const [mainPath, cwd, code] = process.argv.slice(2);
    const host = startExecutor({ mainPath, cwd });
    const stream = (_name, text) => process.stdout.write(text);
    const output = { stream, display: () => {}, clear: () => {} };
    await host.execute({ name: "In[1]", code: "exports.sleeper = require('node:child_process').spawn('sleep', ['600']);" +
      "console.log(process.pid, exports.sleeper.pid);", awaits: false, modules: [], declares: [] }, output);
    const running = host.execute({ name: "In[2]", code, awaits: true, modules: [], declares: [] }, output);
    running.then(() => console.log("idle"));
    setInterval(() => {}, 1000);
  `;
  let programPath: string;
  beforeAll(async () => {
    programPath = await buildHostProgram(executor, program);
  });

  test.each([
    ["is idle", ""],
    ["waits", `console.log("idle"); await new Promise(() => {});`],
    ["spins", `console.log("idle"); for (;;);`],
    ["is inside a call", `console.log("idle"); require("node:child_process").execSync("sleep 600");`],
    ["prints without end", `console.log("idle"); for (;;) console.log("more");`],
  ])("it ends with all that it has started, also when it %s", async (_name, code) => {
    const child = spawn(process.execPath, [programPath, executor.mainPath, executor.cwd, code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const lines = createInterface({ input: child.stdout });
      const first: string[] = [];
      for await (const line of lines) {
        first.push(line);
        if (line === "idle") break;
      }
      const [executorPid = Number.NaN, sleeperPid = Number.NaN] = (first[0] ?? "").split(" ").map(Number);
      expect(isAlive(executorPid) && isAlive(sleeperPid)).toBe(true);
      child.kill("SIGKILL");
      await expectGone(executorPid);
      await expectGone(sleeperPid);
    } finally {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
  });
});

test("close ends the executor and what it has started, and what cells left to be done at the exit is done", async () => {
  host = executor.start();
  const run = beginCell(
    host,
    `const { spawn } = require("node:child_process");
     process.on("exit", () => console.log("bye"));
     console.log(spawn("sleep", ["600"]).pid + ".");`,
  );
  await run.ended;
  const pid = host.pid() ?? Number.NaN;
  await host.close();
  expect(run.text("stdout")).toMatch(/^\d+\.\nbye\n$/);
  await expectGone(Number.parseInt(run.text("stdout"), 10));
  await expectGone(pid);
});

test("close ends an executor that is busy, and its cell is told", async () => {
  host = executor.start();
  const run = beginCell(host, `console.log("begun"); for (;;);`);
  await run.printed("begun");
  await host.close();
  expect((await run.ended).end.status).toBe("died");
});

async function expectGone(pid: number): Promise<void> {
  expect(pid).toBeGreaterThan(1);
  await expect.poll(() => isAlive(pid), { timeout: 10_000, interval: 10 }).toBe(false);
}

/** A process that has ended and whose parent has not asked yet is gone as well. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const status = `/proc/${pid}/status`;
  return !existsSync(status) || !/^State:\s+Z/m.test(readFileSync(status, "utf8"));
}
