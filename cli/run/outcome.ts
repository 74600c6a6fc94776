import { type Attempt, type AttemptStatus, type FileRun, statusOfAttempt } from "../../runner/run-file.js";

/** How the attempt that counts went. */
export function lastAttempt({ attempts }: FileRun): Attempt {
  const last = attempts.at(-1);
  if (last === undefined) throw new Error("A notebook that was run has at least one attempt.");
  return last;
}

/** How a notebook went. */
export function statusOf(run: FileRun): AttemptStatus {
  return statusOfAttempt(lastAttempt(run));
}

/** How a notebook went, its outputs compared: one whose cells went well, and of which `different` show something else, differs. */
export function outcomeOf(run: FileRun, different: number): AttemptStatus | "differs" {
  const status = statusOf(run);
  return status === "ok" && different > 0 ? "differs" : status;
}

/** The exit code of a run of several notebooks: the gravest of theirs. */
export function exitCodeOf(runs: readonly FileRun[]): number {
  const codes = runs.map((run) => exitCodes[statusOf(run)]);
  return gravest.find((code) => codes.includes(code)) ?? 0;
}

const exitCodes: Readonly<Record<AttemptStatus, number>> = {
  ok: 0,
  error: 1,
  timeout: 124,
  interrupted: 130,
  died: 138,
  "not started": 138,
  "not saved": 2,
};

const gravest = [130, 2, 138, 124, 1, 0];
