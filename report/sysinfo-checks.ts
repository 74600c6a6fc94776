// What the checks of %sysinfo say in words: a verdict and a sentence for each resource.
import type { Measured } from "../profiler/measured.js";
import type { Check, CheckName, CheckUnit, Resource, Verdict } from "../profiler/system/check-list.js";
import type { SystemInfo } from "../profiler/system/system-info.js";
import { formatDuration, formatPercent } from "./format.js";

/** The resources in the order in which a report shows them. */
const resources: readonly Resource[] = ["CPU", "memory", "disk", "network", "runtime"];

/** One resource in one line: `undefined` as the verdict where nothing could be read. */
export interface ResourceVerdict {
  readonly resource: Resource;
  readonly verdict: Verdict | undefined;
  /** What is to be looked at, the worst first, or in short how it stands. */
  readonly sentences: readonly string[];
}

/** The sign and the word of a verdict, so that it does not hang on a colour. */
export const verdictWords = { ok: "✓ ok", look: "! look", bad: "✗ bad" } as const;

/** Puts the checks of each resource together. */
export function verdictsOf(info: SystemInfo): readonly ResourceVerdict[] {
  return resources.map((resource) => {
    const checks = info.checks.filter((check) => check.resource === resource);
    const troubles = [...checks.filter(({ verdict }) => verdict === "bad"), ...checks.filter(isLook)];
    const [worst] = troubles;
    if (worst !== undefined) {
      return { resource, verdict: worst.verdict, sentences: troubles.map((check) => meaningOf(check)) };
    }
    const known = checks.filter(({ value }) => "value" in value);
    const reasons = new Set(checks.flatMap(({ value }) => ("missing" in value ? [value.missing] : [])));
    if (known.length === 0) return { resource, verdict: undefined, sentences: [[...reasons].join("; ")] };
    return { resource, verdict: "ok", sentences: [briefly[resource](known, info)] };
  });
}

function isLook({ verdict }: Check): boolean {
  return verdict === "look";
}

/** The sentence that follows the limits: what to look at, if anything. */
export function saturationSentence(info: SystemInfo): string {
  const verdicts = verdictsOf(info);
  const troubles = verdicts.filter(({ verdict }) => verdict === "look" || verdict === "bad");
  const [worst] = [...troubles].sort((one, other) => rank(one.verdict) - rank(other.verdict));
  // Outside of a kernel there is no runtime to look at, and none is missed.
  const unknown = verdicts.filter(({ resource, verdict }) => verdict === undefined && resource !== "runtime");
  if (worst === undefined && unknown.length > 0) {
    return `Nothing is saturated, as far as it can be read; nothing is known of ${unknown.map(({ resource }) => resource).join(", ")}.`;
  }
  if (worst === undefined) return "Nothing is saturated.";
  const others = troubles.filter((trouble) => trouble !== worst).map(({ resource }) => resource);
  const also = others.length === 0 ? "" : ` Look at ${others.join(" and ")} too.`;
  return `Look at ${worst.resource}: ${worst.sentences[0] ?? ""}.${also}`;
}

function rank(verdict: Verdict | undefined): number {
  return verdict === "bad" ? 0 : 1;
}

/** The figure of a check in its unit. */
function formatCheck(value: number, unit: CheckUnit): string {
  switch (unit) {
    case "share":
      return formatPercent(value);
    case "milliseconds":
      return formatDuration(value);
    case "per second":
      return `${shortNumber(value)}/s`;
    case "number":
      return shortNumber(value);
  }
}

/** The threshold of a check as the tables show it. */
function formatThresholds({ look, bad, unit }: Pick<Check, "look" | "bad" | "unit">): string {
  const at = (value: number) => formatCheck(value, unit);
  return bad === undefined ? `look ≥ ${at(look)}` : `look ≥ ${at(look)}, bad ≥ ${at(bad)}`;
}

/** What the figure of a check means for the notebook. */
function meaningOf({ name, value, unit, detail }: Check): string {
  return "value" in value ? meanings[name](formatCheck(value.value, unit), detail ?? "") : value.missing;
}

