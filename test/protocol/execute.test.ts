import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type EchoKernel, startEchoKernel } from "../support/echo-kernel.js";

let echo: EchoKernel;

beforeEach(async () => {
  echo = await startEchoKernel();
});

afterEach(() => echo.close());

describe("a cell", () => {
  test.each([
    ["", ["execute_input", "execute_reply:ok"]],
    ["result 2", ["execute_input", "execute_result", "execute_reply:ok"]],
    ["throw no", ["execute_input", "error", "execute_reply:error"]],
    ["fault broken", ["execute_input", "error", "execute_reply:error"]],
    ["print a\nprint b\nresult 1", ["execute_input", "stream:stdout", "execute_result", "execute_reply:ok"]],
    [
      "print a\neprint b\nprint c",
      ["execute_input", "stream:stdout", "stream:stderr", "stream:stdout", "execute_reply:ok"],
    ],
    [
      "print a\ndisplay b\nprint c",
      ["execute_input", "stream:stdout", "display_data", "stream:stdout", "execute_reply:ok"],
    ],
    [
      "print a\nclear\nprint b",
      ["execute_input", "stream:stdout", "clear_output", "stream:stdout", "execute_reply:ok"],
    ],
    ["print a\nthrow no", ["execute_input", "stream:stdout", "error", "execute_reply:error"]],
    ["display-as x 1\nupdate x 2", ["execute_input", "display_data", "update_display_data", "execute_reply:ok"]],
    ["unsendable\nprint on", ["execute_input", "stream:stderr", "stream:stdout", "execute_reply:ok"]],
    ["print a\nunsendable-result", ["execute_input", "stream:stdout", "error", "execute_reply:error"]],
  ])("%j sends %j", async (code, expected) => {
    expect((await echo.client.execute(code)).transcript).toEqual(expected);
  });

  test("runs between busy and idle, and its outputs name its request as their parent", async () => {
    const { msgId } = await echo.client.execute("print a");
    const own = echo.client.seen.filter(({ parent_header: parent }) => parent.msg_id === msgId);
    const states = own.filter(({ channel }) => channel === "iopub").map(({ content }) => content.execution_state);
    expect(states).toEqual(["busy", undefined, undefined, "idle"]);
  });

  test("tells its result, its count and its text", async () => {
    const { published } = await echo.client.execute("print a\nresult 2");
    expect(published.map(({ content }) => content)).toEqual([
      { code: "print a\nresult 2", execution_count: 1 },
      { name: "stdout", text: "a" },
      { execution_count: 1, data: { "text/plain": "2" }, metadata: {} },
    ]);
  });

  test("tells its error on iopub and in the reply", async () => {
    const { published, reply } = await echo.client.execute("throw no");
    const error = { ename: "Error", evalue: "no", traceback: ["Error: no"] };
    expect(published[1]?.content).toEqual(error);
    expect(reply.content).toEqual({ status: "error", execution_count: 1, ...error });
  });

  test("names the display that it updates", async () => {
    const { published } = await echo.client.execute("display-as x 1\nupdate x 2");
    expect(published.slice(1).map(({ content }) => content)).toEqual([
      { data: { "text/plain": "1" }, metadata: {}, transient: { display_id: "x" } },
      { data: { "text/plain": "2" }, metadata: {}, transient: { display_id: "x" } },
    ]);
  });

  test("may clear its output now or when the next one comes", async () => {
    const { published } = await echo.client.execute("clear\nclear-wait");
    expect(published.slice(1).map(({ content }) => content)).toEqual([{ wait: false }, { wait: true }]);
  });

  test("that prints 100,000 lines sends them all, in order, in few messages", async () => {
    const { published, stdout } = await echo.client.execute("lines 100000");
    const lines = Array.from({ length: 100_000 }, (_, index) => `line ${index + 1}\n`);
    expect(stdout).toBe(lines.join(""));
    expect(published.length).toBeLessThan(20);
  });

  test("that switches between stdout and stderr 3,000 times loses nothing", async () => {
    const code = Array.from({ length: 3000 }, (_, index) => `print ${index},\neprint ${index};`).join("\n");
    const { published, stdout, stderr } = await echo.client.execute(code);
    expect(published.length).toBe(6001);
    expect(stdout).toBe(Array.from({ length: 3000 }, (_, index) => `${index},`).join(""));
    expect(stderr).toBe(Array.from({ length: 3000 }, (_, index) => `${index};`).join(""));
  });

  test("shows its text while it still runs", async () => {
    const msgId = echo.client.send("execute_request", { code: "print early\nwait end" });
    const early = await echo.client.waitFor(({ header }) => header.msg_type === "stream");
    expect(early.content).toEqual({ name: "stdout", text: "early" });
    echo.interpreter.release("end");
    expect((await echo.client.exchange(msgId)).reply.content.status).toBe("ok");
  });

  test("that prints half a surrogate pair does not break the message", async () => {
    // Python reads such an escape, and then cannot write the notebook as UTF-8.
    const { stdout } = await echo.client.execute("print a\\\\ud83d\\ud83d b \\ud83d\\ude00");
    expect(stdout).toBe("a\\ud83d\ufffd b 😀");
  });
});

