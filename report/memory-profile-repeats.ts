import type { MimeBundle } from "../kernel/protocol/mime.js";
import { html } from "./html.js";
import { formatMebibytes } from "./memory-profile-words.js";

const shownIncrements = 10;

/** The report of one run of several, with the increments of all under its first line. */
export function renderRepeats(report: MimeBundle, increments: readonly number[]): MimeBundle {
  const sorted = increments.toSorted((a, b) => a - b);
  const median =
    ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0)) / 2;
  const shown = increments.slice(0, shownIncrements).map(formatMebibytes).join(" ");
  const more = increments.length > shownIncrements ? " …" : "";
  const words = `${increments.length} runs, increments ${shown}${more} MiB; median ${formatMebibytes(median)} MiB; the highest is shown`;
  const [first = "", ...rest] = String(report["text/plain"]).split("\n");
  return {
    ...report,
    "text/plain": [first, words, ...rest].join("\n"),
    "text/html": `${html`<div>${words}</div>`}${String(report["text/html"])}`,
  };
}
