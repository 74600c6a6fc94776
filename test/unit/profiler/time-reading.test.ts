import { expect, test } from "vitest";
import { parsePressure, parseSchedstat, parseThrottled, timeBetween } from "../../../profiler/time-reading.js";

test("schedstat has the time on a CPU and the time in the queue for one", () => {
  expect(parseSchedstat("41594759 154908099 812\n")).toEqual({ running: 41.594759, queued: 154.908099 });
});

test.each(["0 0 0\n", "", "gibberish"])("schedstat of a system that does not count, %j, says nothing", (text) => {
  expect(parseSchedstat(text)).toEqual({});
});

test.each([
  ["usage_usec 9\nnr_periods 4\nnr_throttled 2\nthrottled_usec 1500\n", 1.5],
  ["nr_periods 4\nnr_throttled 2\nthrottled_time 1500000\n", 1.5],
  ["usage_usec 9\n", undefined],
])("the throttled time of %j is %j ms", (text, expected) => {
  expect(parseThrottled(text)).toBe(expected);
});

test("pressure has its totals in microseconds", () => {
  const text = "some avg10=0.00 avg60=0.10 avg300=0.00 total=2500\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=500\n";
  expect(parsePressure(text)).toEqual({ memoryStalled: 2.5, memoryStalledFully: 0.5 });
  expect(parsePressure("")).toEqual({});
});

test("two readings differ by what both of them have", () => {
  const before = { active: 5, idle: 7, running: 2 };
  expect(timeBetween(before, { active: 9, idle: 7, running: 4, throttled: 3 }, 10)).toEqual({
    active: 4,
    idle: 0,
    running: 2,
  });
});

test("no time is longer than the cell that it is a part of", () => {
  const after = { active: 40, idle: 0, running: 3, queued: 125 };
  expect(timeBetween({ active: 0, idle: 0, running: 0, queued: 0 }, after, 100)).toMatchObject({
    running: 3,
    queued: 100,
  });
});
