import { expect, test } from "vitest";
import type { MemoryProfile } from "../../../profiler/memory-profile.js";
import { renderQuietMemory } from "../../../report/quiet-memory.js";

const mebibyte = 1024 * 1024;

function profileOf(course: readonly number[], more: Partial<MemoryProfile> = {}): MemoryProfile {
  const timeline = course.map((rss, index) => ({ time: index * 10, rss: rss * mebibyte }));
  const peak = Math.max(...course) * mebibyte;
  const [baseline = { time: 0, rss: 0 }] = timeline;
  const end = timeline.at(-1);
  return {
    duration: course.length * 10,
    baseline,
    peak: { rss: peak, exact: true, time: 0 },
    increment: peak - baseline.rss,
    ...(end && { end }),
    pauses: [],
    timeline,
    sampleCount: course.length,
    notes: [],
    ...more,
  };
}

test("says peak, kept, time and course in one line", () => {
  expect(renderQuietMemory(profileOf([100, 150, 200, 120]))).toEqual({
    "text/plain": "peak 200.00 MiB (+100.00) · kept ~20.00 MiB · 40 ms · ▁▁▁▁▁▅▅▅▅▅█████▂▂▂▂▂",
    "text/html": "<div><small>peak 200.00 MiB (+100.00) · kept ~20.00 MiB · 40 ms · ▁▁▁▁▁▅▅▅▅▅█████▂▂▂▂▂</small></div>",
  });
});

test("a course that hardly moves is not made to look as if it did", () => {
  const line = String(renderQuietMemory(profileOf([100, 100.1, 100, 100.1]))["text/plain"]);
  expect(line.endsWith(" · ████████████████████")).toBe(true);
});

test("what was only sampled is marked, and what ended with the process is left out", () => {
  const { end: _, ...profile } = profileOf([100, 120], { peak: { rss: 120 * mebibyte, exact: false, time: 10 } });
  expect(renderQuietMemory(profile)["text/plain"]).toBe("peak ~120.00 MiB (+20.00) · 20 ms");
});
