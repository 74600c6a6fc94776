// The report of a measurement that code has in its hands.
import type { MimeBundle } from "../kernel/protocol/mime.js";
import type { ResultData } from "../profiler/profile-result.js";
import { renderLineProfile } from "./line-profile.js";
import { renderMemoryProfile } from "./memory-profile.js";
import { renderRepeats } from "./memory-profile-repeats.js";

/** Renders the report of a result in one bundle, its lines under it. Pure. */
export function renderResult(data: ResultData): MimeBundle {
  if (data.kind === "lines") {
    const { summary: _, kind, ...profile } = data;
    return renderLineProfile({ value: profile });
  }
  const { kind, summary: _, figures, lines, runs, ...profile } = data;
  const report = renderMemoryProfile({ value: profile });
  const bundle = runs === undefined ? report : renderRepeats(report, runs);
  if (lines === undefined) return bundle;
  const table = renderLineProfile({ value: lines });
  const both = (type: string, between: string) => `${String(bundle[type])}${between}${String(table[type])}`;
  return { ...bundle, "text/plain": both("text/plain", "\n\n"), "text/html": both("text/html", "\n") };
}
