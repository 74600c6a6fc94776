// What goes wrong around cells, over the built kernel: the right cell is told, the kernel lives, nobody is left behind.
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Subscriber } from "zeromq";
import { formatEndpoint } from "../../kernel/protocol/connection-file.js";
import { type BuiltKernel, startBuiltKernel } from "../support/built-kernel.js";
import type { Client, Exchange, SeenMessage } from "../support/client.js";
import { listFamily, readProcess } from "../support/processes.js";

const control = { channel: "control" } as const;
const of = (msgType: string, parent: string) => (message: SeenMessage) =>
  message.header.msg_type === msgType && message.parent_header.msg_id === parent;
const errorOf = ({ reply }: Exchange) => [reply.content.status, reply.content.ename, reply.content.evalue];
const resultOf = ({ published }: Exchange) =>
  (published.find(({ header }) => header.msg_type === "execute_result")?.content.data as Record<string, unknown>)?.[
    "text/plain"
  ];

/** The processes of a kernel by what they are. */
function pidsOf(kernel: BuiltKernel): {
  readonly kernel: number;
  readonly executor: number;
  readonly language: number;
} {
  const pid = kernel.process.pid ?? Number.NaN;
  const find = (what: RegExp) =>
    listFamily(pid).find(({ command, parent }) => parent === pid && what.test(command))?.pid ?? Number.NaN;
  return { kernel: pid, executor: find(/executor\/main/), language: find(/typeScriptLibrary/) };
}

async function expectGone(pids: readonly number[]): Promise<void> {
  for (const pid of pids) expect(pid).toBeGreaterThan(1);
  const left = () => pids.flatMap(readProcess).filter(({ state }) => state !== "Z" && state !== "X");
  await expect.poll(left, { timeout: 10_000, interval: 10 }).toEqual([]);
}

/** Sends cells that run one after the other, without waiting. */
const queue = (client: Client, ...codes: readonly string[]) =>
  codes.map((code) => client.send("execute_request", { code }));

const statusesOf = async (client: Client, ids: readonly string[]) => {
  const exchanges = [];
  for (const id of ids) exchanges.push(await client.exchange(id));
  return exchanges.map(({ reply }) => reply.content.status);
};

