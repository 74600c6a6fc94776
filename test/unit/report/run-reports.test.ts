import { readFileSync } from "node:fs";
import { Window } from "happy-dom";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { endQuote, renderAnnotations, startQuote } from "../../../report/annotations.js";
import { renderJUnit } from "../../../report/junit.js";
import { casesOf, type RunFinding } from "../../../report/run-cases.js";
import type { NotebookReport, RunReport } from "../../../report/run-report.js";
import { renderRunSummary } from "../../../report/run-summary.js";
import { renderTap } from "../../../report/tap.js";

/** A run of three notebooks: one that is good, one with hostile text, one whose second cell ended its process. */
const report = JSON.parse(readFileSync("test/fixtures/run-report-three-notebooks.json", "utf8")) as RunReport;
/** A run with `--retries 2`: one notebook fails, runs out of time and is well in the end; one is never well. */
const attempts = JSON.parse(readFileSync("test/fixtures/run-report-attempts.json", "utf8")) as RunReport;
const findings: readonly RunFinding[] = [
  {
    notebook: "good.ipynb",
    cell: 1,
    kind: "budget",
    message: "OVER BUDGET  good.ipynb cell 1: peak 500 MiB, limit 100 MiB.",
  },
  { notebook: "good.ipynb", kind: "regression", message: "WORSE   good.ipynb: time 1.00 s → 2.00 s (+100 %)." },
];
const golden = (name: string) => `../../golden/${name}`;

test("the summary shows tables, sparklines and what differs", async () => {
  await expect(renderRunSummary(report, ["OVER BUDGET  <b>|"])).toMatchFileSnapshot(golden("run-summary.md"));
});

test("the JUnit report has a case for each cell", async () => {
  await expect(renderJUnit(report, findings)).toMatchFileSnapshot(golden("run-report.xml"));
});

test("the TAP report has a point for each cell", async () => {
  await expect(renderTap(report, findings)).toMatchFileSnapshot(golden("run-report.tap"));
});

test("the annotations name file, line and cell", async () => {
  const lines = renderAnnotations(report, findings, (path) => `docs/${path}`);
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(golden("run-annotations.txt"));
});

describe("attempts of flaky notebooks", () => {
  test("are told by the summary, one by one", async () => {
    await expect(renderRunSummary(attempts)).toMatchFileSnapshot(golden("run-attempts.md"));
  });

  test("are told by JUnit as Surefire tells of tests that are run again", () => {
    const document = new new Window().DOMParser().parseFromString(renderJUnit(attempts), "text/xml");
    const cases = [...document.querySelectorAll("testcase")].map((each) => [
      `${each.getAttribute("classname")} ${each.getAttribute("name")?.charAt(0)}`,
      ...[...each.children].map((child) => `${child.localName} ${child.getAttribute("message")}`),
    ]);
    const late = "CellTimeoutError: The cell ran longer than 1 s (its tag), and was stopped.";
    expect(cases).toEqual([
      ["recovers 1"],
      ["recovers 2", "flakyFailure TypeError: not yet", `flakyError ${late}`],
      ["recovers 3"],
      ["fails 1"],
      ["fails 2", "failure RangeError: try 1", "rerunFailure RangeError: try 3"],
      ["fails 3", "skipped not reached: cell 2 ended the run", "flakyFailure Error: always"],
    ]);
    expect(document.querySelector("stackTrace")?.textContent).toContain("at In[2]:1:24");
    // What failed in an attempt that did not count fails nothing.
    expect(document.documentElement.getAttribute("failures")).toBe("1");
  });

  test("are told by TAP and by annotations", () => {
    const tap = parse(
      / {4}ok 2 - [^\n]*\n {6}---\n([\s\S]*?) {6}\.\.\./.exec(renderTap(attempts))?.[1] ?? "",
    ) as unknown;
    expect(tap).toMatchObject({
      earlier_attempts: [
        { attempt: 1, message: "TypeError: not yet" },
        { attempt: 2, message: expect.stringMatching(/^CellTimeoutError/) },
      ],
    });
    const told = renderAnnotations(attempts).map((line) =>
      /^::(\w+) file=(\w+).*?(\(attempt \d of \d\))?::/.exec(line)?.slice(1),
    );
    expect(told).toEqual([
      ["warning", "recovers", "(attempt 1 of 3)"],
      ["warning", "recovers", "(attempt 2 of 3)"],
      ["warning", "fails", "(attempt 1 of 3)"],
      ["error", "fails", undefined],
      ["warning", "fails", "(attempt 2 of 3)"],
    ]);
  });

  test("in which the kernel did not start are a case of their own", () => {
    const [notebook] = attempts.notebooks;
    if (notebook === undefined) throw new Error("The run has two notebooks.");
    const earlier = { status: "not started", message: "It did not answer.", cells: [] };
    const [start] = casesOf({ ...notebook, earlierAttempts: [earlier] });
    expect(start).toEqual({
      name: "start of the kernel",
      outcome: "passed",
      problems: [],
      earlier: [
        {
          attempt: 1,
          outcome: "broken",
          problems: [{ type: "KernelStartError", message: "It did not answer.", details: "It did not answer." }],
        },
      ],
    });
  });
});

/** The attributes that Jenkins' schema (junit-10.xsd of its xUnit plugin) knows, and the elements that it lets them contain. */
const schema: Readonly<
  Record<string, { readonly attributes: readonly string[]; readonly children: readonly string[] }>
