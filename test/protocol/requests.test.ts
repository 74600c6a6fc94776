import { hostname } from "node:os";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KernelUsage } from "../../kernel/usage.js";
import { type EchoKernel, startEchoKernel } from "../support/echo-kernel.js";

let echo: EchoKernel;

beforeEach(async () => {
  echo = await startEchoKernel();
});

afterEach(() => echo.close());

const contentOf = async (msgType: string, content: object = {}) =>
  (await echo.client.request(msgType, { ...content })).reply.content;

describe("kernel_info", () => {
  test("says what the kernel and its language are", async () => {
    expect(await contentOf("kernel_info_request")).toEqual({
      status: "ok",
      protocol_version: "5.5",
      implementation: "cellscope",
      implementation_version: "0.1.0",
      language_info: {
        name: "typescript",
        version: "6.0.3",
        mimetype: "text/typescript",
        file_extension: ".ts",
        pygments_lexer: "typescript",
        codemirror_mode: "typescript",
        nbconvert_exporter: "script",
      },
      banner: `Cellscope 0.1.0: TypeScript 6.0.3 on Node.js ${process.versions.node}`,
      help_links: [
        { text: "TypeScript handbook", url: "https://www.typescriptlang.org/docs/handbook/" },
        { text: "Node.js documentation", url: "https://nodejs.org/api/" },
      ],
      supported_features: ["kernel subshells"],
      debugger: false,
    });
  });

  test("is answered on the control channel as well", async () => {
    const { reply } = await echo.client.request("kernel_info_request", {}, { channel: "control" });
    expect([reply.channel, reply.content.status]).toEqual(["control", "ok"]);
  });
});

describe("complete and inspect", () => {
  // Jupyter counts code points; the two emoji are two of them and four UTF-16 units.
  const code = "😀😀 ab cd";

  test("a cursor behind an emoji is where the user sees it", async () => {
    expect(await contentOf("complete_request", { code, cursor_pos: 5 })).toEqual({
      status: "ok",
      matches: ["ab!"],
      cursor_start: 3,
      cursor_end: 5,
      metadata: { _jupyter_types_experimental: [{ text: "ab!", start: 3, end: 5, type: "keyword" }] },
    });
    expect(echo.interpreter.cursors).toEqual([7]);
  });

  test("inspect tells what stands before the cursor, in the detail asked for", async () => {
    expect(await contentOf("inspect_request", { code, cursor_pos: 2, detail_level: 1 })).toEqual({
      status: "ok",
      found: true,
      data: { "text/plain": "😀😀 (1)" },
      metadata: {},
    });
  });

  test("inspect says so when there is nothing to tell", async () => {
    const content = await contentOf("inspect_request", { code, cursor_pos: 0, detail_level: 0 });
    expect(content).toEqual({ status: "ok", found: false, data: {}, metadata: {} });
  });

  test.each([
    [100, 10],
    [-1, 0],
    [undefined, 10],
  ])("a cursor at %j is moved into the code", async (cursor, expected) => {
    await contentOf("complete_request", { code, cursor_pos: cursor });
    expect(echo.interpreter.cursors).toEqual([expected]);
  });
});

test.each([
  ["a", { status: "complete" }],
  ["a {", { status: "incomplete", indent: "  " }],
  ["a }{ b", { status: "invalid" }],
])("is_complete answers %j with %j", async (code, expected) => {
  expect(await contentOf("is_complete_request", { code })).toEqual(expected);
});

describe("history", () => {
  beforeEach(async () => {
    for (const code of ["result 1", "print a", "result 2", "print a"]) await echo.client.execute(code);
    await echo.client.execute("print unstored", { store_history: false });
    await echo.client.execute("print silent", { silent: true });
  });

  test.each([
    [{ hist_access_type: "tail", n: 2 }, ["result 2", "print a"]],
    [{ hist_access_type: "range", session: 0, start: 2, stop: 4 }, ["print a", "result 2"]],
    [{ hist_access_type: "range", session: 1, start: 3 }, ["result 2", "print a"]],
    [{ hist_access_type: "range", session: 7, start: 1 }, []],
    [{ hist_access_type: "search", pattern: "print*" }, ["print a", "print a"]],
    [{ hist_access_type: "search", pattern: "print*", unique: true }, ["print a"]],
    [{ hist_access_type: "search", pattern: "*", n: 3 }, ["print a", "result 2", "print a"]],
  ])("%j finds %j", async (query, expected) => {
    const { history } = await contentOf("history_request", { output: false, raw: true, ...query });
    expect(history).toEqual(expected.map((input) => [1, expect.any(Number), input]));
  });

  test("tells outputs as text when asked to, and null for a cell without a value", async () => {
    const query = { hist_access_type: "range", start: 1, stop: 3, output: true };
    expect((await contentOf("history_request", query)).history).toEqual([
      [1, 1, ["result 1", "1"]],
      [1, 2, ["print a", null]],
    ]);
  });
});