describe.skipIf(process.platform !== "linux")("a kernel", () => {
  let kernel: BuiltKernel;
  let client: Client;
  beforeAll(async () => {
    kernel = await startBuiltKernel();
    ({ client } = kernel);
    // All its processes are there once a cell has run.
    await client.execute("0");
  });
  afterAll(() => kernel.close());
  // Whatever happened in a test, the kernel serves the next one.
  afterEach(async () => {
    expect(resultOf(await client.execute("6 * 7"))).toBe("42");
  });

  const gone = "The variables of earlier cells are gone.";

  test.each([
    ["process.exit(3)", "exit code 3"],
    ["await null; process.exit(0)", "exit code 0"],
    ['process.kill(process.pid, "SIGSEGV"); for (;;);', "signal SIGSEGV: a crash in native code"],
    ['process.kill(process.pid, "SIGKILL"); for (;;);', "signal SIGKILL: something outside of the notebook killed it"],
    ["process.abort()", "signal SIGABRT: native code or Node aborted"],
  ])("tells the cell %s that its process has ended", async (code, cause) => {
    const before = pidsOf(kernel).executor;
    await client.execute("const kept = 1;");
    const exchange = await client.execute(`console.log("before");\n${code}`);
    expect(exchange.stdout).toBe("before\n");
    // Node writes a native stack when it is aborted.
    const heard = exchange.transcript.filter((word) => word !== "stream:stderr");
    expect(heard).toEqual(["execute_input", "stream:stdout", "error", "execute_reply:error"]);
    expect(errorOf(exchange)).toEqual([
      "error",
      "ExecutorDied",
      `The process that runs the cells ended: ${cause}. ${gone}`,
    ]);
    expect(errorOf(await client.execute("kept"))).toEqual([
      "error",
      "TypeScriptError",
      expect.stringContaining("kept"),
    ]);
    await expectGone([before]);
  });

  test("tells a cell that waits when its process is killed from outside", async () => {
    const cell = client.send("execute_request", { code: 'console.log("on"); await new Promise(() => {});' });
    await client.waitFor(of("stream", cell));
    process.kill(pidsOf(kernel).executor, "SIGKILL");
    expect(errorOf(await client.exchange(cell))).toEqual(["error", "ExecutorDied", expect.stringContaining("SIGKILL")]);
  });

  test.each([
    [
      "an uncaught exception in a timer",
      'setTimeout(() => { throw new Error("too late"); }, 1);',
      "Uncaught exception",
    ],
    ["an unhandled rejection", 'void Promise.reject(new Error("too late"));', "Unhandled rejection"],
  ])("tells the cell that started it of %s, and keeps the variables", async (_name, code, what) => {
    await client.execute("const survivor = 'alive';");
    const { executor } = pidsOf(kernel);
    const cell = client.send("execute_request", { code });
    const told = await client.waitFor(of("stream", cell));
    expect(told.content).toEqual({
      name: "stderr",
      text: expect.stringMatching(new RegExp(`^${what}: Error: too late\\n +at .*In\\[\\d+\\]:1:`)),
    });
    await client.exchange(cell);
    expect(resultOf(await client.execute("survivor"))).toBe("'alive'");
    expect(pidsOf(kernel).executor).toBe(executor);
  });

  test("gives a cell another language process when its own was killed, and keeps the variables", async () => {
    await client.execute("const known: number = 7;");
    process.kill(pidsOf(kernel).language, "SIGKILL");
    expect(resultOf(await client.execute("known + 1"))).toBe("8");
    expect(errorOf(await client.execute("known.length"))).toEqual([
      "error",
      "TypeScriptError",
      expect.stringContaining("length"),
    ]);
  });

  test("takes a language process that is stopped for stuck, starts another, and knows the variables", async () => {
    await client.execute("const before = 'stopped';");
    const { language } = pidsOf(kernel);
    process.kill(language, "SIGSTOP");
    expect(resultOf(await client.execute("before"))).toBe("'stopped'");
    await expectGone([language]);
  });

  test("answers beside a stopped language process, and a cell that waits for it can be interrupted", async () => {
    process.kill(pidsOf(kernel).language, "SIGSTOP");
    const cell = client.send("execute_request", { code: "1" });
    await client.waitFor(of("execute_input", cell));
    expect((await client.request("kernel_info_request", {}, control)).reply.content.status).toBe("ok");
    await client.request("interrupt_request", {}, control);
    expect(errorOf(await client.exchange(cell))).toEqual(["error", "Interrupted", "the cell was interrupted"]);
  });

  test("wakes an executor that was stopped when its cell is interrupted, and keeps the variables", async () => {
    await client.execute("const asleep = 'no';");
    const { executor } = pidsOf(kernel);
    const cell = client.send("execute_request", { code: 'console.log("on"); for (;;);' });
    await client.waitFor(of("stream", cell));
    process.kill(executor, "SIGSTOP");
    expect((await client.request("kernel_info_request", {}, control)).reply.content.status).toBe("ok");
    expect(Buffer.from(await client.heartbeat(Buffer.from("ping"))).toString()).toBe("ping");
    await client.request("interrupt_request", {}, control);
    expect(errorOf(await client.exchange(cell))).toEqual(["error", "Interrupted", "the cell was interrupted"]);
    expect(resultOf(await client.execute("asleep"))).toBe("'no'");
    expect(pidsOf(kernel).executor).toBe(executor);
  });

  test("goes on with a cell when an executor that was stopped is continued", async () => {
    const { executor } = pidsOf(kernel);
    const cell = client.send("execute_request", {
      code: 'console.log("on"); await new Promise((go) => setTimeout(go, 50)); "done"',
    });
    await client.waitFor(of("stream", cell));
    process.kill(executor, "SIGSTOP");
    await client.request("kernel_info_request", {}, control);
    process.kill(executor, "SIGCONT");
    expect(resultOf(await client.exchange(cell))).toBe("'done'");
  });

  test("goes on where it was when it was itself stopped and continued", async () => {
    const cell = client.send("execute_request", { code: 'for (let i = 0; i < 20_000; i++) console.log("line", i);' });
    await client.waitFor(of("execute_input", cell));
    const pid = kernel.process.pid ?? Number.NaN;
    process.kill(pid, "SIGSTOP");
    await expect.poll(() => readProcess(pid)[0]?.state).toBe("T");
    process.kill(pid, "SIGCONT");
    const { stdout } = await client.exchange(cell);
    expect(stdout).toBe(Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join(""));
  });

  test("runs 200 queued cells in their order", async () => {
    await client.execute("const order: number[] = [];");
    const ids = queue(client, ...Array.from({ length: 200 }, (_, i) => `order.push(${i});`));
    expect(await statusesOf(client, ids)).toEqual(ids.map(() => "ok"));
    expect(resultOf(await client.execute("order.every((value, i) => value === i) && order.length"))).toBe("200");
  });

  test("aborts what is queued behind a cell that fails, and nothing that is sent after its reply", async () => {
    const ids = queue(
      client,
      ...Array.from({ length: 100 }, (_, i) => `${i};`),
      "throw new Error('middle')",
      ...Array.from({ length: 99 }, (_, i) => `${i};`),
    );
    const expected = [...Array(100).fill("ok"), "error", ...Array(99).fill("aborted")];
    expect(await statusesOf(client, ids)).toEqual(expected);
  });

  test("aborts what is queued behind a cell that is interrupted", async () => {
    const ids = queue(client, 'console.log("on"); for (;;);', "1", "2", "3");
    await client.waitFor(of("stream", ids[0] ?? ""));
    await client.request("interrupt_request", {}, control);
    expect(await statusesOf(client, ids)).toEqual(["error", "aborted", "aborted", "aborted"]);
  });

  test("aborts what is queued behind a cell whose process ends", async () => {
    const ids = queue(client, "process.exit(3)", "1", "2");
    expect(await statusesOf(client, ids)).toEqual(["error", "aborted", "aborted"]);
  });

  test("shows both of two front ends what is published, and answers and asks only the one that asked", async () => {
    const second = await kernel.connect();
    const cell = second.send("execute_request", { code: 'console.log(prompt("Name?"));', allow_stdin: true });
    const question = await second.waitFor(of("input_request", cell));
    second.answer("seven", question);
    expect((await second.exchange(cell)).stdout).toBe("seven\n");
    expect((await client.waitFor(of("stream", cell))).content.text).toBe("seven\n");
    await client.waitFor((message) => of("status", cell)(message) && message.content.execution_state === "idle");
    expect(
      client.seen.filter(({ channel, parent_header: parent }) => parent.msg_id === cell && channel !== "iopub"),
    ).toEqual([]);
  });

  test("ends the cell of a front end that has disappeared, and tells whoever comes back", async () => {
    const leaving = await kernel.connect("a page that is closed");
    leaving.send("execute_request", {
      code: "const left = await new Promise((go) => setTimeout(() => go('ran'), 100)); left",
    });
    await leaving.waitFor(({ header }) => header.msg_type === "execute_input");
    leaving.close();
    const back = await kernel.connect("a page that is closed");
    expect(resultOf(await back.execute("left"))).toBe("'ran'");
    const { reply } = await back.request("history_request", { hist_access_type: "tail", n: 2, output: true });
    expect((reply.content.history as unknown[][]).map(([, , entry]) => entry)).toEqual([
      [expect.stringContaining("const left"), "'ran'"],
      ["left", "'ran'"],
    ]);
  });
});