describe("late output", () => {
  test("goes to the cell that caused it, also while another one runs", async () => {
    const first = await echo.client.execute("later timer tick");
    const second = echo.client.send("execute_request", { code: "wait end" });
    await echo.client.waitFor(({ content }) => content.code === "wait end");
    echo.interpreter.release("timer");
    const late = await echo.client.waitFor(({ header }) => header.msg_type === "stream");
    expect(late.content.text).toBe("tick");
    expect(late.parent_header.msg_id).toBe(first.msgId);
    echo.interpreter.release("end");
    expect((await echo.client.exchange(second)).transcript).toEqual(["execute_input", "execute_reply:ok"]);
  });

  test("is still told when the kernel ends at once", async () => {
    await echo.client.execute("later timer bye");
    echo.interpreter.release("timer");
    await echo.kernel.close();
    const late = await echo.client.waitFor(({ header }) => header.msg_type === "stream");
    expect(late.content.text).toBe("bye");
  });
});

describe("silent and store_history", () => {
  test("a silent cell publishes nothing and leaves the count alone", async () => {
    await echo.client.execute("print a");
    const { transcript, reply } = await echo.client.execute("print b\ndisplay c\nclear\nresult 1", { silent: true });
    expect(transcript).toEqual(["execute_reply:ok"]);
    expect(reply.content.execution_count).toBe(1);
  });

  test("a silent cell that fails tells it in the reply only", async () => {
    const { transcript, reply } = await echo.client.execute("throw no", { silent: true });
    expect(transcript).toEqual(["execute_reply:error"]);
    expect(reply.content.evalue).toBe("no");
  });

  test("a cell that is not stored shows its output and leaves the count alone", async () => {
    await echo.client.execute("print a");
    const unstored = await echo.client.execute("result b", { store_history: false });
    expect(unstored.transcript).toEqual(["execute_input", "execute_result", "execute_reply:ok"]);
    expect([...unstored.published, unstored.reply].map(({ content }) => content.execution_count)).toEqual([1, 1, 1]);
    expect((await echo.client.execute("print c")).reply.content.execution_count).toBe(2);
  });

  test("a cell that is not stored does not run under the name of one that is", async () => {
    await echo.client.execute("print a");
    await echo.client.execute("print b", { store_history: false });
    expect(echo.interpreter.executed.map(({ executionCount }) => executionCount)).toEqual([1, 2]);
  });
});

