import { describe, expect, test } from "vitest";
import { formatBar, formatCellLine, formatDuration, formatSummary, showProgress } from "../../../cli/progress.js";
import type { CellOutput, CodeCell } from "../../../runner/nbformat.js";
import type { FinishedCell, RunResult } from "../../../runner/run-notebook.js";

const cell = (source: string, outputs: CellOutput[] = []): CodeCell => ({
  cell_type: "code",
  id: "a",
  metadata: {},
  source,
  execution_count: 1,
  outputs,
});
const finished = (fields: Partial<FinishedCell> = {}): FinishedCell => ({
  outputSize: 2,
  index: 0,
  number: 2,
  cell: cell("const books = 1;\nbooks"),
  status: "ok",
  duration: 421,
  ...fields,
});
const shutDown = {
  output_type: "error" as const,
  ename: "KernelShutDown",
  evalue: "the kernel was shut down before the cell had ended",
  traceback: [],
};
const result = (fields: Partial<RunResult>): RunResult => ({ status: "ok", cells: [], duration: 3210, ...fields });

test.each([
  [0, "0.00 s"],
  [421, "0.42 s"],
  [59_990, "59.99 s"],
  [60_000, "1 min 00 s"],
  [3_723_000, "62 min 03 s"],
])("%d ms is %s", (duration, expected) => {
  expect(formatDuration(duration)).toBe(expected);
});

describe("the line of a cell", () => {
  test("has its number, its time and its first line of code", () => {
    expect(formatCellLine(finished(), 14)).toBe(" 2/14   0.42 s  const books = 1;");
  });

  test("has the peak that a report tells", () => {
    const report: CellOutput = {
      output_type: "display_data",
      data: {
        "text/plain": "peak memory: 76.31 MiB, increment: 0.50 MiB\nkept",
        "application/vnd.cellscope.profile.v1+json": {},
      },
      metadata: {},
    };
    const line = formatCellLine(finished({ cell: cell("\n%%memprofile\nf()", [report]) }), 3);
    expect(line).toBe("2/3   0.42 s  peak 76.31 MiB  %%memprofile");
  });

  test("says how it ended when it did not end well", () => {
    expect(formatCellLine(finished({ status: "died" }), 3)).toBe("2/3   0.42 s  DIED  const books = 1;");
  });

  test("is kept short and free of control characters", () => {
    const line = formatCellLine(finished({ cell: cell(`\x1b[2J\t${"x".repeat(100)}`) }), 3);
    expect(line).toBe(`2/3   0.42 s  [2J ${"x".repeat(55)}…`);
  });
});

test("the bar tells the memory where it is known, and is as wide as the terminal at most", () => {
  const run = { index: 0, number: 6, cell: cell("const books = 1;") };
  expect(formatBar(run, 10, 1200, 214 * 2 ** 20, 80)).toBe(
    "██████████░░░░░░░░░░  6/10  1.20 s  214 MiB  const books = 1;",
  );
  expect(formatBar(run, 10, 1200, Number.NaN, 80)).toBe("██████████░░░░░░░░░░  6/10  1.20 s  const books = 1;");
  expect(formatBar(run, 10, 1200, Number.NaN, 30)).toBe("██████████░░░░░░░░░░  6/10  …");
});

test.each([
  [result({ cells: [finished()] }), "3 cells in 3.21 s."],
  [result({ cells: [finished({ status: "error" })] }), "3 cells in 3.21 s, 1 of them failed as allowed."],
  [result({ status: "error", failed: finished({ status: "error" }) }), "Cell 2 of 3 failed, after 3.21 s."],
  [result({ status: "died", failed: finished({ status: "died" }) }), "Cell 2 of 3 took the kernel down, after 3.21 s."],
  [
    result({ status: "died", failed: finished({ status: "died", error: shutDown }) }),
    "Cell 2 of 3 lost its kernel, after 3.21 s.",
  ],
  [result({ status: "interrupted", cells: [finished()] }), "Interrupted in cell 1 of 3, after 3.21 s."],
])("a run is summed up (%#)", (run, expected) => {
  expect(formatSummary(run, 3)).toBe(expected);
});

test("on a terminal the bar is drawn over itself and taken away at the end", () => {
  const written: string[] = [];
  const progress = showProgress({ write: (text) => written.push(text), isTTY: true, columns: 80 }, 3);
  progress.onCellStart({ index: 0, number: 1, cell: cell("a") });
  progress.onCellEnd(finished({ number: 1 }));
  progress.onCellStart({ index: 1, number: 2, cell: cell("b") });
  progress.onCellEnd(finished({ number: 2 }));
  progress.onCellStart({ index: 2, number: 3, cell: cell("c") });
  // No cell runs any more, and the kernel is being ended.
  progress.onCellEnd(finished({ number: 3 }));
  const atTheEnd = written.length;
  progress.clear();
  progress.end();
  expect(written).toHaveLength(atTheEnd);
  expect(written.join("")).not.toContain("\n");
  expect(written.every((text) => text.startsWith("\r\x1b[2K"))).toBe(true);
  expect(written.at(-1)).toBe("\r\x1b[2K");
});
