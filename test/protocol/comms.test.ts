import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type EchoKernel, startEchoKernel } from "../support/echo-kernel.js";

let echo: EchoKernel;

beforeEach(async () => {
  echo = await startEchoKernel();
});

afterEach(() => echo.close());

const idleOf = (msgId: string) =>
  echo.client.waitFor(
    ({ parent_header, content }) => parent_header.msg_id === msgId && content.execution_state === "idle",
  );

const infoOf = async (content: object = {}) =>
  (await echo.client.request("comm_info_request", { ...content })).reply.content.comms;

describe("a comm of a cell", () => {
  test("is opened, spoken over and closed in the order and in the name of the cell, with its metadata and bytes", async () => {
    const code = "print a\ncomm open c1 one\ndisplay b\ncomm message c1 two\ncomm close c1 three";
    const { published, transcript } = await echo.client.execute(code);
    expect(transcript.slice(1)).toEqual([
      "stream:stdout",
      "comm_open",
      "display_data",
      "comm_msg",
      "comm_close",
      "execute_reply:ok",
    ]);
    const comms = published.filter(({ header }) => header.msg_type.startsWith("comm"));
    expect(comms.map(({ content }) => content)).toEqual([
      { comm_id: "c1", target_name: "echo", data: { text: "one" } },
      { comm_id: "c1", data: { text: "two" } },
      { comm_id: "c1", data: { text: "three" } },
    ]);
    expect(comms.map(({ metadata, buffers }) => [metadata, buffers.map(String)])).toEqual([
      [{ of: "one" }, ["one"]],
      [{ of: "two" }, ["two"]],
      [{ of: "three" }, ["three"]],
    ]);
  });

  test("speaks also when the cell is silent", async () => {
    expect((await echo.client.execute("print a\ncomm open c1 one", { silent: true })).transcript).toEqual([
      "comm_open",
      "execute_reply:ok",
    ]);
  });
});

describe("a comm of a front end", () => {
  test("reaches the cells with its data, metadata and bytes, and gets no reply", async () => {
    const opened = echo.client.send("comm_open", { comm_id: "c1", target_name: "t", data: { a: 1 } });
    const options = { metadata: { m: 2 }, buffers: [Buffer.from("bytes")] };
    const sent = echo.client.send("comm_msg", { comm_id: "c1", data: { b: 3 } }, options);
    const closed = echo.client.send("comm_close", { comm_id: "c1" });
    for (const msgId of [opened, sent, closed]) await idleOf(msgId);
    const none = { metadata: {}, buffers: [] };
    expect(echo.interpreter.delivered).toEqual([
      { kind: "open", commId: "c1", targetName: "t", data: { a: 1 }, ...none },
      { kind: "message", commId: "c1", data: { b: 3 }, metadata: { m: 2 }, buffers: [Buffer.from("bytes")] },
      { kind: "close", commId: "c1", data: {}, ...none },
    ]);
    expect(echo.client.seen.filter(({ channel }) => channel === "shell")).toEqual([]);
  });

  test("is answered in its own name while a cell runs", async () => {
    const cell = echo.client.send("execute_request", { code: "wait end" });
    echo.client.send("comm_open", { comm_id: "c1", target_name: "t", data: {} });
    const msgId = echo.client.send("comm_msg", { comm_id: "c1", data: { b: 3 } });
    const answer = await echo.client.waitFor(({ header }) => header.msg_type === "comm_msg");
    expect([answer.parent_header.msg_id, answer.content]).toEqual([msgId, { comm_id: "c1", data: { b: 3 } }]);
    echo.interpreter.release("end");
    await echo.client.exchange(cell);
  });

  test("whose target does not take it is closed again before its idle", async () => {
    const msgId = echo.client.send("comm_open", { comm_id: "c1", target_name: "refused", data: {} });
    const close = await echo.client.waitFor(({ header }) => header.msg_type === "comm_close");
    expect([close.parent_header.msg_id, close.content]).toEqual([msgId, { comm_id: "c1", data: {} }]);
    await idleOf(msgId);
  });

  test.each([
    ["comm_open", { target_name: "t", data: {} }, "comm_id must be a text, got undefined."],
    ["comm_open", { comm_id: "c1", data: {} }, "target_name must be a text, got undefined."],
    ["comm_msg", { comm_id: "c1", data: [1] }, "data must be an object, got [1]."],
  ])("as %s with %j is logged and gets its idle", async (msgType, content, reason) => {
    await idleOf(echo.client.send(msgType, content));
    expect(echo.log).toEqual([expect.stringContaining(reason)]);
    expect(echo.interpreter.delivered).toEqual([]);
  });
});

test("comm_info tells the comms that are open, all or those of a target", async () => {
  await echo.client.execute("comm open c1 x\ncomm open c2 x\ncomm close c1 x");
  await idleOf(echo.client.send("comm_open", { comm_id: "c3", target_name: "t", data: {} }));
  expect(await infoOf()).toEqual({ c2: { target_name: "echo" }, c3: { target_name: "t" } });
  expect(await infoOf({ target_name: "t" })).toEqual({ c3: { target_name: "t" } });
  expect(await infoOf({ target_name: "nobody" })).toEqual({});
});
