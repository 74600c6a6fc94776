// What cells print, show and throw, over the built kernel, as a front end gets it.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BuiltKernel, startBuiltKernel } from "../support/built-kernel.js";
import type { SeenMessage } from "../support/client.js";

let kernel: BuiltKernel;

beforeAll(async () => {
  kernel = await startBuiltKernel();
});

afterAll(() => kernel.close());

const lines = (count: number, text: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => text(at)).join("");

test("10,000 lines arrive in order, before the end of the cell, in a few messages", async () => {
  const { stdout, published, transcript } = await kernel.client.execute(
    'for (let i = 0; i < 10_000; i++) console.log("line", i);',
  );
  expect(stdout === lines(10_000, (at) => `line ${at}\n`)).toBe(true);
  expect(published.length).toBeLessThan(100);
  expect(transcript.at(-1)).toBe("execute_reply:ok");
});

test("1,000,000 lines arrive in order, and none is missing", { timeout: 120_000 }, async () => {
  const code = 'for (let i = 0; i < 1_000_000; i++) process.stdout.write(i + "\\n");';
  const { stdout, published } = await kernel.client.execute(code, {}, 110_000);
  expect(stdout === lines(1_000_000, (at) => `${at}\n`)).toBe(true);
  expect(published.length).toBeLessThan(3000);
});

test("stdout, stderr and displays keep the order of their calls, however many there are", async () => {
  const { published } = await kernel.client.execute(
    `import { display } from "cellscope";
for (let i = 0; i < 300; i++) { console.log("o" + i); console.error("e" + i); display.text("d" + i); }`,
  );
  const shown = published.slice(1).map(({ header, content }) => {
    if (header.msg_type !== "stream") return (content.data as Record<string, unknown>)["text/plain"];
    return `${String(content.name)} ${String(content.text)}`;
  });
  expect(shown).toEqual(
    Array.from({ length: 300 }, (_, at) => [`stdout o${at}\n`, `stderr e${at}\n`, `d${at}`]).flat(),
  );
});

test("what comes late has the cell as its parent that caused it, while another cell runs", async () => {
  const code = `import { spawn } from "node:child_process";
let go: (value?: unknown) => void = () => {};
const gone = new Promise((resolve) => { go = resolve; });
gone.then(() => { console.log("late"); throw new Error("nobody caught it"); });
gone.then(() => spawn("echo", ["from a child"], { stdio: "inherit" }));`;
  const first = await kernel.client.execute(code);
  const second = kernel.client.send("execute_request", { code: "go(); await new Promise(() => {});" });
  const late = (text: string) => (message: SeenMessage) =>
    message.header.msg_type === "stream" && String(message.content.text).includes(text);
  for (const text of ["late\n", "Unhandled rejection: Error: nobody caught it\n    at In[", "from a child\n"]) {
    expect((await kernel.client.waitFor(late(text))).parent_header.msg_id).toBe(first.msgId);
  }
  await kernel.client.request("interrupt_request", {}, { channel: "control" });
  const { stdout, stderr } = await kernel.client.exchange(second);
  expect([stdout, stderr]).toEqual(["", ""]);
});

test("an error names its kind, says why, and shows the place, what it has beside its message, and its cause", async () => {
  const { reply } = await kernel.client.execute(
    `const load = (path: string): never => {
  throw Object.assign(new RangeError("no rows", { cause: new Error("why") }), { path });
};
load("books.json");`,
  );
  const { ename, evalue, execution_count: count } = reply.content;
  // The codes of colours are not what this is about.
  const traceback = (reply.content.traceback as string[]).join("\n").replaceAll(/\u001b\[\d+m/g, "");
  expect([ename, evalue]).toEqual(["RangeError", "no rows"]);
  expect(traceback).toContain(`In[${String(count)}]:2:23\n`);
  expect(traceback).toContain("> 2 |   throw Object.assign(new RangeError");
  expect(traceback).toContain("{ path: 'books.json' }");
  expect(traceback).toContain("caused by: Error: why");
  expect(traceback.split("\n").at(-1)).toBe("RangeError: no rows");
  expect(traceback).not.toMatch(/dist[\\/]kernel|node:/);
});

test("a value comes with what it offers beside its text", async () => {
  const { published } = await kernel.client.execute(
    `import { tableFromArrays } from "apache-arrow";
tableFromArrays({ id: Int32Array.of(1, 2) })`,
  );
  const data = published.find(({ header }) => header.msg_type === "execute_result")?.content.data;
  expect(data).toEqual({
    "text/plain": "   id\nInt32\n    1\n    2\n2 rows × 1 column, 8 B",
    "text/html": expect.stringMatching(/^<table>.*2 rows × 1 column, 8 B<\/p>$/),
  });
});