const meanings: Readonly<Record<CheckName, (figure: string, detail: string) => string>> = {
  "CPU in use": (figure) => `${figure} of the CPUs in use: more work at once will not go faster`,
  "load per CPU": (figure) => `${figure} tasks for each CPU lately: cells share them with other work`,
  "run queue per CPU": (figure) => `${figure} tasks for each CPU right now: cells wait their turn`,
  "waiting for CPU": (figure) => `work waited ${figure} of the time for a CPU`,
  throttled: (figure) => `held back in ${figure} of the periods: the CPU quota is used up`,
  stolen: (figure) => `${figure} of the CPU time went to other virtual machines`,
  "memory in use": (figure) => `${figure} of the memory in use: a bigger load may be killed`,
  "waiting for memory": (figure) => `stalled ${figure} of the time: memory had to be freed first`,
  "swap traffic": (figure) => `${figure} pages swapped: data move between memory and disk`,
  "major faults": (figure) => `${figure} reads of pages from disk: what is used does not fit in memory`,
  "limit hits": (figure) => `the memory limit was hit ${figure}: caches are thrown away to go on`,
  "killed for memory": (figure, detail) => `${figure} killed for want of memory (${detail})`,
  "disk busy": (figure, detail) => `${detail} busy ${figure} of the time: reading and writing wait`,
  "time per request": (figure, detail) => `${detail} takes ${figure} for a request: loading files is slow`,
  "waiting for disk": (figure) => `work waited ${figure} of the time for a disk`,
  "disk full": (figure, detail) => `${figure} full (${detail}): writing results may fail`,
  "line in use": (figure) => `${figure} of the line in use: downloads go no faster`,
  "packets dropped": (figure) => `${figure} packets dropped: transfers are repeated and slow`,
  "connections dropped": (figure) => `${figure} connections dropped before they were accepted`,
  "interface errors": (figure) => `${figure} errors on the interface: the line itself is bad`,
  "sent again": (figure) => `${figure} of what is sent is sent again: the way to the data loses packets`,
  "event loop busy": (figure) => `the event loop ran code ${figure} of the time: timers and answers wait`,
  "event loop late": (figure) => `timers were up to ${figure} late: something blocks the event loop`,
  "collecting garbage": (figure) => `${figure} of the time went into collecting garbage`,
  "V8 heap in use": (figure) => `${figure} of the heap's limit in use: objects soon do not fit any more`,
};

const briefly: Readonly<Record<Resource, (known: readonly Check[], info: SystemInfo) => string>> = {
  CPU: (checks, { cpu }) => {
    const cpus = cpu.machine.value;
    const throttled = figureOf(checks, "throttled");
    return inOneLine([
      figureOf(checks, "CPU in use", (share) => `${formatPercent(share)} in use`),
      figureOf(
        checks,
        "load per CPU",
        (load) => `load ${shortNumber(load * cpus)} on ${cpus} CPU${cpus === 1 ? "" : "s"}`,
      ),
      throttled === undefined ? undefined : "nothing throttled",
    ]);
  },
  memory: (checks) =>
    inOneLine([
      figureOf(checks, "memory in use", (share) => `${formatPercent(share)} in use`),
      figureOf(checks, "waiting for memory", (share) => `stalled ${formatPercent(share)} of the time`),
      figureOf(checks, "major faults", (rate) => `${shortNumber(rate)} major faults/s`),
      figureOf(checks, "killed for memory", () => "nothing killed"),
    ]),
  disk: (checks) =>
    inOneLine([
      figureOf(checks, "disk busy", (share, detail) => `${detail} busy ${formatPercent(share)}`),
      figureOf(checks, "time per request", (time) => `${formatDuration(time)} a request`),
      figureOf(checks, "disk full", (share) => `${formatPercent(share)} full`),
    ]),
  network: (checks) =>
    inOneLine([
      figureOf(checks, "line in use", (share) => `line ${formatPercent(share)} in use`),
      figureOf(checks, "packets dropped", () => "no drops"),
      figureOf(checks, "interface errors", () => "no errors"),
      figureOf(checks, "sent again", (share) => `${formatPercent(share)} sent again`),
    ]),
  runtime: (checks) =>
    inOneLine([
      figureOf(checks, "event loop busy", (share) => `event loop busy ${formatPercent(share)}`),
      figureOf(checks, "event loop late", (time) => `timers ${formatDuration(time)} late`),
      figureOf(checks, "collecting garbage", (share) => `garbage ${formatPercent(share)}`),
      figureOf(checks, "V8 heap in use", (share) => `heap ${formatPercent(share)} of its limit`),
    ]),
};

function figureOf(
  checks: readonly Check[],
  name: CheckName,
  say: (value: number, detail: string) => string = String,
): string | undefined {
  const check = checks.find((one) => one.name === name);
  return check !== undefined && "value" in check.value ? say(check.value.value, check.detail ?? "") : undefined;
}

function inOneLine(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(", ");
}

/** The titles of the table of checks. */
export const checkColumns = ["resource", "USE", "what", "figure", "verdict", "thresholds", "of"] as const;

/** The cells of the table of checks. */
export function checkRows(checks: readonly Check[]): readonly (readonly string[])[] {
  return checks.map((check) => [
    check.resource,
    check.aspect,
    check.name,
    figureText(check.value, check.unit),
    check.verdict === undefined ? "—" : verdictWords[check.verdict],
    formatThresholds(check),
    "value" in check.value ? (check.detail ?? "") : check.value.missing,
  ]);
}

function figureText(value: Measured<number>, unit: CheckUnit): string {
  return "value" in value ? formatCheck(value.value, unit) : "—";
}

function shortNumber(value: number): string {
  if (value === 0) return "0";
  if (value < 0.01) return "< 0.01";
  return value < 9.95 ? String(Math.round(value * 100) / 100) : value.toFixed(0);
}
