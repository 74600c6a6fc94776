import { describe, expect, test } from "vitest";
import { formatFindings } from "../../../../cli/run/findings.js";
import type { CellMetrics, RunReport } from "../../../../report/run-report.js";
import { findBreaches } from "../../../../runner/regression/budgets.js";
import type { Limits } from "../../../../runner/regression/limits.js";

const mebibyte = 1024 * 1024;

/** A run of one notebook with a cell for each set of figures: `a`, `b`, … */
function reportOf(...cells: readonly Partial<CellMetrics>[]): RunReport {
  return {
    format: "cellscope-run",
    version: 1,
    program: "cellscope",
    startTime: "2026-01-01T00:00:00.000Z",
    duration: 1000,
    machine: { platform: "linux x64", node: "20.0.0", cpus: 2 },
    notebooks: [
      {
        path: "n.ipynb",
        kernel: "cellscope",
        status: "ok",
        attempts: 1,
        repetition: 1,
        duration: 1000,
        cells: cells.map((metrics, index) => ({
          number: index + 1,
          id: "abc".charAt(index),
          title: `f${index}()`,
          status: "ok",
          metrics: { time: 100, outputSize: 2, ...metrics },
        })),
      },
    ],
  };
}

function breachesOf(report: RunReport, budget: { readonly notebook?: Limits; readonly cell?: Limits }): string[] {
  const cells = new Map(report.notebooks[0]?.cells.map(({ id }) => [id, budget.cell ?? {}]));
  const breaches = findBreaches("n.ipynb", { notebook: budget.notebook ?? {}, cells }, report);
  return formatFindings({ report, breaches });
}

const held = { heapUsed: 30 * mebibyte, heapKept: 5 * mebibyte, gcCount: 2, gcTime: 40 };

test("a notebook has the sum of what its cells took and kept, and the highest of what they held", () => {
  const report = reportOf(held, { ...held, heapUsed: 20 * mebibyte });
  expect(breachesOf(report, { notebook: { heapUsed: mebibyte, heapKept: mebibyte, gcCount: 3, gcTime: 10 } })).toEqual([
    "OVER BUDGET  n.ipynb: heapUsed 30.00 MiB, limit 1.00 MiB (+2900 %).",
    "OVER BUDGET  n.ipynb: heapKept 10.00 MiB, limit 1.00 MiB (+900 %).",
    "OVER BUDGET  n.ipynb: gcCount 4, limit 3 (+33 %).",
    "OVER BUDGET  n.ipynb: gcTime 80 ms, limit 10 ms (+700 %).",
  ]);
  expect(breachesOf(report, { notebook: { heapUsed: 30 * mebibyte, gcCount: 4 } })).toEqual([]);
});

describe("a cell without figures of V8", () => {
  test("keeps to limits on them when it ran no code, and the others tell theirs", () => {
    const report = reportOf(held, {});
    expect(breachesOf(report, { notebook: { gcCount: 2 }, cell: { heapUsed: 30 * mebibyte, gcCount: 2 } })).toEqual([]);
    expect(breachesOf(report, { cell: { gcCount: 1 } })).toEqual([
      "OVER BUDGET  n.ipynb cell 1 (f0()): gcCount 2, limit 1 (+100 %).",
    ]);
  });

  test("could not be measured when the kernel tells none", () => {
    expect(breachesOf(reportOf({}, {}), { notebook: { gcCount: 2 }, cell: { heapUsed: mebibyte } })).toEqual([
      "OVER BUDGET?  n.ipynb: gcCount could not be measured; its limit is 2.",
      "OVER BUDGET?  n.ipynb cell 1 (f0()): heapUsed could not be measured; its limit is 1.00 MiB.",
      "OVER BUDGET?  n.ipynb cell 2 (f1()): heapUsed could not be measured; its limit is 1.00 MiB.",
    ]);
  });
});
