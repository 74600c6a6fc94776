import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createLogReporter, createLogWriter, formatLogfmt, logFindings } from "../../../../cli/run/log-reporter.js";
import { formatNotebooksBar } from "../../../../cli/run/notebooks-progress.js";
import { joinPairs } from "../../../../cli/run/options.js";
import type { RunReport } from "../../../../report/run-report.js";
import { parseNotebook } from "../../../../runner/nbformat.js";
import { cellsToRun } from "../../../../runner/run-notebook.js";
import { notebookOf } from "../../../support/notebook-of.js";

test("logfmt quotes what would be read as something else", () => {
  expect(formatLogfmt({ a: 1, b: "x y", c: "", d: 'q"', e: "k=v", f: "line\n", g: true })).toBe(
    'a=1 b="x y" c="" d="q\\"" e="k=v" f="line\\n" g=true',
  );
});

test("each line of a log for machines says which run, notebook and cell it is about", () => {
  const lines: unknown[] = [];
  const write = createLogWriter({
    log: { write: (text) => lines.push(JSON.parse(text)) },
    format: "json",
    runId: "r",
    now: () => new Date(0),
  });
  const reporter = createLogReporter({ write, logOutput: true });
  const notebook = { path: "n.ipynb", attempt: 1, total: 1, kernelName: "cellscope", repetition: 2 };
  const [cell] = cellsToRun(parseNotebook(notebookOf(["f()"]), "n"));
  if (cell === undefined) throw new Error("The notebook has a cell.");
  reporter.onNotebookStart(notebook);
  reporter.onCellStart(notebook, cell);
  reporter.onOutput(notebook, cell, { output_type: "stream", name: "stdout", text: "a\n" }, "a\n");
  reporter.onProblem(notebook, "odd");
  const error = {
    output_type: "error",
    ename: "E",
    evalue: "boom",
    traceback: ["\x1b[31mIn[1]\x1b[0m", "E: boom"],
  } as const;
  reporter.onCellEnd(notebook, {
    ...cell,
    status: "error",
    duration: 5,
    outputSize: 1,
    error: { ...error, traceback: [...error.traceback] },
  });
  const common = { time: "1970-01-01T00:00:00.000Z", run: "r", notebook: "n.ipynb", attempt: 1, repetition: 2 };
  expect(lines).toEqual([
    { ...common, level: "info", event: "notebook_start", kernel: "cellscope", cells: 1 },
    { ...common, level: "info", event: "cell_start", cell: 1, cell_id: "cell-0" },
    { ...common, level: "info", event: "output", cell: 1, cell_id: "cell-0", stream: "stdout", text: "a\n" },
    { ...common, level: "warn", event: "problem", cell: 1, problem: "odd" },
    {
      ...common,
      ...{ level: "error", event: "cell_end", cell: 1, cell_id: "cell-0", status: "error", duration_ms: 5 },
      ...{ error: "E: boom", traceback: "In[1]\nE: boom" },
    },
  ]);
});

test("what somebody has against cells is a line each in a log for machines", () => {
  const lines: unknown[] = [];
  const report = JSON.parse(readFileSync("test/fixtures/run-report-attempts.json", "utf8")) as RunReport;
  const [notebook] = report.notebooks;
  const [cell] = notebook?.cells ?? [];
  if (notebook === undefined || cell === undefined) throw new Error("The run has a notebook with cells.");
  const differences = [{ output: "stdout", change: "changed", lines: ["- a", "+ b"] }] as const;
  const place = { notebook: "n.ipynb", cell: 2, title: "f()", unit: "bytes" } as const;
  logFindings(
    {
      report: { ...report, notebooks: [{ ...notebook, cells: [{ ...cell, differences }] }] },
      breaches: [{ ...place, metric: "peak", limit: 10, value: 20 }],
      comparison: {
        changes: [{ ...place, metric: "peak", verdict: "worse", before: 1, after: 2, chance: 0.01 }],
        compared: 1,
        notes: ["Not in the baseline: n.ipynb cell 3."],
      },
    },
    (level, event, fields) => lines.push([level, event, fields]),
  );
  const where = { notebook: "n.ipynb", cell: 2 };
  expect(lines).toEqual([
    ["error", "outputs_differ", { notebook: "recovers.ipynb", cell: 1, cell_id: "a", difference: "stdout\n- a\n+ b" }],
    ["error", "over_budget", { ...where, metric: "peak", limit: 10, value: 20 }],
    ["error", "worse", { ...where, metric: "peak", before: 1, after: 2, chance: 0.01 }],
    ["warn", "baseline", { note: "Not in the baseline: n.ipynb cell 3." }],
  ]);
});

test("the bar names the notebooks that run, as far as the terminal is wide", () => {
  const state = { done: 1, count: 4, elapsed: 2000, running: new Map([["a.ipynb", "2/3"]]), memory: 3 * 2 ** 29 };
  expect(formatNotebooksBar(state, 80)).toBe("█████░░░░░░░░░░░░░░░  1/4  2.00 s  1.5 GiB  a.ipynb 2/3");
  expect(formatNotebooksBar(state, 40)).toHaveLength(39);
});

test.each([
  [
    ["n", "-p", "a", "1", "-p", "b=2", "-r", "c", "-5"],
    ["n", "-pa=1", "-p", "b=2", "-rc=-5"],
  ],
  [
    ["--parameters", "a", "-1", "--", "-p", "x"],
    ["--parameters=a=-1", "--", "-p", "x"],
  ],
])("%j is read as %j", (argv, expected) => {
  expect(joinPairs(argv)).toEqual(expected);
});

test("a parameter without a value is refused", () => {
  expect(() => joinPairs(["-p", "a"])).toThrow("-p a needs a value: -p NAME VALUE.");
});