describe("queued cells", () => {
  const queue = (codes: readonly string[], fields: object = {}) =>
    codes.map((code) => echo.client.send("execute_request", { code, ...fields }));
  const statusOf = async (msgId: string) => (await echo.client.exchange(msgId)).reply.content.status;

  test("run in the order in which they came", async () => {
    const codes = Array.from({ length: 200 }, (_, index) => `print ${index}`);
    const sent = queue(codes);
    for (const msgId of sent) expect(await statusOf(msgId)).toBe("ok");
    expect(echo.interpreter.executed.map(({ code }) => code)).toEqual(codes);
  });

  /** Queues cells behind one that waits, and returns when the kernel has them all. */
  const queueBehind = async (first: string, rest: readonly string[], fields: object = {}) => {
    const sent = queue([`wait go\n${first}`, ...rest], fields);
    // What was sent over one socket arrives in order.
    await echo.client.request("kernel_info_request");
    echo.interpreter.release("go");
    return sent;
  };

  test("are aborted when one before them fails, and nothing of them is published", async () => {
    const [failing = "", ...rest] = await queueBehind("throw no", ["print a", "print b"]);
    expect(await statusOf(failing)).toBe("error");
    for (const msgId of rest) expect((await echo.client.exchange(msgId)).transcript).toEqual(["execute_reply:aborted"]);
    expect(echo.interpreter.executed.map(({ code }) => code)).toEqual(["wait go\nthrow no"]);
  });

  test("are aborted only if they were there when the other failed", async () => {
    await echo.client.execute("throw no");
    expect(await statusOf(echo.client.send("execute_request", { code: "print a" }))).toBe("ok");
  });

  test("go on after a failure when the failing cell does not ask to stop", async () => {
    const [failing = "", next = ""] = await queueBehind("throw no", ["print a"], { stop_on_error: false });
    expect(await statusOf(failing)).toBe("error");
    expect(await statusOf(next)).toBe("ok");
  });

  test("do not hold up what can be answered beside them", async () => {
    const [blocked = "", next = ""] = queue(["wait end", "print a"]);
    for (const msgType of ["kernel_info_request", "comm_info_request"]) {
      expect((await echo.client.request(msgType)).reply.content.status).toBe("ok");
    }
    const cell = { code: "ab", cursor_pos: 2 };
    expect((await echo.client.request("complete_request", cell)).reply.content.matches).toEqual(["ab!"]);
    expect((await echo.client.request("inspect_request", cell)).reply.content.found).toBe(true);
    expect(echo.interpreter.executed).toHaveLength(1);
    echo.interpreter.release("end");
    expect([await statusOf(blocked), await statusOf(next)]).toEqual(["ok", "ok"]);
  });

  test("a kernel with a running cell says busy again after what it answered meanwhile", async () => {
    const cell = echo.client.send("execute_request", { code: "wait end" });
    await echo.client.waitFor(({ content }) => content.code === "wait end");
    const { msgId } = await echo.client.request("kernel_info_request");
    const states = () =>
      echo.client.seen
        .filter(
          ({ parent_header: { msg_id }, content }) => [cell, msgId].includes(msg_id ?? "") && content.execution_state,
        )
        .map(({ parent_header, content }) => [
          parent_header.msg_id === cell ? "cell" : "info",
          content.execution_state,
        ]);
    echo.interpreter.release("end");
    await echo.client.exchange(cell);
    expect(states()).toEqual([
      ["cell", "busy"],
      ["info", "busy"],
      ["info", "idle"],
      ["cell", "busy"],
      ["cell", "idle"],
    ]);
  });
});

