import type { MimeBundle } from "../kernel/protocol/mime.js";
import type { MemoryProfile } from "../profiler/memory-profile.js";
import { formatDuration } from "./format.js";
import { html } from "./html.js";
import { resampleTimeline } from "./memory-profile.js";
import { formatMebibytes } from "./memory-profile-words.js";
import { sparkline } from "./text.js";

const curveWidth = 20;
/** A course that stays within this much is drawn flat: it is no news. */
const leastScale = 8 * 1024 * 1024;

/** Renders what a cell did to memory in one line: peak, kept, time, course. Pure. */
export function renderQuietMemory(profile: MemoryProfile): MimeBundle {
  const { peak, increment, baseline, end, duration } = profile;
  const mark = peak.exact ? "" : "~";
  const facts = [
    `peak ${mark}${formatMebibytes(peak.rss)} MiB (${signed(increment)})`,
    ...(end === undefined ? [] : [`kept ~${formatMebibytes(end.rss - baseline.rss)} MiB`]),
    formatDuration(duration),
    ...courseOf(profile),
  ].join(" · ");
  return { "text/plain": facts, "text/html": html`<div><small>${facts}</small></div>`.text };
}

function signed(bytes: number): string {
  return `+${formatMebibytes(bytes)}`;
}

/** Nothing for a cell too short to have a course. */
function courseOf({ timeline, duration, peak, sampleCount }: MemoryProfile): readonly string[] {
  if (sampleCount < 4) return [];
  const lowest = timeline.reduce((low, { rss }) => Math.min(low, rss), peak.rss);
  const values = resampleTimeline(timeline, duration, curveWidth, ({ rss }) => rss);
  return [sparkline(values, { width: curveWidth, min: Math.min(lowest, peak.rss - leastScale), max: peak.rss })];
}
