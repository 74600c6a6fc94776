// A run as test results: one case for each cell, as JUnit, TAP and annotations show it. Pure.
import { describeDifference, formatDifference } from "./output-difference.js";
import type { AttemptReport, CellPlace, CellReport, NotebookReport } from "./run-report.js";

/** What somebody has against a notebook, or one of its cells, though it ran: a budget or a baseline. */
export interface RunFinding {
  /** The notebook's path. */
  readonly notebook: string;
  /** Among the cells that are run, from 1; absent for the notebook as a whole. */
  readonly cell?: number;
  /** `budget` or `regression`. */
  readonly kind: string;
  readonly message: string;
}

/** One thing that is wrong. */
export interface CaseProblem {
  /** The name of the error, or `OutputsDiffer`, `budget`, `regression`, `timeout`. */
  readonly type: string;
  /** In one line. */
  readonly message: string;
  /** More lines; may be empty. */
  readonly details: string;
}

/** One result. `broken` is what ended before it could pass or fail: a dead kernel, a time-out, an interrupt. */
export interface RunCase {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "broken" | "skipped";
  /** Why it was skipped. */
  readonly reason?: string;
  readonly problems: readonly CaseProblem[];
  readonly time?: number;
  /** In the notebook's file. */
  readonly line?: number;
  /** What went wrong in attempts before the last one, in their order; absent when nothing did. */
  readonly earlier?: readonly EarlierFailure[];
}

/** How a cell failed in an attempt that another one followed. */
export interface EarlierFailure extends Pick<RunCase, "problems" | "time"> {
  /** From 1. */
  readonly attempt: number;
  readonly outcome: "failed" | "broken";
}

/** The results of a notebook: of its cells, and of the notebook as a whole where there is something against it. */
export function casesOf(notebook: NotebookReport, findings: readonly RunFinding[] = []): RunCase[] {
  const own = findings.filter(({ notebook: path }) => path === notebook.path);
  const cases = casesOfAttempt(notebook, own);
  const earlier = failuresOf(notebook.earlierAttempts ?? []);
  const told = cases.map((each) => {
    const failures = earlier.get(each.name);
    return failures ? { ...each, earlier: failures } : each;
  });
  // A kernel that started in the end.
  const failures = cases.some(({ name }) => name === startName) ? undefined : earlier.get(startName);
  if (failures === undefined) return told;
  return [{ name: startName, outcome: "passed", problems: [], earlier: failures }, ...told];
}

function casesOfAttempt(attempt: AttemptReport, findings: readonly RunFinding[]): RunCase[] {
  const against = (cell: number | undefined) => findings.filter((finding) => finding.cell === cell).map(toProblem);
  const ended = attempt.cells.at(-1);
  const reason = ended ? `not reached: cell ${ended.number} ended the run` : "not reached: the kernel did not start";
  return [
    ...wholeCases(attempt, against(undefined)),
    ...attempt.cells.map((cell) => caseOf(cell, against(cell.number))),
    ...(attempt.notRun ?? []).map((cell) => ({
      name: nameOf(cell),
      outcome: "skipped" as const,
      reason,
      problems: [],
      ...lineOf(cell),
    })),
  ];
}

/** By the name of the case. */
function failuresOf(attempts: readonly AttemptReport[]): Map<string, EarlierFailure[]> {
  const failures = new Map<string, EarlierFailure[]>();
  for (const [index, attempt] of attempts.entries()) {
    for (const { name, outcome, problems, time } of casesOfAttempt(attempt, [])) {
      if (outcome !== "failed" && outcome !== "broken") continue;
      const failure = { attempt: index + 1, outcome, problems, ...(time !== undefined && { time }) };
      failures.set(name, [...(failures.get(name) ?? []), failure]);
    }
  }
  return failures;
}

const startName = "start of the kernel";

function wholeCases({ status, message = "", notRun }: AttemptReport, problems: readonly CaseProblem[]): RunCase[] {
  const line = lineOf(notRun?.[0] ?? {});
  if (status === "not started") {
    const [first = ""] = message.split("\n");
    return [
      {
        name: startName,
        outcome: "broken",
        problems: [{ type: "KernelStartError", message: first, details: message }],
        ...line,
      },
    ];
  }
  return problems.length === 0 ? [] : [{ name: "the notebook as a whole", outcome: "failed", problems }];
}

function caseOf(cell: CellReport, problems: readonly CaseProblem[]): RunCase {
  const all = [...failureOf(cell), ...differencesOf(cell), ...problems];
  const isBroken = cell.isAllowed !== true && ["timeout", "died", "interrupted"].includes(cell.status);
  const failed = all.length > 0 ? "failed" : "passed";
  return {
    name: nameOf(cell),
    outcome: isBroken ? "broken" : failed,
    problems: all,
    time: cell.metrics.time,
    ...lineOf(cell),
  };
}

function failureOf({ status, error, isAllowed, traceback = "" }: CellReport): CaseProblem[] {
  if (status === "ok" || isAllowed) return [];
  const message = error?.split("\n")[0] ?? `the cell has the status ${status}`;
  return [{ type: /^([\w.]+): /.exec(message)?.[1] ?? status, message, details: traceback }];
}

function differencesOf({ differences = [] }: CellReport): CaseProblem[] {
  if (differences.length === 0) return [];
  return [
    {
      type: "OutputsDiffer",
      message: `the outputs differ from the stored ones: ${differences.map(describeDifference).join("; ")}`,
      details: differences.flatMap(formatDifference).join("\n"),
    },
  ];
}

function toProblem({ kind, message }: RunFinding): CaseProblem {
  return { type: kind, message, details: "" };
}

function nameOf({ number, title }: CellPlace): string {
  return `${number}: ${title}`;
}

function lineOf({ line }: { readonly line?: number }): { readonly line?: number } {
  return line === undefined ? {} : { line };
}
