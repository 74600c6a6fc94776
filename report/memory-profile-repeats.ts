import type { MimeBundle } from "../kernel/protocol/mime.js";
import type { KeptSlope } from "../profiler/kept-slope.js";
import { formatBytes } from "./format.js";
import { html } from "./html.js";
import { formatMebibytes } from "./memory-profile-words.js";
import { wrapText } from "./text.js";

const shownIncrements = 10;

/** What several runs say together. */
export interface Repeats {
  readonly increments: readonly number[];
  /** Whether what is kept grows, when that was asked for; absent for too few runs. */
  readonly leaks?: { readonly slope?: KeptSlope };
}

/** The report of one run of several, with what all of them say under its first line. */
export function renderRepeats(report: MimeBundle, { increments, leaks }: Repeats): MimeBundle {
  const sorted = increments.toSorted((a, b) => a - b);
  const median =
    ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0)) / 2;
  const shown = increments.slice(0, shownIncrements).map(formatMebibytes).join(" ");
  const more = increments.length > shownIncrements ? " …" : "";
  const words = `${increments.length} runs, increments ${shown}${more} MiB; median ${formatMebibytes(median)} MiB; the ${leaks === undefined ? "highest" : "last"} is shown`;
  const lines = leaks === undefined ? [words] : [words, growthOf(leaks.slope)];
  const [first = "", ...rest] = String(report["text/plain"]).split("\n");
  return {
    ...report,
    "text/plain": [first, ...lines.flatMap(wrapText), ...rest].join("\n"),
    "text/html": `${html`<div>${lines.map((line, index) => (index === 0 ? html`${line}<br>` : html`<b>${line}</b><br>`))}</div>`}${String(report["text/html"])}`,
  };
}

/** Less than this a run is what V8's own tables grow by. */
const negligible = 1024;

function growthOf(slope: KeptSlope | undefined): string {
  if (slope === undefined) return "A slope needs at least 5 runs, the first of which warms up: --repeat 5";
  const { perRun, low, high, runs } = slope;
  const interval = `${formatBytes(low)} to ${formatBytes(high)} with 95 % confidence, ${runs} runs after one to warm up`;
  if (low > negligible) return `It leaks: each run keeps ${formatBytes(perRun)} more (${interval}).`;
  if (high > negligible && perRun > negligible)
    return `Not certain that it leaks: each run keeps ${formatBytes(perRun)} more (${interval}). More runs would tell.`;
  return `No leak was seen: a run keeps ${formatBytes(perRun)} more (${interval}).`;
}
