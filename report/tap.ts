// A run as TAP 14 (testanything.org): a subtest for each notebook, a test point for each cell. Pure.
import { stringify } from "yaml";
import { casesOf, type RunCase, type RunFinding } from "./run-cases.js";
import type { NotebookReport, RunReport } from "./run-report.js";

/** Renders a run as TAP 14. */
export function renderTap(report: RunReport, findings: readonly RunFinding[] = []): string {
  const { notebooks } = report;
  return [
    "TAP version 14",
    `1..${notebooks.length}`,
    ...notebooks.flatMap((notebook, index) => renderNotebook(notebook, index + 1, casesOf(notebook, findings))),
    "",
  ].join("\n");
}

function renderNotebook(notebook: NotebookReport, number: number, cases: readonly RunCase[]): string[] {
  const isGood =
    cases.every(({ outcome }) => outcome === "passed" || outcome === "skipped") && notebook.status === "ok";
  const name = escapeDescription(notebook.path);
  return [
    `# Subtest: ${name}`,
    ...[`1..${cases.length}`, ...cases.flatMap((each, index) => renderCase(each, index + 1))].map(
      (line) => `    ${line}`,
    ),
    `${isGood ? "ok" : "not ok"} ${number} - ${name}`,
  ];
}

function renderCase({ name, outcome, reason, problems, time, line, earlier = [] }: RunCase, number: number): string[] {
  const isGood = outcome === "passed" || outcome === "skipped";
  const skip = outcome === "skipped" ? ` # SKIP ${escapeDescription(reason ?? "")}` : "";
  const point = `${isGood ? "ok" : "not ok"} ${number} - ${escapeDescription(name)}${skip}`;
  const diagnostics = {
    ...(problems.length > 0 && { message: problems.map(({ message }) => message).join("\n") }),
    ...(problems.length > 0 && { severity: outcome === "broken" ? "error" : "fail" }),
    ...(time !== undefined && { duration_ms: time }),
    ...(line !== undefined && !isGood && { line }),
    ...(problems.some(({ details }) => details !== "") && {
      details: problems.map(({ details }) => details).join("\n"),
    }),
    ...(earlier.length > 0 && {
      earlier_attempts: earlier.map(({ attempt, problems, time }) => ({
        attempt,
        message: problems.map(({ message }) => message).join("\n"),
        ...(time !== undefined && { duration_ms: time }),
      })),
    }),
  };
  if (Object.keys(diagnostics).length === 0) return [point];
  const yaml = stringify(diagnostics, { lineWidth: 0 }).trimEnd().split("\n");
  return [point, "  ---", ...yaml.map((text) => `  ${text}`), "  ..."];
}

/** A description is one line, and `#` would begin a directive. */
function escapeDescription(text: string): string {
  return text
    .replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, " ")
    .replace(/[\\#]/g, "\\$&")
    .trim();
}