test("for a subscriber that never reads, the cell waits and fills no memory; those who read miss no line", async () => {
  const kernel = await startBuiltKernel();
  const deaf = new Subscriber({ receiveHighWaterMark: 1, linger: 0 });
  const folder = await mkdtemp(join(tmpdir(), "cellscope-flood-"));
  const printed = join(folder, "printed");
  try {
    deaf.connect(formatEndpoint(kernel.connection, "iopub"));
    deaf.subscribe("");
    await kernel.client.waitFor(({ header }) => header.msg_type === "iopub_welcome");
    const code = `import { writeFileSync } from "node:fs";
for (let i = 0; i < 120_000; i++) {
  console.log(String(i).padStart(1000));
  if (i % 1000 === 0) writeFileSync(${JSON.stringify(printed)}, String(i));
}
"done"`;
    const cell = kernel.client.send("execute_request", { code });
    await expect.poll(kernel.log, { timeout: 40_000 }).toContain("a client has taken nothing for 10 s");
    // What fits into the queue of a client, and a little on the way to it: 40 MB.
    expect(Number(readFileSync(printed, "utf8"))).toBeLessThan(60_000);
    const exchange = await kernel.client.exchange(cell, 70_000);
    expect(resultOf(exchange)).toBe("'done'");
    expect(exchange.stdout.length).toBe(120_000 * 1001);
  } finally {
    deaf.close();
    await kernel.close();
    await rm(folder, { recursive: true });
  }
});

