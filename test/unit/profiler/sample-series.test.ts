import { expect, test } from "vitest";
import type { Sample } from "../../../profiler/sample-frames.js";
import { SampleSeries } from "../../../profiler/sample-series.js";
import { thinSamples } from "../../../profiler/thin-samples.js";

function sampleAt(time: number, rss = time): Sample {
  const none = Number.NaN;
  return {
    time,
    rss,
    pid: 1,
    childrenRss: none,
    heapTotal: none,
    heapUsed: none,
    external: none,
    arrayBuffers: none,
    cpu: none,
  };
}

const times = (samples: readonly Sample[]) => samples.map(({ time }) => time);

test("samples that come late or twice are put where they belong, once", () => {
  const series = new SampleSeries();
  for (const time of [1, 3, 2, 3, 0, 4]) series.add(sampleAt(time));
  expect(times(series.between(0, 10))).toEqual([0, 1, 2, 3, 4]);
  expect(times(series.between(1, 3))).toEqual([1, 2, 3]);
  expect(times(series.latest(2))).toEqual([3, 4]);
});

test("hours of samples take bounded space, keep the highest and the lowest, and the newest completely", () => {
  const series = new SampleSeries(1000);
  for (let time = 0; time < 100_000; time++)
    series.add(sampleAt(time, time === 777 ? 1e9 : time === 33_333 ? 1 : 5000));
  const kept = series.latest(Number.POSITIVE_INFINITY);
  expect(kept.length).toBeLessThanOrEqual(1000);
  expect(times(kept)).toEqual(times(kept).toSorted((a, b) => a - b));
  expect(kept.map(({ rss }) => rss)).toEqual(expect.arrayContaining([1e9, 1]));
  expect(times(series.latest(300))).toEqual(Array.from({ length: 300 }, (_, index) => 99_700 + index));
});

test("a thinned list keeps its ends, its extremes and its order", () => {
  const samples = Array.from({ length: 10_000 }, (_, time) => sampleAt(time, time === 4321 ? 9e9 : 100 + (time % 7)));
  const thinned = thinSamples(samples, 300);
  expect(thinned.length).toBeLessThanOrEqual(300);
  expect(times(thinned)).toEqual(times(thinned).toSorted((a, b) => a - b));
  expect(times(thinned)).toEqual(expect.arrayContaining([0, 4321, 9999]));
});

test("a list that is short enough stays as it is", () => {
  const samples = [sampleAt(1), sampleAt(2)];
  expect(thinSamples(samples, 300)).toBe(samples);
});
