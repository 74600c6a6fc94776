import { expect, test } from "vitest";
import { type HolderCourse, highestMoment, holdersAt } from "../../../profiler/holder-course.js";
import { HolderSnapshots, type Snapshot } from "../../../profiler/probe/self/holder-snapshots.js";

const site = (name: string) => ({ name, script: "cell-1", line: 3, column: 1 });

/** Looks every millisecond; each look itself takes `cost` of it. */
function watch(duration: number, cost: number, bytesAt: (time: number) => number) {
  let now = 0;
  let taken = 0;
  const snapshots = new HolderSnapshots(() => now);
  const take = (): Snapshot => {
    taken += 1;
    const snapshot = {
      time: now,
      heapGrown: bytesAt(now),
      offHeapGrown: 0,
      stacks: [{ sites: [site("load")], heap: bytesAt(now), offHeap: 0, uncertain: 0 }],
    };
    now += cost;
    return snapshot;
  };
  for (let time = 0; time < duration; time++) {
    now = Math.max(now, time);
    snapshots.look(take);
  }
  snapshots.look(take, true);
  return { moments: snapshots.moments(), taken };
}

test("however long a cell runs, there are few moments, spread over its time, with the highest among them", () => {
  const { moments } = watch(600_000, 0, (time) => (time === 301_230 ? 1e9 : 1e6 + time));
  const times = moments.map(({ time }) => time);
  expect(times.length).toBeLessThanOrEqual(61);
  expect(times.length).toBeGreaterThan(20);
  expect(times).toEqual(times.toSorted((one, other) => one - other));
  expect([times[0], times.at(-1)]).toEqual([0, 599_999]);
  const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
  expect(Math.max(...gaps)).toBeLessThan(600_000 / 10);
});

test("looking takes no more than a tenth of the time", () => {
  const { taken } = watch(10_000, 40, () => 1e6);
  expect(taken * 40).toBeLessThan(10_000 * 0.1 + 100);
  expect(taken).toBeGreaterThan(10);
});

test("of a moment with very many stacks the largest are told apart, and no byte is lost", () => {
  const snapshots = new HolderSnapshots(() => 0);
  const stacks = Array.from({ length: 500 }, (_, at) => ({
    sites: [site(`f${at}`)],
    heap: at,
    offHeap: 2 * at,
    uncertain: at,
  }));
  snapshots.look(() => ({ time: 0, heapGrown: 1, offHeapGrown: 1, stacks }));
  const [moment] = snapshots.moments();
  expect(moment?.stacks.length).toBe(41);
  const sum = (of: (stack: (typeof stacks)[number]) => number, list: readonly (typeof stacks)[number][]) =>
    list.reduce((all, each) => all + of(each), 0);
  for (const of of [(each: (typeof stacks)[number]) => each.heap, (each: (typeof stacks)[number]) => each.offHeap])
    expect(
      sum(
        of,
        (moment?.stacks ?? []).map((each) => ({ ...each, sites: [...each.sites] })),
      ),
    ).toBe(sum(of, stacks));
  expect(moment?.stacks[0]?.sites[0]?.name).toBe("f499");
});

test("of a stretch of time the highest moment is shown, and of none the one before it", () => {
  const moment = (time: number, heapGrown: number) => ({
    time,
    heapGrown,
    offHeapGrown: 0,
    held: [[0, heapGrown, 0, 0]] as const,
  });
  const course: HolderCourse = {
    frames: [{ name: "load", file: "In[1]", line: 1 }],
    stacks: [[0]],
    moments: [moment(10, 5), moment(20, 9), moment(30, 7)],
  };
  expect(highestMoment(course, 0, 100)?.time).toBe(20);
  expect(highestMoment(course, 25, 100)?.time).toBe(30);
  expect(highestMoment(course, 21, 22)?.time).toBe(20);
  expect(highestMoment(course, 0, 5)?.time).toBe(10);
  expect(holdersAt(course, moment(20, 9)).stacks).toEqual([{ frames: [0], heap: 9, offHeap: 0, uncertain: 0 }]);
});
