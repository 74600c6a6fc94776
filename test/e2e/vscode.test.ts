// Requests of the kinds that VS Code's Jupyter extension sends, from what is known of its behaviour and not from a
// recording of it: kernel_info more than once while it connects, silent cells, interrupts and comms beside them,
// fields that are its own in metadata, and probes for what a kernel may not have. Each has to be answered.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BuiltKernel, startBuiltKernel } from "../support/built-kernel.js";

let kernel: BuiltKernel;

beforeAll(async () => {
  kernel = await startBuiltKernel();
});
afterAll(async () => {
  await kernel?.close();
});

describe("while it connects", () => {
  test("kernel_info is answered as often as it is asked, on shell and on control, also twice at once", async () => {
    const asked = [
      kernel.client.send("kernel_info_request"),
      kernel.client.send("kernel_info_request"),
      kernel.client.send("kernel_info_request", {}, { channel: "control" }),
    ];
    for (const id of asked) {
      const { reply } = await kernel.client.exchange(id);
      expect(reply.content).toMatchObject({ status: "ok", language_info: { name: "typescript" } });
    }
  });

  test("comm_info is answered, of all targets and of the widgets' one", async () => {
    for (const content of [{}, { target_name: "jupyter.widget" }]) {
      const { reply } = await kernel.client.request("comm_info_request", content);
      expect(reply.content).toMatchObject({ status: "ok", comms: {} });
    }
  });

  test("a comm for a target that nobody has registered is closed, and the kernel goes on", async () => {
    const id = kernel.client.send("comm_open", { comm_id: "probe", target_name: "jupyter.widget.control", data: {} });
    const closed = await kernel.client.waitFor(
      ({ header, parent_header }) => header.msg_type === "comm_close" && parent_header.msg_id === id,
    );
    expect(closed.content).toMatchObject({ comm_id: "probe" });
    expect((await kernel.client.execute("1 + 1")).reply.content).toMatchObject({ status: "ok" });
  });
});

describe("cells of its own", () => {
  const silent = { silent: true, store_history: false, stop_on_error: false, allow_stdin: true, user_expressions: {} };

  test.each([
    ["an empty one", "", "ok"],
    ["one that is TypeScript", "void process.version", "ok"],
    ["one of another language", "%config Completer.use_jedi = False", "error"],
    ["one that is no TypeScript", "import sys as _VSCODE_sys", "error"],
  ])("%s is run silently: it publishes nothing, and has no number", async (_, code, status) => {
    const before = await executionCount();
    const { reply, transcript } = await kernel.client.execute(code, silent);
    expect(transcript).toEqual([`execute_reply:${status}`]);
    expect(reply.content.status).toBe(status);
    expect(await executionCount()).toBe(before + 1);
  });

  async function executionCount(): Promise<number> {
    const { reply } = await kernel.client.execute("0");
    return Number(reply.content.execution_count);
  }

  test("values of expressions come with a silent cell", async () => {
    const fields = { ...silent, user_expressions: { cwd: "process.cwd()", bad: "nothing.at.all" } };
    const { reply } = await kernel.client.execute("", fields);
    expect(reply.content).toMatchObject({
      status: "ok",
      user_expressions: {
        cwd: { status: "ok", data: { "text/plain": `'${process.cwd()}'` } },
        bad: { status: "error" },
      },
    });
  });
});

