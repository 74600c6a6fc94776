import { expect, test } from "vitest";
import { type CollectedHeap, HeapSum } from "../../../profiler/heap-course.js";
import { CollectionEvents } from "../../../profiler/probe/self/collection-trace.js";

const mebibyte = 1024 * 1024;
const main = 7;
const about = {
  cat: "__metadata",
  name: "thread_name",
  ph: "M",
  tid: main,
  ts: 0,
  args: { name: "JavaScriptMainThread" },
};

function courseOfHeap(first: number, collections: readonly CollectedHeap[], last: number) {
  const sum = new HeapSum(first);
  for (const each of collections) sum.add(each);
  return sum.course(last);
}

function collection(ts: number, before: number, after: number, { name = "MinorGC", tid = main } = {}) {
  const event = { cat: "devtools.timeline,v8", name, tid };
  return [
    { ...event, ph: "B", ts, args: { usedHeapSizeBefore: before } },
    { ...event, ph: "E", ts: ts + 500, args: { usedHeapSizeAfter: after } },
  ] as const;
}

test("what was allocated is what the heap grew by between collections, and the highest is right before one", () => {
  const collections = [1, 2, 3].map((time) => ({ time, before: 3 * mebibyte, after: 2 * mebibyte }));
  expect(courseOfHeap(2 * mebibyte, collections, 2.5 * mebibyte)).toEqual({
    peak: 3 * mebibyte,
    allocated: 3.5 * mebibyte,
  });
});

test("a heap that is never collected was allocated by what it has grown", () => {
  expect(courseOfHeap(100, [], 300)).toEqual({ peak: 300, allocated: 200 });
  expect(courseOfHeap(300, [], 100)).toEqual({ peak: 300, allocated: 0 });
});

test("a collection whose end was not heard counts for what it began with", () => {
  expect(courseOfHeap(0, [{ time: 1, before: 50 }], 70)).toEqual({ peak: 70, allocated: 70 });
});

test("collections are those of the main thread, in milliseconds, whichever flush their halves came with", () => {
  const events = new CollectionEvents();
  const [begun, ended] = collection(3_000_000, 30, 20, { name: "MajorGC" });
  const step = { cat: "v8", name: "V8.GCIncrementalMarking", ph: "X", tid: main, ts: 1, dur: 250 };
  events.take([about, ...collection(1_000_000, 10, 5), ...collection(2_000_000, 99, 1, { tid: 8 }), step, begun]);
  expect(events.collections).toEqual([{ time: 1000, before: 10, after: 5, pause: 0.5 }]);
  events.take([about, ended, { cat: "v8", name: "V8.DeoptimizeCode", ph: "X", tid: main, ts: 2, dur: 9 }]);
  expect(events.collections[1]).toEqual({ time: 3000, before: 30, after: 20, pause: 0.5 });
  expect(events.steps).toBe(0.25);
});

test("a beginning without an end, and an end without a beginning, do not meet", () => {
  const events = new CollectionEvents();
  const [begun] = collection(1_000_000, 10, 5);
  const [, ended] = collection(2_000_000, 20, 8);
  events.take([about, ended, begun, ...collection(3_000_000, 40, 30), ended]);
  expect(events.collections).toEqual([
    { time: 1000, before: 10, pause: 0 },
    { time: 3000, before: 40, after: 30, pause: 0.5 },
  ]);
});