> = {
  testsuites: { attributes: ["name", "time", "tests", "failures", "errors"], children: ["testsuite"] },
  testsuite: {
    attributes: ["name", "tests", "failures", "errors", "skipped", "time", "timestamp", "file"],
    children: ["properties", "testcase"],
  },
  properties: { attributes: [], children: ["property"] },
  property: { attributes: ["name", "value"], children: [] },
  testcase: {
    attributes: ["name", "time", "classname"],
    children: ["skipped", "error", "failure", "rerunFailure", "rerunError", "flakyFailure", "flakyError"],
  },
  rerunFailure: { attributes: ["type", "message"], children: ["stackTrace"] },
  rerunError: { attributes: ["type", "message"], children: ["stackTrace"] },
  flakyFailure: { attributes: ["type", "message"], children: ["stackTrace"] },
  flakyError: { attributes: ["type", "message"], children: ["stackTrace"] },
  stackTrace: { attributes: [], children: [] },
  skipped: { attributes: ["message"], children: [] },
  error: { attributes: ["type", "message"], children: [] },
  failure: { attributes: ["type", "message"], children: [] },
};

describe("hostile text", () => {
  const nasty =
    "]]></failure> & <a \"q\" 'p'> \0 \x1b[31m \ud800 \u2028 # \\ % , : ::error::x\r\n::set-env\nok 1\n...\n\t";
  const notebook: NotebookReport = {
    path: `${nasty}.ipynb`,
    kernel: nasty,
    status: "error",
    attempts: 1,
    repetition: 1,
    duration: 1_234_567,
    cells: [
      {
        number: 1,
        id: "a",
        title: nasty,
        status: "error",
        error: nasty,
        traceback: nasty,
        metrics: { time: 1, outputSize: 1 },
      },
    ],
    notRun: [{ number: 2, id: "b", title: nasty }],
  };
  const hostile: RunReport = { ...report, notebooks: [notebook] };

  test.each([
    ["of a run", report],
    ["of hostile text", hostile],
    ["of several attempts", attempts],
  ])("the JUnit report %s keeps to the schema of Jenkins", (_, run) => {
    const document = new new Window().DOMParser().parseFromString(renderJUnit(run, findings), "text/xml");
    expect(document.querySelectorAll("parsererror")).toHaveLength(0);
    expect(document.documentElement.localName).toBe("testsuites");
    for (const element of document.querySelectorAll("*")) {
      const known = schema[element.localName];
      expect(known, element.localName).toBeDefined();
      for (const { name } of element.attributes) expect(known?.attributes).toContain(name);
      for (const { localName } of element.children) expect(known?.children).toContain(localName);
      expect(element.getAttribute("time") ?? "0.000").toMatch(/^\d+\.\d{3}$/);
    }
    const counted = (selector: string) => String(document.querySelectorAll(selector).length);
    const root = document.documentElement;
    expect(root.getAttribute("tests")).toBe(counted("testcase"));
    expect(root.getAttribute("failures")).toBe(counted("testcase:has(> failure)"));
    expect(root.getAttribute("errors")).toBe(counted("testcase:has(> error)"));
  });

  test("is read back from JUnit as it was, but for what XML cannot hold", () => {
    const xml = renderJUnit(hostile);
    expect(xml).not.toMatch(/[\0\x1b\ud800]/);
    const document = new new Window().DOMParser().parseFromString(xml, "text/xml");
    const readable = nasty.replace(/[\0\x1b]|\ud800/g, "\ufffd");
    expect(document.querySelector("testcase")?.getAttribute("name")).toBe(`1: ${readable}`);
    expect(document.querySelector("failure")?.textContent).toContain(readable);
  });

  test("begins no line of TAP, and no directive", () => {
    const points = renderTap(hostile)
      .split("\n")
      .filter((line) => /^(?: {4})?(not )?ok\b/.test(line));
    expect(points).toHaveLength(3);
    expect(points[0]).not.toMatch(/(?<!\\)#/);
    expect(points[1]).toMatch(/^ {4}ok 2 - .* # SKIP not reached: cell 1 ended the run$/);
  });

  test("begins no command of GitHub's, and ends no property", () => {
    const lines = renderAnnotations(hostile);
    expect(lines).toHaveLength(1);
    const [line = ""] = lines;
    expect(line.split(/\r|\n/)).toHaveLength(1);
    const [, properties = "", message = ""] = /^::error ([\s\S]*?)::([\s\S]*)$/.exec(line) ?? [];
    expect(properties.split(",").map((property) => property.split("=")[0])).toEqual(["file", "title"]);
    expect(message).toContain("%25 , : ::error::x%0D%0A::set-env");
  });

  test("what cells write is quoted by a word that they cannot know", () => {
    expect([startQuote("t0ken"), endQuote("t0ken")]).toEqual(["::stop-commands::t0ken", "::t0ken::"]);
  });
});

test("a kernel that does not start is one case, and its cells are not reached", () => {
  const notebook: NotebookReport = {
    path: "a.ipynb",
    kernel: "k",
    status: "not started",
    attempts: 2,
    repetition: 1,
    message: "The kernel did not answer.\nIts log:",
    cells: [],
    notRun: [{ number: 1, id: "a", title: "x", line: 7 }],
  };
  expect(casesOf(notebook)).toEqual([
    {
      name: "start of the kernel",
      outcome: "broken",
      line: 7,
      problems: [
        {
          type: "KernelStartError",
          message: "The kernel did not answer.",
          details: "The kernel did not answer.\nIts log:",
        },
      ],
    },
    { name: "1: x", outcome: "skipped", reason: "not reached: the kernel did not start", problems: [], line: 7 },
  ]);
});