describe("cells of the user", () => {
  test("metadata that only VS Code reads does not matter, and the times come back in that of the reply", async () => {
    const id = kernel.client.send(
      "execute_request",
      {
        code: "6 * 7",
        silent: false,
        store_history: true,
        user_expressions: {},
        allow_stdin: true,
        stop_on_error: false,
      },
      { metadata: { cellId: "vscode-notebook-cell:/untitled#W0", isolated: true, trusted: true, recordTiming: true } },
    );
    const { reply, transcript } = await kernel.client.exchange(id);
    expect(transcript).toEqual(["execute_input", "execute_result", "execute_reply:ok"]);
    expect(Date.parse(String(reply.metadata.started))).not.toBeNaN();
  });

  test("completion is answered with the types that its list shows, also while a cell runs", async () => {
    const id = kernel.client.send("execute_request", { code: "while (true) {}" });
    await kernel.client.waitFor(
      ({ header, parent_header }) => header.msg_type === "execute_input" && parent_header.msg_id === id,
    );
    const { reply } = await kernel.client.request("complete_request", { code: "Math.sq", cursor_pos: 7 });
    expect(reply.content).toMatchObject({
      status: "ok",
      matches: ["sqrt"],
      cursor_start: 5,
      cursor_end: 7,
      metadata: { _jupyter_types_experimental: [{ text: "sqrt", type: "method" }] },
    });
    const interrupted = await kernel.client.request("interrupt_request", {}, { channel: "control" });
    expect(interrupted.reply.content).toEqual({ status: "ok" });
    expect((await kernel.client.exchange(id)).reply.content).toMatchObject({ status: "error", ename: "Interrupted" });
  });

  test.each([0, 1])("inspection is answered at detail level %i", async (detail) => {
    const { reply } = await kernel.client.request("inspect_request", {
      code: "Math.sqrt",
      cursor_pos: 9,
      detail_level: detail,
    });
    expect(reply.content).toMatchObject({ status: "ok", found: true });
    expect(Object.keys(reply.content.data as object).sort()).toEqual(["text/markdown", "text/plain"]);
  });

  test("what is not known is not found, which is no error", async () => {
    const { reply } = await kernel.client.request("inspect_request", { code: "   ", cursor_pos: 2, detail_level: 0 });
    expect(reply.content).toEqual({ status: "ok", found: false, data: {}, metadata: {} });
  });

  test("history and is_complete are answered", async () => {
    const { reply } = await kernel.client.request("history_request", {
      hist_access_type: "tail",
      n: 1,
      output: false,
      raw: true,
    });
    expect(reply.content).toMatchObject({
      status: "ok",
      history: [[expect.any(Number), expect.any(Number), expect.any(String)]],
    });
    const asked = await kernel.client.request("is_complete_request", { code: "if (true) {" });
    expect(asked.reply.content).toMatchObject({ status: "incomplete" });
  });

  test("input that a cell asks for is asked of the one who runs it", async () => {
    const id = kernel.client.send("execute_request", { code: 'prompt("who?")', allow_stdin: true });
    const question = await kernel.client.waitFor(
      ({ header, parent_header }) => header.msg_type === "input_request" && parent_header.msg_id === id,
    );
    expect(question.content).toEqual({ prompt: "who? ", password: false });
    kernel.client.answer("seven", question);
    expect((await kernel.client.exchange(id)).reply.content).toMatchObject({ status: "ok" });
  });
});

describe("probes for what there is not", () => {
  test.each(["debugInfo", "initialize", "attach"])(
    "the debugger's %s is refused, and the cell after it runs",
    async (command) => {
      const { reply } = await kernel.client.request(
        "debug_request",
        { type: "request", seq: 1, command, arguments: {} },
        { channel: "control" },
      );
      expect(reply.content).toMatchObject({ status: "error", evalue: expect.stringContaining("no debugger") });
      expect((await kernel.client.execute("1")).reply.content).toMatchObject({ status: "ok" });
    },
  );
});

test("an interrupt of a kernel that does nothing is answered, and stops no later cell", async () => {
  await kernel.client.request("interrupt_request", {}, { channel: "control" });
  expect((await kernel.client.execute("1 + 1")).transcript).toEqual([
    "execute_input",
    "execute_result",
    "execute_reply:ok",
  ]);
});

test("a restart is asked for as a shutdown with restart: true, and answered to everybody before the kernel ends", async () => {
  const other = await startBuiltKernel();
  try {
    const { reply } = await other.client.request("shutdown_request", { restart: true }, { channel: "control" });
    expect(reply.content).toEqual({ status: "ok", restart: true });
    await other.client.waitFor(({ header, channel }) => header.msg_type === "shutdown_reply" && channel === "iopub");
  } finally {
    await other.close().catch(() => undefined);
  }
});
