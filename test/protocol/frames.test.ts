import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Subscriber } from "zeromq";
import { formatEndpoint } from "../../kernel/protocol/connection-file.js";
import { createMessage } from "../../kernel/protocol/messages.js";
import { createSigner, formatFrames } from "../../kernel/protocol/wire.js";
import { type EchoKernel, startEchoKernel } from "../support/echo-kernel.js";

let echo: EchoKernel;

beforeEach(async () => {
  echo = await startEchoKernel();
});

afterEach(() => echo.close());

const bytes = (text: string) => Buffer.from(text);
const delimiter = bytes("<IDS|MSG>");
const header = JSON.stringify({ msg_id: "m", msg_type: "execute_request" });

/** Frames that are signed rightly, whatever is in them. */
function sign(...parts: readonly (string | Uint8Array)[]): Uint8Array[] {
  const frames = parts.map((part) => (typeof part === "string" ? bytes(part) : part));
  return [delimiter, bytes(createSigner(echo.connection)(frames)), ...frames];
}

function message(): Uint8Array[] {
  const request = createMessage("execute_request", { code: "print leaked" }, { session: "s" });
  return formatFrames(request, [], createSigner(echo.connection));
}

const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;

/** No two are the same: a message that comes again is dropped for that. */
function deepHeader(): string {
  return `{"msg_id":"${randomUUID()}","msg_type":"execute_request","x":${deep}}`;
}

describe("frames that are no message are logged once and leave the kernel as it was", () => {
  test.each<[string, () => Uint8Array[], string]>([
    ["one empty frame", () => [bytes("")], "no <IDS|MSG> delimiter in 2 frames"],
    ["noise", () => [bytes("\u0000\u0001"), bytes("noise")], "no <IDS|MSG> delimiter in 3 frames"],
    ["nothing after the delimiter", () => [delimiter], "5 frames must follow the delimiter, got 0"],
    ["a truncated message", () => message().slice(0, -1), "5 frames must follow the delimiter, got 4"],
    ["no delimiter", () => message().slice(1), "no <IDS|MSG> delimiter in 6 frames"],
    ["a wrong signature", () => message().with(1, bytes("0".repeat(64))), "the signature is wrong"],
    ["a short signature", () => message().with(1, bytes("00")), "the signature is wrong"],
    ["no signature", () => message().with(1, bytes("")), "the signature is wrong"],
    ["content that was changed", () => message().with(5, bytes('{"code":"print evil"}')), "the signature is wrong"],
    ["a header that is no JSON", () => sign("{", "{}", "{}", "{}"), "header is not JSON: SyntaxError"],
    ["a header that is a list", () => sign("[]", "{}", "{}", "{}"), "header must be a JSON object, got []"],
    [
      "a header without an id",
      () => sign('{"msg_type":"x"}', "{}", "{}", "{}"),
      "header.msg_id must be a text, got undefined",
    ],
    [
      "a type that is a number",
      () => sign('{"msg_id":"m","msg_type":1}', "{}", "{}", "{}"),
      "header.msg_type must be a text, got 1",
    ],
    ["a parent that is null", () => sign(header, "null", "{}", "{}"), "parent_header must be a JSON object, got null"],
    ["metadata that is a text", () => sign(header, "{}", '"x"', "{}"), 'metadata must be a JSON object, got "x"'],
    ["content that is a number", () => sign(header, "{}", "{}", "7"), "content must be a JSON object, got 7"],
    [
      "content that is not UTF-8",
      () => sign(header, "{}", "{}", Buffer.from([0xff, 0xfe])),
      "content is not JSON: SyntaxError",
    ],
    [
      "a header too deep to be sent back",
      () => sign(deepHeader(), "{}", "{}", '{"code":"print leaked"}'),
      "header must not be nested more than 100 deep",
    ],
  ])("%s", async (_name, frames, expected) => {
    for (const channel of ["shell", "control", "stdin"] as const) {
      const before = echo.log.length;
      echo.client.sendFrames(channel, frames());
      await expect.poll(() => echo.log.length, { timeout: 10_000 }).toBeGreaterThan(before);
      expect(echo.log.slice(before)).toEqual([expect.stringContaining(expected)]);
    }
    expect((await echo.client.execute("print a")).stdout).toBe("a");
    expect(echo.interpreter.executed).toEqual([{ code: "print a", executionCount: 1 }]);
  });
});

test("a message that is sent again, on whatever channel, runs nothing and is logged", async () => {
  const request = createMessage("execute_request", { code: "print once" }, { session: "s" });
  const frames = formatFrames(request, [], createSigner(echo.connection));
  echo.client.sendFrames("shell", frames);
  await echo.client.waitFor(({ header }) => header.msg_type === "execute_reply");
  for (const channel of ["shell", "control"] as const) echo.client.sendFrames(channel, frames);
  await expect.poll(() => echo.log, { timeout: 10_000 }).toHaveLength(2);
  expect(echo.log).toEqual(
    expect.arrayContaining([
      "shell: a message was dropped: it was sent before, with the same signature",
      "control: a message was dropped: it was sent before, with the same signature",
    ]),
  );
  await echo.client.request("kernel_info_request");
  expect(echo.interpreter.executed).toHaveLength(1);
});

test("a flood of forged messages is one line in the log, and their number at the end", async () => {
  const forged = message().with(1, bytes("0".repeat(64)));
  for (let count = 0; count < 1000; count++) echo.client.sendFrames("shell", forged);
  expect((await echo.client.execute("print a")).stdout).toBe("a");
  const line = "shell: a message was dropped: the signature is wrong";
  expect(echo.log).toEqual([line]);
  await echo.kernel.close();
  expect(echo.log).toEqual([line, `${line}: 999 more`]);
});

test("a subscription to what would be no topic is not welcomed", async () => {
  const subscriber = new Subscriber({ linger: 0 });
  try {
    subscriber.connect(formatEndpoint(echo.connection, "iopub"));
    subscriber.subscribe("x".repeat(100_000), "status");
    await echo.client.waitFor(({ content }) => content.subscription === "status");
    const topics = echo.client.seen.map(({ content }) => content.subscription).filter((topic) => topic !== undefined);
    expect(topics).toEqual(["", "status"]);
  } finally {
    subscriber.close();
  }
});

test("an input_reply that nobody asked for is logged and dropped", async () => {
  const reply = createMessage("input_reply", { value: "x" }, { session: "s" });
  echo.client.sendFrames("stdin", formatFrames(reply, [], createSigner(echo.connection)));
  await expect.poll(() => echo.log).toEqual(['stdin: "input_reply" came, and nothing had been asked']);
});

test("fields of a header that the kernel does not know come back in the parent header", async () => {
  const own = { msg_id: "m1", msg_type: "kernel_info_request", session: "s", username: "u", date: "", version: "5.5" };
  const frames = sign(JSON.stringify({ ...own, date: "2026-01-01T00:00:00Z" }), "{}", "{}", "{}");
  echo.client.sendFrames("shell", frames);
  const { reply } = await echo.client.exchange("m1");
  expect(reply.parent_header).toEqual({ ...own, date: "2026-01-01T00:00:00Z" });
});
