// Requests whose fields are not what they should be: each gets its one reply, and the kernel stays as it was.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Content } from "../../kernel/protocol/messages.js";
import { type EchoKernel, startEchoKernel } from "../support/echo-kernel.js";

let echo: EchoKernel;
beforeAll(async () => {
  echo = await startEchoKernel();
});
afterAll(() => echo.close());

/** One value of each kind that JSON has, and some at the edges. */
const kinds: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, 2 ** 53, "", "text", "\u0000\ud800", [], [1], {}, { a: 1 }],
  ...[{ __proto__: null, constructor: 1 }, "x".repeat(100_000)],
];

const requests: readonly (readonly [msgType: string, content: Content])[] = [
  [
    "execute_request",
    {
      code: "print a",
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    },
  ],
  ["complete_request", { code: "a", cursor_pos: 1 }],
  ["inspect_request", { code: "a", cursor_pos: 1, detail_level: 0 }],
  ["is_complete_request", { code: "a" }],
  ["history_request", { hist_access_type: "tail", output: false, raw: true, n: 3 }],
  ["history_request", { hist_access_type: "range", output: true, raw: true, session: 0, start: 1, stop: 2 }],
  ["history_request", { hist_access_type: "search", output: false, raw: true, pattern: "*", n: 3, unique: true }],
  ["comm_info_request", { target_name: "t" }],
  ["kernel_info_request", {}],
  ["interrupt_request", {}],
  ["create_subshell_request", {}],
  ["delete_subshell_request", { subshell_id: "none" }],
  ["list_subshell_request", {}],
  ["usage_request", {}],
  ["debug_request", { type: "request", command: "attach" }],
];

const cases = requests.flatMap(([msgType, content]) =>
  ["extra", ...Object.keys(content)].map((field) => [msgType, field, content] as const),
);

test.each(cases)("%s whose %s is anything or missing gets its one reply", async (msgType, field, content) => {
  const { [field]: _left, ...without } = content;
  for (const sent of [without, ...kinds.map((value) => ({ ...content, [field]: value }))]) {
    const { reply } = await echo.client.request(msgType, sent, { limit: 5000 });
    expect(["ok", "error", "complete", "incomplete", "invalid", "unknown"]).toContain(reply.content.status);
    // The code itself is what the echo says about code that it does not know.
    if (reply.content.status === "error" && field !== "code")
      expect(String(reply.content.evalue).length).toBeLessThan(300);
  }
  expect((await echo.client.execute("print a")).stdout).toBe("a");
});

test.each([
  ["comm_open", { comm_id: "c", target_name: "t", data: {} }],
  ["comm_msg", { comm_id: "c", data: {} }],
  ["comm_close", { comm_id: "c", data: {} }],
])("%s with anything in its fields gets its idle", async (msgType, content) => {
  for (const field of Object.keys(content)) {
    for (const value of kinds) {
      const id = echo.client.send(msgType, { ...content, [field]: value });
      await echo.client.waitFor(
        ({ parent_header: parent, content: { execution_state: state } }) => parent.msg_id === id && state === "idle",
      );
    }
  }
});

test("a shutdown_request whose restart is no flag is refused, and the kernel stays", async () => {
  for (const restart of ["yes", 1, {}, []]) {
    const { reply } = await echo.client.request("shutdown_request", { restart }, { channel: "control" });
    expect(reply.content.evalue).toBe(`restart must be true or false, got ${JSON.stringify(restart)}.`);
  }
  expect((await echo.client.execute("print a")).stdout).toBe("a");
});
