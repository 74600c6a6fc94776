import { describe, expect, test } from "vitest";
import type { CellMetrics, RunReport } from "../../../../report/run-report.js";
import { compareWithBaseline } from "../../../../runner/regression/compare.js";

const mebibyte = 1024 * 1024;

/** A report of one cell, run once for each value of `name`. */
function reportOf(name: keyof CellMetrics, values: readonly number[], id = "a", status = "ok"): RunReport {
  return {
    format: "cellscope-run",
    version: 1,
    program: "cellscope",
    startTime: "2026-01-01T00:00:00.000Z",
    duration: 1,
    machine: { platform: "linux x64", node: "20.0.0", cpus: 2 },
    notebooks: values.map((value, index) => ({
      path: "n.ipynb",
      kernel: "cellscope",
      status: "ok",
      attempts: 1,
      repetition: index + 1,
      cells: [{ number: 1, id, title: "f()", status, metrics: { time: 100, outputSize: 2, [name]: value } }],
    })),
  };
}

const verdicts = (before: RunReport, after: RunReport, tolerances = {}) =>
  compareWithBaseline(after, before, tolerances).changes.map(({ metric, verdict }) => `${metric} ${verdict}`);

describe("a figure", () => {
  test.each([
    ["that is higher beyond its tolerance is worse", [100], [120], ["peak worse"]],
    ["that is lower beyond its tolerance is better", [120], [100], ["peak better"]],
    ["within its tolerance is the same", [100], [103], []],
    ["that overlaps with the baseline is the same", [100, 120, 101], [119, 121, 122], []],
    ["of several runs is worse when they are apart", [100, 101, 102], [119, 121, 122], ["peak worse"]],
  ])("%s", (_title, before, after, expected) => {
    const of = (values: readonly number[]) =>
      reportOf(
        "peak",
        values.map((value) => value * mebibyte),
      );
    expect(verdicts(of(before), of(after))).toEqual(expected);
  });

  test("is judged by the tolerance that the settings say", () => {
    const [before, after] = [reportOf("time", [1000]), reportOf("time", [1150])];
    expect(verdicts(before, after)).toEqual([]);
    expect(verdicts(before, after, { time: { relative: 0.1 } })).toEqual(["time worse"]);
  });

  test.each([
    ["heapUsed", 40 * mebibyte, 60 * mebibyte],
    ["heapKept", 40 * mebibyte, 60 * mebibyte],
    ["arrayBuffers", 40 * mebibyte, 60 * mebibyte],
    ["arrayBuffersKept", 40 * mebibyte, 60 * mebibyte],
    ["gcCount", 10, 30],
    ["gcTime", 100, 300],
  ] as const)("that V8 tells is better low: %s", (name, low, high) => {
    const [less, more] = [reportOf(name, [low]), reportOf(name, [high])];
    expect([verdicts(less, more), verdicts(more, less)]).toEqual([[`${name} worse`], [`${name} better`]]);
    expect(verdicts(less, reportOf(name, [low * 1.05]))).toEqual([]);
  });

  test("of a cell that failed is not compared", () => {
    const comparison = compareWithBaseline(reportOf("time", [9000], "a", "error"), reportOf("time", [100]));
    expect([comparison.changes, comparison.compared]).toEqual([[], 0]);
  });
});

test("one slow run among five is no change", () => {
  expect(verdicts(reportOf("time", [100, 101, 99, 102, 100]), reportOf("time", [101, 100, 900, 102, 99]))).toEqual([]);
});

test("cells that are on one side only are told", () => {
  const { notes } = compareWithBaseline(reportOf("time", [1], "new"), reportOf("time", [1], "old"));
  expect(notes).toEqual(["Not in the baseline: n.ipynb cell 1.", "Only in the baseline: n.ipynb cell 1."]);
});
