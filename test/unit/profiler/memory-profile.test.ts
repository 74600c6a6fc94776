import { expect, test } from "vitest";
import { guessProfile, profileOf, timelineLength } from "../../../profiler/memory-profile.js";
import type { CellReading } from "../../../profiler/memory-reading.js";
import type { Sample } from "../../../profiler/sample-frames.js";

const state = { rss: 100, heapTotal: 10, heapUsed: 8, external: 5, arrayBuffers: 3 };
const reading: CellReading = {
  began: 1000,
  ended: 1100,
  baseline: state,
  hwm: { value: 180 },
  heapPeak: { value: 30 },
  end: { ...state, rss: 150 },
  nurseryGrowth: 0,
  kept: { ...state, rss: 120 },
  cpu: { user: 80, system: 10 },
  allocated: { heap: 40, offHeap: 20 },
  time: { active: 90, idle: 10, running: 70, queued: 5 },
  pauses: [
    { time: 1010, pause: 2, kind: "minor", count: 1 },
    { time: 1020, pause: 3, kind: "minor", count: 1 },
    { time: 1030, pause: 7, kind: "major", count: 1 },
  ],
};

function sampleAt(time: number, rss: number, heap?: typeof state): Sample {
  const none = Number.NaN;
  return {
    time,
    rss,
    pid: 1,
    childrenRss: 0,
    heapTotal: heap?.heapTotal ?? none,
    heapUsed: heap?.heapUsed ?? none,
    external: heap?.external ?? none,
    arrayBuffers: heap?.arrayBuffers ?? none,
    cpu: time - 900,
  };
}

function figuresOf(profile: ReturnType<typeof profileOf>) {
  if ("missing" in profile) throw new Error(profile.missing);
  return profile.value;
}

test("the peak is the system's, its time and its parts are the samples'", () => {
  const profile = figuresOf(
    profileOf(reading, [sampleAt(1040, 160, state), sampleAt(1050, 175), sampleAt(1060, 155, state)], []),
  );
  expect(profile.peak).toMatchObject({ rss: 180, exact: true, time: 50, seen: { time: 40, rss: 160 } });
  expect(profile.increment).toBe(80);
  expect(profile.collections).toEqual({ minor: { count: 2, pause: 5 }, major: { count: 1, pause: 7 } });
  expect(profile.pauses.map(({ time }) => time)).toEqual([10, 20, 30]);
  expect(profile.timeline.map(({ time }) => time)).toEqual([0, 40, 50, 60, 100]);
  expect(profile).toMatchObject({ duration: 100, cpu: 90, sampleCount: 3, notes: [] });
});

test.each([
  [16, 40, 16 * 2 ** 20],
  [16, 400, undefined],
  [0.5, 1, undefined],
  [16, 8, undefined],
  [-4, 8, undefined],
])("a nursery that has grown by %d MiB of an increment of %d is told where it matters", (grown, increment, told) => {
  const hwm = { value: reading.baseline.rss + increment * 2 ** 20 };
  const profile = figuresOf(profileOf({ ...reading, hwm, nurseryGrowth: grown * 2 ** 20 }, [], []));
  expect(profile.nurseryGrowth).toBe(told);
});

test("child processes that are counted are a part of every moment, and told apart", () => {
  const withChild = (time: number, rss: number, childrenRss: number) => ({
    ...sampleAt(time, rss, state),
    childrenRss,
  });
  const unmarked = { ...reading, hwm: { missing: "several processes" } };
  const samples = [withChild(1040, 110, 0), withChild(1050, 110, 70), withChild(1060, 120, Number.NaN)];
  const around = { before: 5, after: 20 };
  const profile = figuresOf(profileOf(unmarked, samples, [], around));
  expect(profile.baseline).toMatchObject({ rss: 105, children: 5 });
  expect(profile.peak).toMatchObject({ rss: 180, children: 70, time: 50, exact: false });
  expect(profile.increment).toBe(75);
  expect(profile.end).toMatchObject({ rss: 170, children: 20 });
  expect(profile.kept).toMatchObject({ rss: 140, children: 20 });
  expect(profile.timeline.map(({ rss, children }) => [rss, children])).toEqual([
    [105, 5],
    [110, undefined],
    [180, 70],
    [120, undefined],
    [170, 20],
  ]);
  const beside = figuresOf(profileOf(unmarked, samples, []));
  expect(beside.timeline[2]).toMatchObject({ rss: 110, childrenRss: 70 });
  expect(beside.peak.children).toBeUndefined();
});

test("the parts of the peak are those of a moment close to it that can tell most", () => {
  const before = sampleAt(1040, 1000, { ...state, heapTotal: 900 });
  const collected = sampleAt(1050, 1001, { ...state, heapTotal: 90 });
  const { peak } = figuresOf(profileOf(reading, [before, collected], []));
  expect(peak).toMatchObject({ time: 50, seen: { time: 40, heap: { heapTotal: 900 } } });
});

test("a cell too short for a sample has its two ends", () => {
  const profile = figuresOf(profileOf(reading, [], []));
  expect(profile.timeline.map(({ time, rss }) => [time, rss])).toEqual([
    [0, 100],
    [100, 150],
  ]);
  expect(profile.peak).toMatchObject({ rss: 180, exact: true, time: 100 });
});

test("without a mark from the system the peak is the highest sample, and the reason is told", () => {
  const sampled = { ...reading, hwm: { missing: "only Linux keeps an exact peak, this is darwin" } };
  const profile = figuresOf(profileOf(sampled, [sampleAt(1050, 170)], []));
  expect(profile.peak).toMatchObject({ rss: 170, exact: false });
  expect(profile.notes).toEqual(["The peak is the highest sample: only Linux keeps an exact peak, this is darwin."]);
});

test("of a process that died, its own samples say what they can", () => {
  const next = { ...sampleAt(1080, 40), pid: 2 };
  const profile = figuresOf(
    guessProfile("the process ended", [sampleAt(1000, 100), sampleAt(1050, 900, state), next], []),
  );
  expect(profile.peak).toMatchObject({ rss: 900, exact: false, time: 50 });
  expect(profile).toMatchObject({ increment: 800, duration: 50, cpu: 50, sampleCount: 2 });
  expect(profile.notes).toEqual(["From samples alone: the process ended."]);
  expect([profile.kept, profile.end, profile.collections]).toEqual([undefined, undefined, undefined]);
});

test("of a process that died unseen there is a reason and no figure", () => {
  expect(guessProfile("the process ended", [], [])).toEqual({
    missing: "the process ended, and no sample of it was taken",
  });
});

test("a long cell's timeline and its pauses are bounded", () => {
  const samples = Array.from({ length: 20_000 }, (_, index) => sampleAt(1000 + index / 200, 100 + (index % 50)));
  const pauses = Array.from({ length: 4000 }, (_, index) => ({
    time: 1000 + index / 40,
    pause: 1,
    kind: "minor" as const,
    count: 1,
  }));
  const profile = figuresOf(profileOf({ ...reading, pauses }, samples, []));
  expect(profile.timeline.length).toBeLessThanOrEqual(timelineLength);
  expect(profile.pauses.length).toBeLessThanOrEqual(150);
  expect(profile.pauses.reduce((sum, { count }) => sum + count, 0)).toBe(4000);
  expect(profile.collections).toEqual({ minor: { count: 4000, pause: 4000 } });
});
