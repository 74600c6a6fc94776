import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { MemoryProfile } from "../../../profiler/memory-profile.js";
import { dataOfProfile, profileOfData } from "../../../report/memory-profile-data.js";
import { figuresOfSpan } from "../../../report/memory-span.js";

function readProfile(name: string): MemoryProfile {
  const path = new URL(`../../fixtures/memory-profile-${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, "utf8")) as MemoryProfile;
}

const round = (time: number) => Math.round(time * 100) / 100;

test.each(["arrays-and-garbage", "columns-of-rows", "json-parse", "one-buffer", "process-exit"])(
  "the data of %s is the profile again, but for times under 10 microseconds",
  (name) => {
    const profile = readProfile(name);
    const stored = JSON.parse(JSON.stringify(dataOfProfile(profile)));
    const pauses = profile.pauses.map((each) => ({ ...each, time: round(each.time), pause: round(each.pause) }));
    const timeline = profile.timeline.map((each) => ({ ...each, time: round(each.time) }));
    expect(profileOfData(stored)).toEqual({ ...profile, pauses, timeline });
  },
);

test("the figures of the whole time are those of the report", () => {
  const profile = readProfile("columns-of-rows");
  const figures = Object.fromEntries(
    figuresOfSpan(profile, 0, profile.duration).map(({ name, words }) => [name, words]),
  );
  const mebibytes = (bytes: number) => (bytes / 1024 ** 2).toFixed(2);
  expect(figures.RSS).toBe(
    `${mebibytes(profile.baseline.rss)} → ${mebibytes(profile.end?.rss ?? 0)} MiB (+${mebibytes((profile.end?.rss ?? 0) - profile.baseline.rss)}), highest ${mebibytes(profile.peak.rss)}`,
  );
  expect(figures.collections).toMatch(/^7 minor, 1 full, \d+ ms in all$/);
});

test("the figures of a stretch begin with the last moment before it, and count its own collections only", () => {
  const MiB = 1024 ** 2;
  const whole = readProfile("one-buffer");
  const moment = (time: number, rss: number) => ({ time, rss: rss * MiB });
  const profile: MemoryProfile = {
    ...whole,
    duration: 100,
    peak: { rss: 90 * MiB, exact: true, time: 80 },
    timeline: [moment(0, 50), moment(20, 60), moment(40, 75), moment(60, 70), moment(80, 88), moment(100, 52)],
    pauses: [
      { time: 10, pause: 1, kind: "minor", count: 1 },
      { time: 45, pause: 2, kind: "minor", count: 3 },
      { time: 50, pause: 4, kind: "incremental", count: 1 },
      { time: 55, pause: 5, kind: "major", count: 1 },
    ],
    ranLines: {
      spans: [
        { from: 0, to: 25, first: 1, last: 1 },
        { from: 40, to: 60, first: 3, last: 4 },
        { from: 60, to: 75, first: 3, last: 3 },
      ],
      texts: { 1: "load();", 3: "parse();", 4: "sort();" },
    },
  };
  expect(figuresOfSpan(profile, 30, 70)).toEqual([
    { name: "selected", words: "30 ms to 70 ms (40 ms)" },
    { name: "RSS", words: "60.00 → 70.00 MiB (+10.00), highest 75.00" },
    { name: "lines", words: "3, 4" },
    { name: "collections", words: "3 minor, 1 full, 7.0 ms in all" },
  ]);
  expect(figuresOfSpan(profile, 70, 90)[2]).toEqual({ name: "line", words: "3: parse();" });
  expect(figuresOfSpan(profile, 70, 90)[1]).toEqual({
    name: "RSS",
    words: "70.00 → 88.00 MiB (+18.00), highest 90.00",
  });
});
