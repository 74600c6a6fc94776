import { expect, test } from "vitest";
import { isStopped, parseProcessState } from "../../../kernel/process-state.js";

test.each([
  ["71 (node) S 1 71 71 0 -1 4194560 5310", "S"],
  ["71 (node) T 1 71 71 0 -1", "T"],
  ["71 (a) R (b) T 1 71", "T"],
  ["71 (two\nlines) t 1", "t"],
  ["", undefined],
  ["71 (node)", undefined],
  ["nonsense T 1", undefined],
])("the state in %j is %j", (stat, state) => {
  expect(parseProcessState(stat)).toBe(state);
});

test("a process that runs, and one that does not exist, are not stopped", () => {
  expect(isStopped(process.pid)).toBe(false);
  expect(isStopped(2 ** 30)).toBe(false);
});