test("an iopub that is closed in the middle of a flood keeps no line from the others", async () => {
  const kernel = await startBuiltKernel();
  const closing = new Subscriber({ receiveHighWaterMark: 1, linger: 0 });
  try {
    closing.connect(formatEndpoint(kernel.connection, "iopub"));
    closing.subscribe("");
    const cell = kernel.client.execute(
      'for (let i = 0; i < 100_000; i++) console.log(String(i).padStart(100));\n"done"',
      {},
      90_000,
    );
    for await (const frames of closing) if (frames.some((frame) => frame.includes('"stdout"'))) break;
    closing.close();
    const exchange = await cell;
    expect(resultOf(exchange)).toBe("'done'");
    expect(exchange.stdout.length).toBe(100_000 * 101);
  } finally {
    closing.close();
    await kernel.close();
  }
});

test("a flood of a front end that has disappeared runs to its end", async () => {
  const kernel = await startBuiltKernel();
  try {
    const leaving = await kernel.connect("a page that is closed");
    const cell = leaving.send("execute_request", {
      code: 'for (let i = 0; i < 100_000; i++) console.log(String(i).padStart(100));\nconst flooded = "to the end";',
    });
    await leaving.waitFor(of("stream", cell));
    leaving.close();
    expect(resultOf(await kernel.client.execute("flooded", {}, 90_000))).toBe("'to the end'");
  } finally {
    await kernel.close();
  }
});

test.skipIf(process.platform !== "linux")(
  "a cell that fills the JavaScript heap is told so, and the next one runs",
  async () => {
    // The kernel gives the heap its share of what it may use. Node 24 reserves more than 1 GiB before the first cell.
    const wrapper = ["sh", "-c", 'ulimit -d 1572864 && exec "$@"', "sh"];
    const kernel = await startBuiltKernel({}, { wrapper });
    try {
      const { reply } = await kernel.client.execute(
        "const rows = []; for (;;) rows.push(new Array(10_000).fill(1.5));",
        {},
        60_000,
      );
      expect([reply.content.status, reply.content.ename]).toEqual(["error", "OutOfMemoryError"]);
      expect(resultOf(await kernel.client.execute("1 + 1"))).toBe("2");
    } finally {
      await kernel.close();
    }
  },
);

