import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CellOutput } from "../../../kernel/cell-output.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp() {
  const published: [string, unknown][] = [];
  const unflushed = new Set<CellOutput>();
  const output = new CellOutput((msgType, content) => published.push([msgType, content]), unflushed);
  return { output, published, unflushed };
}

test("texts that follow each other shortly are one message", () => {
  const { output, published, unflushed } = setUp();
  output.stream("stdout", "a");
  output.stream("stdout", "b");
  expect(published).toEqual([]);
  expect(unflushed.size).toBe(1);
  vi.runAllTimers();
  expect(published).toEqual([["stream", { name: "stdout", text: "ab" }]]);
  expect(unflushed.size).toBe(0);
});

test("texts that follow each other slowly are messages of their own", () => {
  const { output, published } = setUp();
  output.stream("stdout", "a");
  vi.advanceTimersByTime(50);
  output.stream("stdout", "b");
  vi.advanceTimersByTime(50);
  expect(published).toHaveLength(2);
});

test("a steady trickle is shown in between, not only when it ends", () => {
  const { output, published } = setUp();
  for (let tick = 0; tick < 100; tick++) {
    output.stream("stdout", ".");
    vi.advanceTimersByTime(10);
  }
  expect(published.length).toBeGreaterThan(10);
});

test("a large text does not wait", () => {
  const { output, published, unflushed } = setUp();
  output.stream("stdout", "x".repeat(1_000_000));
  expect(published).toHaveLength(1);
  expect(unflushed.size).toBe(0);
});

test("everything else is preceded by the text that came before it", () => {
  const { output, published } = setUp();
  output.stream("stdout", "a");
  output.stream("stderr", "b");
  output.display({ data: { "text/plain": "c" } });
  output.stream("stdout", "d");
  output.clear(true);
  output.stream("stdout", "e");
  output.flush();
  output.flush();
  expect(published).toEqual([
    ["stream", { name: "stdout", text: "a" }],
    ["stream", { name: "stderr", text: "b" }],
    ["display_data", { data: { "text/plain": "c" }, metadata: {}, transient: {} }],
    ["stream", { name: "stdout", text: "d" }],
    ["clear_output", { wait: true }],
    ["stream", { name: "stdout", text: "e" }],
  ]);
});

test("an empty text is no message", () => {
  const { output, published } = setUp();
  output.stream("stdout", "");
  vi.runAllTimers();
  expect(published).toEqual([]);
});
