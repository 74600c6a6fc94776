// A run as JUnit XML, in the words that the schema of Jenkins' xUnit plugin allows (junit-10.xsd). Pure.
import { type CaseProblem, casesOf, type RunCase, type RunFinding } from "./run-cases.js";
import type { NotebookReport, RunReport } from "./run-report.js";

/** Renders a run as JUnit XML: a test suite for each notebook, a test case for each cell. */
export function renderJUnit(report: RunReport, findings: readonly RunFinding[] = []): string {
  const suites = report.notebooks.map((notebook) => ({ notebook, cases: casesOf(notebook, findings) }));
  const all = suites.flatMap(({ cases }) => cases);
  const totals = { name: report.program, ...countsOf(all), time: formatSeconds(report.duration) };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes(totals)}>`,
    ...suites.flatMap(({ notebook, cases }) => renderSuite(notebook, cases, report)),
    "</testsuites>",
    "",
  ].join("\n");
}

function renderSuite(notebook: NotebookReport, cases: readonly RunCase[], report: RunReport): string[] {
  const { path, duration, kernel, attempts, repetition } = notebook;
  const repetitions = report.notebooks.filter((other) => other.path === path).length;
  const name = repetitions > 1 ? `${path} (run ${repetition} of ${repetitions})` : path;
  const properties = { kernel, attempts, ...figuresOf(notebook) };
  return [
    `  <testsuite${attributes({
      name,
      ...countsOf(cases),
      skipped: cases.filter(({ outcome }) => outcome === "skipped").length,
      time: formatSeconds(duration ?? 0),
      timestamp: report.startTime.slice(0, 19),
      file: path,
    })}>`,
    "    <properties>",
    ...Object.entries(properties).map(([key, value]) => `      <property${attributes({ name: key, value })}/>`),
    "    </properties>",
    // Jenkins and others make packages of what stands before a full stop.
    ...cases.flatMap((each) => renderCase(each, path.replace(/\.ipynb$/, "").replace(/[\\/]+/g, "."))),
    "  </testsuite>",
  ];
}

function figuresOf({ cells }: NotebookReport): Readonly<Record<string, number>> {
  const peaks = cells.flatMap(({ metrics }) => metrics.peak ?? []);
  return peaks.length === 0 ? {} : { peak: Math.max(...peaks) };
}

function renderCase(each: RunCase, classname: string): string[] {
  const { name, time, outcome, reason, line } = each;
  const open = `    <testcase${attributes({ name, classname, ...(time !== undefined && { time: formatSeconds(time) }) })}`;
  const inner = [
    ...(outcome === "skipped" ? [`      <skipped${attributes({ message: reason ?? "" })}/>`] : []),
    ...renderFailures(each, line),
  ];
  return inner.length === 0 ? [`${open}/>`] : [`${open}>`, ...inner, "    </testcase>"];
}

/** As Maven's Surefire tells of tests that are run again: of one that passed in the end each failure is a flaky one, and of one that did not the first is the failure and the others are reruns. */
function renderFailures({ outcome, problems, earlier = [] }: RunCase, line: number | undefined): string[] {
  const failures = [...earlier, ...(isFailed(outcome) ? [{ outcome, problems }] : [])];
  const isFlaky = !isFailed(outcome);
  return failures.flatMap((failure, index) => {
    const kind = failure.outcome === "broken" ? "error" : "failure";
    const again = kind === "error" ? "Error" : "Failure";
    if (isFlaky) return failure.problems.map((problem) => renderRerun(problem, `flaky${again}`, line));
    if (index > 0) return failure.problems.map((problem) => renderRerun(problem, `rerun${again}`, line));
    return failure.problems.map((problem) => renderProblem(problem, kind, line));
  });
}

function isFailed(outcome: RunCase["outcome"]): outcome is "failed" | "broken" {
  return outcome === "failed" || outcome === "broken";
}

function renderProblem(problem: CaseProblem, tag: string, line: number | undefined): string {
  const { type, message } = problem;
  return `      <${tag}${attributes({ type, message })}>${escapeXml(bodyOf(problem, line))}</${tag}>`;
}

function renderRerun(problem: CaseProblem, tag: string, line: number | undefined): string {
  const { type, message } = problem;
  const stack = `<stackTrace>${escapeXml(bodyOf(problem, line))}</stackTrace>`;
  return `      <${tag}${attributes({ type, message })}>${stack}</${tag}>`;
}

function bodyOf({ message, details }: CaseProblem, line: number | undefined): string {
  const place = line === undefined ? [] : [`line ${line} of the notebook's file`];
  return [...place, ...(details === "" ? [message] : [details])].join("\n");
}

function countsOf(cases: readonly RunCase[]) {
  // By the element that stands in the case: that of the first attempt that failed.
  const failed = cases.filter(({ outcome }) => isFailed(outcome));
  const count = (wanted: RunCase["outcome"]) =>
    failed.filter(({ outcome, earlier = [] }) => (earlier[0]?.outcome ?? outcome) === wanted).length;
  return { tests: cases.length, failures: count("failed"), errors: count("broken") };
}

/** Seconds, as JUnit has them. */
function formatSeconds(time: number): string {
  return (time / 1000).toFixed(3);
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  // White space other than blanks would be made blanks by the reader.
  const quote = (value: string) => escapeXml(value).replace(/[\t\n\r]/g, (space) => `&#${space.charCodeAt(0)};`);
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${quote(String(value))}"`)
    .join("");
}

/** What XML 1.0 cannot hold, not even escaped, becomes the replacement character. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"]/g, (character) => entities[character] ?? character)
    .replaceAll("\r", "&#13;");
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