describe.skipIf(process.platform !== "linux")("nobody is left behind", () => {
  const kernels: BuiltKernel[] = [];
  const start = async (...[env, options]: Parameters<typeof startBuiltKernel>) => {
    const kernel = await startBuiltKernel(env, options);
    kernels.push(kernel);
    return kernel;
  };
  afterEach(async () => {
    for (const kernel of kernels.splice(0)) await kernel.close();
  });

  /** A kernel that has run a cell and another one that goes on, which has started a process; all its pids. */
  async function startBusy(code: string): Promise<{ readonly kernel: BuiltKernel; readonly pids: readonly number[] }> {
    const kernel = await start();
    const cell = kernel.client.send("execute_request", {
      code: `import { spawn } from "node:child_process";\nspawn("sleep", ["600"]);\nconsole.log("on");\n${code}`,
    });
    await kernel.client.waitFor(of("stream", cell));
    const family = listFamily(kernel.process.pid ?? Number.NaN);
    expect(
      family.map(({ command }) => /sleep|executor\/main|typeScriptLibrary|cli\/main/.exec(command)?.[0]).sort(),
    ).toEqual(["cli/main", "executor/main", "sleep", "typeScriptLibrary"]);
    return { kernel, pids: family.map(({ pid }) => pid) };
  }

  test.each([
    ["is idle", ""],
    ["spins", "for (;;);"],
    ["waits", "await new Promise(() => {});"],
    ["prints without end", 'for (;;) console.log("more");'],
  ])("when the kernel is killed while its cell %s", async (_name, code) => {
    const { kernel, pids } = await startBusy(code);
    kernel.process.kill("SIGKILL");
    await expectGone(pids);
  });

  test.each([
    ["SIGTERM", "for (;;);"],
    ["SIGTERM", ""],
  ] as const)("when the kernel is asked to end by %s while its cell is %j", async (signal, code) => {
    const { kernel, pids } = await startBusy(code);
    kernel.process.kill(signal);
    expect(await kernel.ended).toEqual([0, null]);
    await expectGone(pids);
  });

  test("when the kernel is killed while its processes are stopped, once they are continued", async () => {
    const { kernel, pids } = await startBusy("for (;;);");
    const { executor, language } = pidsOf(kernel);
    for (const pid of [executor, language]) process.kill(pid, "SIGSTOP");
    kernel.process.kill("SIGKILL");
    await kernel.ended;
    for (const pid of [executor, language]) process.kill(pid, "SIGCONT");
    await expectGone(pids);
  });

  test("when a kernel whose processes are stopped is shut down", async () => {
    const { kernel, pids } = await startBusy("for (;;);");
    const { executor, language } = pidsOf(kernel);
    for (const pid of [executor, language]) process.kill(pid, "SIGSTOP");
    await kernel.close();
    await expectGone(pids);
  });

  test("when cells still wait for their turn at the shutdown, and each of them is told", async () => {
    const { client, process: child } = await start();
    const ids = queue(client, 'console.log("on"); for (;;);', ...Array.from({ length: 50 }, (_, i) => `${i};`));
    await client.waitFor(of("stream", ids[0] ?? ""));
    const pids = listFamily(child.pid ?? Number.NaN).map(({ pid }) => pid);
    await client.request("shutdown_request", { restart: false }, control);
    expect(await statusesOf(client, ids)).toEqual(["error", ...Array(50).fill("aborted")]);
    const { content } = await client.waitFor(of("error", ids[0] ?? ""));
    expect(content).toEqual({
      ename: "KernelShutDown",
      evalue: "the kernel was shut down before the cell had ended",
      traceback: ["KernelShutDown: the kernel was shut down before the cell had ended"],
    });
    await expectGone(pids);
  });

  test("after ten restarts in a row at the same ports, of which every other finds the kernel busy", async () => {
    let kernel = await start({}, { transport: "tcp" });
    const all: number[] = [];
    for (let time = 0; time < 10; time++) {
      const { client, connection } = kernel;
      expect(resultOf(await client.execute(`const time = ${time}; time`))).toBe(String(time));
      all.push(...listFamily(kernel.process.pid ?? Number.NaN).map(({ pid }) => pid));
      if (time % 2 === 1) await client.waitFor(of("stream", queue(client, 'console.log("on"); for (;;);')[0] ?? ""));
      const { reply } = await client.request("shutdown_request", { restart: true }, control);
      expect(reply.content).toEqual({ status: "ok", restart: true });
      expect(await kernel.ended).toEqual([0, null]);
      client.close();
      kernel = await start({}, { connection });
    }
    expect(errorOf(await kernel.client.execute("time"))).toEqual(["error", "TypeScriptError", expect.any(String)]);
    await expectGone(all);
  });

  test("and two kernels at once do not know of each other", async () => {
    const [one, two] = await Promise.all([start(), start()]);
    await Promise.all([one.client.execute("const mine = 1;"), two.client.execute("const mine = 'two';")]);
    const both = [one.client.execute("mine"), two.client.execute("mine")];
    expect((await Promise.all(both)).map(resultOf)).toEqual(["1", "'two'"]);
    expect(errorOf(await one.client.execute("process.exit(3)"))[1]).toBe("ExecutorDied");
    expect(resultOf(await two.client.execute("mine"))).toBe("'two'");
  });
});
