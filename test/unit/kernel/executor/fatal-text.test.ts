import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FatalText } from "../../../../kernel/executor/fatal-text.js";

let passed: string[];
let fatalText: FatalText;
beforeEach(() => {
  vi.useFakeTimers();
  passed = [];
  fatalText = new FatalText((text) => passed.push(text), 100);
});
afterEach(() => vi.useRealTimers());

test("ordinary text passes at once", () => {
  fatalText.push("one\n");
  fatalText.push("two\n");
  expect(passed).toEqual(["one\n", "two\n"]);
});

test.each([
  "\n<--- Last few GCs --->\n[1:0x1] Mark-Compact\n",
  "\n#\n# Fatal error in , line 0\n",
  "\nFATAL ERROR: no\n",
])("%j is held back with all that follows, and what stands before it is not", (words) => {
  fatalText.push(`of the cell\n${words}`);
  fatalText.push("more of V8\n");
  fatalText.drop();
  vi.advanceTimersByTime(1000);
  expect(passed).toEqual(["of the cell\n"]);
});

// The end of the line belonged to the cell and went with V8's words.
test.each(["FATAL ERROR: no\n", "<--- Last few GCs --->\n", "#\n# Fatal error in , line 0\n"])(
  "the line before %j keeps its end",
  (words) => {
    fatalText.push(`of the cell\n${words}`);
    expect(passed).toEqual(["of the cell\n"]);
  },
);

test("what is held back is handed out when nothing dies", () => {
  fatalText.push("FATAL ERROR: printed by a cell\n");
  fatalText.push("and more\n");
  expect(passed).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(passed).toEqual(["FATAL ERROR: printed by a cell\nand more\n"]);
  fatalText.push("afterwards\n");
  expect(passed).toEqual(["FATAL ERROR: printed by a cell\nand more\n", "afterwards\n"]);
});

test("what Node says about debuggers is left out", () => {
  fatalText.push("before\nWaiting for the debugger to disconnect...\nafter\n");
  fatalText.push("Waiting for the debugger to disconnect...\n");
  expect(passed).toEqual(["before\nafter\n"]);
});
