// What cells say to front ends beside their output, over the built kernel: input, comms, expressions, subshells.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import typescript from "typescript/package.json" with { type: "json" };
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BuiltKernel, startBuiltKernel } from "../support/built-kernel.js";
import type { Exchange, SeenMessage } from "../support/client.js";

let kernel: BuiltKernel;

beforeAll(async () => {
  kernel = await startBuiltKernel();
});

afterAll(() => kernel.close());

const control = { channel: "control" } as const;
const interrupt = () => kernel.client.request("interrupt_request", {}, control);
const resultOf = ({ published }: Exchange) =>
  (published.find(({ header }) => header.msg_type === "execute_result")?.content.data as Record<string, unknown>)?.[
    "text/plain"
  ];
const of = (msgType: string, parent: string) => (message: SeenMessage) =>
  message.header.msg_type === msgType && message.parent_header.msg_id === parent;
const idleOf = (msgId: string) =>
  kernel.client.waitFor((message) => of("status", msgId)(message) && message.content.execution_state === "idle");

/** Runs a cell that asks once, and answers. */
async function answer(code: string, value: string): Promise<readonly [SeenMessage["content"], Exchange]> {
  const cell = kernel.client.send("execute_request", { code, allow_stdin: true });
  const question = await kernel.client.waitFor(of("input_request", cell));
  kernel.client.answer(value, question);
  return [question.content, await kernel.client.exchange(cell)];
}

test("kernel_info tells the versions of TypeScript and Node that cells run by", async () => {
  const { reply } = await kernel.client.request("kernel_info_request");
  expect(reply.content).toMatchObject({
    status: "ok",
    protocol_version: "5.5",
    language_info: { name: "typescript", version: typescript.version },
    supported_features: ["kernel subshells"],
  });
  const said = /TypeScript (\S+) on Node\.js (\S+)$/.exec(String(reply.content.banner))?.slice(1);
  const cells = await kernel.client.execute(
    'import { versions } from "tslab";\nJSON.stringify([versions.typescript, process.versions.node])',
  );
  expect(resultOf(cells)).toBe(`'${JSON.stringify(said)}'`);
});

describe("input", () => {
  test.each([
    ['prompt("Name?")', "one", { prompt: "Name? ", password: false }, "'one'"],
    ['prompt("Name?", "two")', "", { prompt: "Name? [two] ", password: false }, "'two'"],
    ['prompt("Name?")', "\u0004", { prompt: "Name? ", password: false }, "null"],
    [
      'import { askPassword } from "cellscope";\naskPassword("Key:")',
      "s3",
      { prompt: "Key: ", password: true },
      "'s3'",
    ],
  ])("%s, answered %j, asks %j and is %s", async (code, value, question, result) => {
    const [asked, exchange] = await answer(code, value);
    expect([asked, resultOf(exchange)]).toEqual([question, result]);
  });

  test("reaches node:readline through process.stdin", async () => {
    const code = `import { createInterface } from "node:readline/promises";
const reader = createInterface({ input: process.stdin, output: process.stdout });
const age = await reader.question("How old? ");
reader.close();
age`;
    const [asked, exchange] = await answer(code, "42");
    expect([asked, exchange.stdout, resultOf(exchange)]).toEqual([
      { prompt: "", password: false },
      "How old? ",
      "'42'",
    ]);
  });

  test.each([
    'prompt("Name?")',
    "for await (const chunk of process.stdin) console.log(chunk)",
    'await new Promise((resolve) => process.stdin.once("data", resolve))',
  ])("fails the cell %s where nobody answers", async (code) => {
    const { reply } = await kernel.client.execute(code);
    expect(reply.content.ename).toBe("StdinNotImplementedError");
  });

  test.each(['prompt("Name?")', 'await new Promise((resolve) => process.stdin.once("data", resolve))'])(
    "that %s waits for can be interrupted, and the next cell runs",
    async (code) => {
      const cell = kernel.client.send("execute_request", { code, allow_stdin: true });
      await kernel.client.waitFor(of("input_request", cell));
      await interrupt();
      expect((await kernel.client.exchange(cell)).reply.content.ename).toBe("Interrupted");
      expect(resultOf((await answer('prompt("again")', "yes"))[1])).toBe("'yes'");
    },
  );

  test("leaves the name prompt free for the notebook", async () => {
    await kernel.client.execute('const prompt: string = "hello";');
    expect(resultOf(await kernel.client.execute("prompt.toUpperCase()"))).toBe("'HELLO'");
  });
});

