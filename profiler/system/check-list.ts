// What is looked at, and from where on it is worth a look or bad. docs/magics/sysinfo.md explains each threshold;
// a test holds the page to this list.
import type { Measured } from "../measured.js";

/** One of the five things that a notebook can run short of. */
export type Resource = "CPU" | "memory" | "disk" | "network" | "runtime";

/** What kind of trouble a check is about, by the USE method. */
export type Aspect = "utilization" | "saturation" | "errors";

/** What a figure counts: a share of one, events per second, a plain number, or milliseconds. */
export type CheckUnit = "share" | "per second" | "number" | "milliseconds";

/** A check as it is declared. */
export interface CheckSpec {
  readonly resource: Resource;
  readonly aspect: Aspect;
  readonly unit: CheckUnit;
  /** From this figure on the verdict is "look". */
  readonly look: number;
  /** From this figure on the verdict is "bad"; absent where the figure alone never is. */
  readonly bad?: number;
}

/** Every check, in the order in which a report shows them. */
export const checkList = {
  "CPU in use": { resource: "CPU", aspect: "utilization", unit: "share", look: 0.9 },
  "load per CPU": { resource: "CPU", aspect: "saturation", unit: "number", look: 1.25, bad: 2.5 },
  "run queue per CPU": { resource: "CPU", aspect: "saturation", unit: "number", look: 2, bad: 5 },
  "waiting for CPU": { resource: "CPU", aspect: "saturation", unit: "share", look: 0.2, bad: 0.5 },
  throttled: { resource: "CPU", aspect: "saturation", unit: "share", look: 0.05, bad: 0.25 },
  stolen: { resource: "CPU", aspect: "saturation", unit: "share", look: 0.05, bad: 0.2 },
  "memory in use": { resource: "memory", aspect: "utilization", unit: "share", look: 0.8, bad: 0.95 },
  "waiting for memory": { resource: "memory", aspect: "saturation", unit: "share", look: 0.01, bad: 0.1 },
  "swap traffic": { resource: "memory", aspect: "saturation", unit: "per second", look: 1, bad: 1000 },
  "major faults": { resource: "memory", aspect: "saturation", unit: "per second", look: 100, bad: 1000 },
  "limit hits": { resource: "memory", aspect: "saturation", unit: "per second", look: 0.01, bad: 100 },
  "killed for memory": { resource: "memory", aspect: "errors", unit: "number", look: 1 },
  "disk busy": { resource: "disk", aspect: "utilization", unit: "share", look: 0.7, bad: 0.95 },
  "time per request": { resource: "disk", aspect: "saturation", unit: "milliseconds", look: 25, bad: 100 },
  "waiting for disk": { resource: "disk", aspect: "saturation", unit: "share", look: 0.05, bad: 0.3 },
  "disk full": { resource: "disk", aspect: "errors", unit: "share", look: 0.85, bad: 0.97 },
  "line in use": { resource: "network", aspect: "utilization", unit: "share", look: 0.7, bad: 0.9 },
  "packets dropped": { resource: "network", aspect: "saturation", unit: "per second", look: 1, bad: 100 },
  "connections dropped": { resource: "network", aspect: "saturation", unit: "per second", look: 0.01, bad: 10 },
  "interface errors": { resource: "network", aspect: "errors", unit: "per second", look: 0.01, bad: 10 },
  "sent again": { resource: "network", aspect: "errors", unit: "share", look: 0.01, bad: 0.05 },
  "event loop busy": { resource: "runtime", aspect: "utilization", unit: "share", look: 0.7, bad: 0.95 },
  "event loop late": { resource: "runtime", aspect: "saturation", unit: "milliseconds", look: 50, bad: 150 },
  "collecting garbage": { resource: "runtime", aspect: "saturation", unit: "share", look: 0.1, bad: 0.3 },
  "V8 heap in use": { resource: "runtime", aspect: "saturation", unit: "share", look: 0.7, bad: 0.9 },
} as const satisfies Readonly<Record<string, CheckSpec>>;

/** The name of a check. */
export type CheckName = keyof typeof checkList;

/** What a figure means, by its thresholds. */
export type Verdict = "ok" | "look" | "bad";

/** A figure of the USE method and what to think of it; without a verdict where it could not be read. */
export interface Check extends CheckSpec {
  readonly name: CheckName;
  readonly value: Measured<number>;
  readonly verdict?: Verdict;
  /** Which disk, file or interface the figure is of. */
  readonly detail?: string;
}

/** Judges a figure by the thresholds of its check. */
export function judge(name: CheckName, value: Measured<number>, detail?: string): Check {
  const spec: CheckSpec = checkList[name];
  const verdict = "value" in value ? verdictOf(value.value, spec) : undefined;
  return { name, ...spec, value, ...(verdict !== undefined && { verdict }), ...(detail !== undefined && { detail }) };
}

function verdictOf(value: number, { look, bad }: CheckSpec): Verdict {
  if (bad !== undefined && value >= bad) return "bad";
  return value >= look ? "look" : "ok";
}