describe("interrupt", () => {
  test("by message: the reply comes at once, the cell ends with an error, the rest is aborted, the kernel lives", async () => {
    const cell = echo.client.send("execute_request", { code: "print a\nblock" });
    const queued = echo.client.send("execute_request", { code: "print b" });
    await echo.client.waitFor(({ header }) => header.msg_type === "stream");
    await echo.client.request("kernel_info_request");
    const { reply } = await echo.client.request("interrupt_request", {}, { channel: "control" });
    expect(reply.content).toEqual({ status: "ok" });
    expect((await echo.client.exchange(cell)).transcript).toEqual([
      "execute_input",
      "stream:stdout",
      "error",
      "execute_reply:error",
    ]);
    expect((await echo.client.exchange(queued)).transcript).toEqual(["execute_reply:aborted"]);
    expect((await echo.client.execute("print c")).stdout).toBe("c");
  });

  test("by signal goes the same way", async () => {
    const cell = echo.client.send("execute_request", { code: "block" });
    await echo.client.waitFor(({ content }) => content.code === "block");
    await echo.kernel.interrupt();
    expect((await echo.client.exchange(cell)).reply.content.ename).toBe("Interrupted");
  });

  test("with nothing running is answered and does nothing", async () => {
    const { reply } = await echo.client.request("interrupt_request", {}, { channel: "control" });
    expect(reply.content).toEqual({ status: "ok" });
    expect((await echo.client.execute("print a")).stdout).toBe("a");
  });
});

describe("user expressions", () => {
  test("are evaluated after the cell, each with its value or its error", async () => {
    const user_expressions = { a: "result 2", none: "print seen", bad: "throw no", broken: "fault no", odd: 3 };
    const { reply, transcript, stdout } = await echo.client.execute("print cell", { user_expressions });
    expect(transcript).toEqual(["execute_input", "stream:stdout", "stream:stdout", "execute_reply:ok"]);
    expect(stdout).toBe("cellseen");
    const failed = (ename: string, evalue: string) => ({
      status: "error",
      ename,
      evalue,
      traceback: expect.arrayContaining([`${ename}: ${evalue}`]),
    });
    expect(reply.content.user_expressions).toEqual({
      a: { status: "ok", data: { "text/plain": "2" }, metadata: {} },
      none: { status: "ok", data: { "text/plain": "undefined" }, metadata: {} },
      bad: failed("Error", "no"),
      broken: failed("TypeError", "no"),
      odd: failed("UsageError", "A user expression must be a text, got 3."),
    });
  });

  test("of a silent cell are evaluated, and publish nothing", async () => {
    const { reply, transcript } = await echo.client.execute("", {
      silent: true,
      user_expressions: { a: "print x\nresult 2" },
    });
    expect(transcript).toEqual(["execute_reply:ok"]);
    expect(reply.content.user_expressions).toEqual({ a: { status: "ok", data: { "text/plain": "2" }, metadata: {} } });
  });

  test("of a cell that fails are not evaluated, and an unstoppable one ends by an interrupt", async () => {
    const failed = await echo.client.execute("throw no", { user_expressions: { a: "result 2" } });
    expect(failed.reply.content).not.toHaveProperty("user_expressions");
    const cell = echo.client.send("execute_request", { code: "", user_expressions: { a: "print x\nblock" } });
    await echo.client.waitFor(({ content }) => content.text === "x");
    await echo.client.request("interrupt_request", {}, { channel: "control" });
    const { reply } = await echo.client.exchange(cell);
    expect(reply.content.user_expressions).toMatchObject({ a: { status: "error", ename: "Interrupted" } });
  });

  test("are not counted and not kept in the history", async () => {
    await echo.client.execute("print a", { user_expressions: { a: "result 2" } });
    const { reply } = await echo.client.request("history_request", { hist_access_type: "tail", n: 9, output: true });
    expect(reply.content.history).toEqual([[1, 1, ["print a", null]]]);
  });
});

test("help goes into the payload, for the front end to show where it has a place for it", async () => {
  const { reply, transcript } = await echo.client.execute("page about x\npage about y");
  expect(transcript).toEqual(["execute_input", "execute_reply:ok"]);
  expect(reply.content.payload).toEqual([
    { source: "page", data: { "text/plain": "about x" }, start: 0 },
    { source: "page", data: { "text/plain": "about y" }, start: 0 },
  ]);
});
