import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createQuietLog, kindOf } from "../../../kernel/quiet-log.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test.each([
  [
    "shell: a message was dropped: 5 frames must follow the delimiter, got 4",
    "shell: a message was dropped: … frames must follow the delimiter",
  ],
  ['shell: "a \\" b" is no message that this kernel knows', "shell: … is no message that this kernel knows"],
  [
    'control: a message was dropped: header is not JSON: SyntaxError: Unexpected token x, "x" is',
    "control: a message was dropped: header is not JSON",
  ],
  ["execute_request: Error: boom\n    at f (a.ts:1:2)", "execute_request: Error: boom"],
])("%j is of the kind %j", (line, kind) => {
  expect(kindOf(line)).toBe(kind);
});

test("the first line of a kind is told at once, the others as a number", () => {
  const lines: string[] = [];
  const { log } = createQuietLog((line) => lines.push(line), 1000);
  for (let count = 0; count < 5000; count++) log(`shell: a message was dropped: got ${count}`);
  log("iopub: something else");
  expect(lines).toEqual(["shell: a message was dropped: got 0", "iopub: something else"]);
  vi.advanceTimersByTime(1000);
  expect(lines.slice(2)).toEqual(["shell: a message was dropped: got …: 4999 more"]);
  vi.advanceTimersByTime(1000);
  log("shell: a message was dropped: got 7");
  expect(lines.slice(3)).toEqual(["shell: a message was dropped: got 7"]);
});

test("what was counted is told at the end", () => {
  const lines: string[] = [];
  const { log, flush } = createQuietLog((line) => lines.push(line), 1000);
  log("a 1");
  log("a 2");
  flush();
  flush();
  expect(lines).toEqual(["a 1", "a …: 1 more"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("whatever comes, there is an end to what is told, and every line is counted", () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 500 }), (given) => {
      const lines: string[] = [];
      const { log, flush } = createQuietLog((line) => lines.push(line), 1000);
      for (const line of given) log(line);
      const told = lines.length;
      expect(told).toBeLessThanOrEqual(51);
      flush();
      const counted = lines.slice(told).reduce((sum, line) => sum + Number(/: (\d+) more$/.exec(line)?.[1]), 0);
      expect(told + counted).toBe(given.length);
    }),
  );
});