describe("usage", () => {
  test("is told in the words of ipykernel, without what could not be read", async () => {
    const usages: KernelUsage[] = [
      { memory: 1000, host: { cpuCount: 2, memory: { total: 400, available: 100 } } },
      { cpu: 12.345, memory: 1000, host: { cpuCount: 2, cpuPercent: 50, memory: { total: 400, available: 300 } } },
    ];
    const told = await startEchoKernel({ readUsage: async () => usages.shift() as KernelUsage });
    const common = { status: "ok", hostname: hostname(), pid: process.pid, kernel_memory: 1000, cpu_count: 2 };
    const ask = async () => (await told.client.request("usage_request", {}, { channel: "control" })).reply.content;
    expect(await ask()).toEqual({
      ...common,
      host_virtual_memory: { total: 400, available: 100, percent: 75, used: 300 },
    });
    expect(await ask()).toEqual({
      ...common,
      kernel_cpu: 12.3,
      host_cpu_percent: 50,
      host_virtual_memory: { total: 400, available: 300, percent: 25, used: 100 },
    });
    await told.close();
  });

  test("that nobody reads is refused", async () => {
    expect((await contentOf("usage_request")).evalue).toBe("This kernel does not tell what it uses.");
  });
});

describe("a request that is wrong", () => {
  test.each([
    ["execute_request", { code: 3 }, "code must be a text, got 3."],
    ["execute_request", {}, "code must be a text, got undefined."],
    ["execute_request", { code: "print a", silent: "yes" }, 'silent must be true or false, got "yes".'],
    ["complete_request", { code: "a", cursor_pos: "1" }, 'cursor_pos must be a whole number, got "1".'],
    ["complete_request", { code: "a", cursor_pos: 0.5 }, "cursor_pos must be a whole number, got 0.5."],
    ["inspect_request", { code: null, cursor_pos: 0 }, "code must be a text, got null."],
    ["is_complete_request", {}, "code must be a text, got undefined."],
    [
      "history_request",
      { hist_access_type: "all" },
      'hist_access_type must be "range", "tail" or "search", got "all".',
    ],
    ["history_request", { hist_access_type: "tail", n: "x" }, 'n must be a whole number, got "x".'],
    ["execute_request", { code: "", user_expressions: [] }, "user_expressions must be an object, got []."],
    ["comm_info_request", { target_name: 1 }, "target_name must be a text, got 1."],
    ["delete_subshell_request", {}, "subshell_id must be a text, got undefined."],
    ["delete_subshell_request", { subshell_id: "x" }, 'There is no subshell "x".'],
    ["shutdown_request", { restart: 1 }, "restart must be true or false, got 1."],
  ])("%s with %j is told what would be right", async (msgType, content, evalue) => {
    const { transcript, reply } = await echo.client.request(msgType, content);
    expect(transcript).toEqual([msgType.replace("_request", "_reply:error")]);
    expect([reply.content.ename, reply.content.evalue]).toEqual(["UsageError", evalue]);
    expect((await echo.client.execute("print a")).stdout).toBe("a");
  });

  test("of an unknown type is refused and logged", async () => {
    const { reply } = await echo.client.request("future_request");
    expect(reply.content.evalue).toBe("future_request is not supported by this kernel.");
    expect(echo.log).toEqual(['shell: "future_request" is no message that this kernel knows']);
  });

  test("of a debugger is refused, for kernel_info says that there is none", async () => {
    const { reply } = await echo.client.request("debug_request", { command: "x" }, { channel: "control" });
    expect(reply.content.evalue).toBe("This kernel has no debugger (kernel_info says debugger: false).");
    expect(echo.log).toEqual([]);
  });

  test("with code longer than any that is meant is refused", async () => {
    const { reply } = await echo.client.execute("x".repeat(16 * 1024 * 1024 + 1));
    expect(reply.content.evalue).toBe("code must be at most 16777216 characters, got 16777217.");
    expect(echo.interpreter.executed).toEqual([]);
  });

  test("of an unknown type without a reply gets its idle", async () => {
    const msgId = echo.client.send("gossip");
    await echo.client.waitFor(
      ({ parent_header, content }) => parent_header.msg_id === msgId && content.execution_state === "idle",
    );
    expect(echo.log).toEqual(['shell: "gossip" is no message that this kernel knows']);
  });
});