describe("comms", () => {
  test("registered by a cell take what a front end opens, between cells and while a cell awaits", async () => {
    const { reply } = await kernel.client.execute(`import { comms } from "cellscope";
comms.register("counter", (comm, { data }) => {
  console.log("opened with", data.start);
  comm.onMessage(({ data, buffers }) => comm.send({ twice: Number(data.value) * 2 }, { buffers: [...buffers] }));
});`);
    expect(reply.content.status).toBe("ok");
    const opened = kernel.client.send("comm_open", { comm_id: "c1", target_name: "counter", data: { start: 5 } });
    await idleOf(opened);
    const printed = await kernel.client.waitFor(of("stream", opened));
    expect(printed.content.text).toBe("opened with 5\n");
    const ask = async (value: number) => {
      const sent = kernel.client.send(
        "comm_msg",
        { comm_id: "c1", data: { value } },
        { buffers: [Buffer.from("abc")] },
      );
      return kernel.client.waitFor(of("comm_msg", sent));
    };
    const between = await ask(1);
    expect([between.content, between.buffers.map(String)]).toEqual([{ comm_id: "c1", data: { twice: 2 } }, ["abc"]]);
    const cell = kernel.client.send("execute_request", {
      code: "let go: () => void = () => {};\nawait new Promise<void>((resolve) => { go = resolve; comms.open('begun'); })",
    });
    await kernel.client.waitFor(of("comm_open", cell));
    expect((await ask(2)).content.data).toEqual({ twice: 4 });
    await interrupt();
    await kernel.client.exchange(cell);
    const { reply: info } = await kernel.client.request("comm_info_request", { target_name: "counter" });
    expect(info.content.comms).toEqual({ c1: { target_name: "counter" } });
  });

  test("for a target that no cell registered are closed", async () => {
    const opened = kernel.client.send("comm_open", { comm_id: "c2", target_name: "nobody", data: {} });
    expect((await kernel.client.waitFor(of("comm_close", opened))).content).toEqual({ comm_id: "c2", data: {} });
  });

  test("whose listener does not return can be interrupted", async () => {
    await kernel.client.execute(
      `comms.register("spin", (comm) => comm.onMessage(() => { comm.send({ begun: true }); for (;;); }));`,
    );
    await idleOf(kernel.client.send("comm_open", { comm_id: "c3", target_name: "spin", data: {} }));
    const sent = kernel.client.send("comm_msg", { comm_id: "c3", data: {} });
    await kernel.client.waitFor(of("comm_msg", sent));
    await interrupt();
    await idleOf(sent);
    expect(resultOf(await kernel.client.execute("1 + 1"))).toBe("2");
  });

  test("end with the process that held them", async () => {
    const { published } = await kernel.client.execute("process.exit(3)");
    const closed = published.filter(({ header }) => header.msg_type === "comm_close");
    expect(closed.map(({ content }) => content.comm_id)).toEqual(expect.arrayContaining(["c1", "c3"]));
    expect((await kernel.client.request("comm_info_request")).reply.content.comms).toEqual({});
  });
});

test("user expressions see the notebook's variables and add none", async () => {
  const user_expressions = {
    sum: "base + 2",
    later: "await Promise.resolve(base)",
    rich: '({ [Symbol.for("Jupyter.display")]: () => ({ "text/html": "<b>x</b>" }) })',
    unknown: "nothing",
    statement: "const other = 1",
  };
  const { reply } = await kernel.client.execute("const base = 40;", { user_expressions });
  const said = (value: string) => ({ status: "ok", data: { "text/plain": value }, metadata: {} });
  expect(reply.content.user_expressions).toMatchObject({
    sum: said("42"),
    later: said("40"),
    rich: { status: "ok", data: { "text/html": "<b>x</b>" } },
    unknown: { status: "error", ename: "TypeScriptError", evalue: "Cannot find name 'nothing'." },
    statement: { status: "error", ename: "TypeScriptError" },
  });
  expect((await kernel.client.execute("other")).reply.content.evalue).toBe("Cannot find name 'other'.");
});

test("a subshell answers %sysinfo, completion and inspection beside a cell that computes; TypeScript waits", async () => {
  const { reply } = await kernel.client.request("create_subshell_request", {}, control);
  const subshell = String(reply.content.subshell_id);
  const cell = kernel.client.send("execute_request", { code: 'console.log("begun"); for (;;);', stop_on_error: false });
  await kernel.client.waitFor(of("stream", cell));
  const send = (msgType: string, content: object) => kernel.client.send(msgType, { ...content }, { subshell });
  const { transcript } = await kernel.client.exchange(send("execute_request", { code: "%sysinfo" }));
  expect(transcript).toEqual(["execute_input", "display_data", "execute_reply:ok"]);
  const completed = await kernel.client.exchange(send("complete_request", { code: "Math.sqr", cursor_pos: 8 }));
  expect(completed.reply.content.matches).toEqual(["sqrt"]);
  const inspected = await kernel.client.exchange(send("inspect_request", { code: "Math.sqrt", cursor_pos: 9 }));
  expect(inspected.reply.content.found).toBe(true);
  const waiting = send("execute_request", { code: "6 * 7" });
  await kernel.client.waitFor(of("execute_input", waiting));
  await interrupt();
  expect((await kernel.client.exchange(cell)).reply.content.ename).toBe("Interrupted");
  expect(resultOf(await kernel.client.exchange(waiting))).toBe("42");
});

test("usage tells the memory of all of the kernel's processes, and their CPU, from the first time on", async () => {
  const { content } = (await kernel.client.request("usage_request", {}, control)).reply;
  const { kernel_cpu: cpu, kernel_memory: memory } = content;
  expect(Number(cpu)).toBeGreaterThanOrEqual(0);
  // The compiler alone holds more than this.
  expect(Number(memory)).toBeGreaterThan(100 * 1024 * 1024);
});

test("what one kernel ran is in the history of the next", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cellscope-data-"));
  const env = { JUPYTER_DATA_DIR: directory, CELLSCOPE_HISTORY: "on" };
  const query = { hist_access_type: "tail", n: 2, output: true };
  try {
    const first = await startBuiltKernel(env);
    await first.client.execute("1 + 1");
    await first.close();
    const second = await startBuiltKernel(env);
    await second.client.execute("2 + 2");
    const { reply } = await second.client.request("history_request", query);
    await second.close();
    expect(reply.content.history).toEqual([
      [1, 1, ["1 + 1", "2"]],
      [2, 1, ["2 + 2", "4"]],
    ]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
