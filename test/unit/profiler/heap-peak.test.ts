import { expect, test } from "vitest";
import { type CollectedHeap, watchHeapPeak } from "../../../profiler/probe/self/heap-peak.js";

const mebibyte = 1024 * 1024;

/** A heap in which 1 MiB of garbage is made and collected `perLook` times between looks, for as long as somebody listens. */
function collectingHeap(perLook: number) {
  let isOn = false;
  let listened = 0;
  const all: CollectedHeap[] = Array.from({ length: perLook }, () => ({ before: 3 * mebibyte, after: 2 * mebibyte }));
  return {
    listener: {
      start: () => {
        isOn = true;
      },
      stop: () => {
        const heard = isOn ? all : [];
        listened += heard.length;
        isOn = false;
        return heard;
      },
    },
    listened: () => listened,
  };
}

test("what was allocated is what the heap grew by between collections, and the highest is right before one", () => {
  const { listener } = collectingHeap(3);
  const heap = watchHeapPeak(0, { listener, heapUsed: 2 * mebibyte });
  heap.look(100, 2 * mebibyte);
  expect(heap.end(200, 2.5 * mebibyte)).toEqual({ peak: 3 * mebibyte, allocated: 6.5 * mebibyte, isPartial: false });
});

test("where collections are very frequent they are not all listened to, and the rest is estimated", () => {
  const { listener, listened } = collectingHeap(20);
  const heap = watchHeapPeak(0, { listener, heapUsed: 2 * mebibyte });
  const looks = 200;
  for (let look = 1; look < looks; look++) heap.look(10 * look, 2 * mebibyte);
  const { allocated, isPartial } = heap.end(10 * looks, 2 * mebibyte);
  expect(isPartial).toBe(true);
  // 0.4 ms each: 1 % of two seconds, and the allowance and one stretch more at most.
  expect(listened()).toBeLessThanOrEqual(50 + 3 + 20);
  expect(allocated / (looks * 20 * mebibyte)).toBeCloseTo(1, 1);
});

test("a heap that only grows while nobody listens was allocated at least", () => {
  const { listener } = collectingHeap(100);
  const heap = watchHeapPeak(0, { listener, heapUsed: 2 * mebibyte });
  heap.look(100, 2 * mebibyte);
  expect(heap.end(110, 500 * mebibyte)).toMatchObject({ peak: 500 * mebibyte, allocated: 598 * mebibyte });
});

test("the next look should come soon while frequent collections are listened to, and only then", () => {
  const { listener } = collectingHeap(20);
  const heap = watchHeapPeak(0, { listener, heapUsed: 2 * mebibyte });
  expect([10, 20, 1000, 1010].map((time) => heap.look(time, 2 * mebibyte))).toEqual([false, false, true, false]);
});

test("all are listened to where nothing but the whole will do", () => {
  const { listener, listened } = collectingHeap(20);
  const heap = watchHeapPeak(0, { listener, heapUsed: 2 * mebibyte, isComplete: true });
  for (let look = 1; look < 10; look++) heap.look(10 * look, 2 * mebibyte);
  expect(heap.allocated()).toBe(9 * 20 * mebibyte);
  expect(heap.end(100, 2 * mebibyte)).toMatchObject({ allocated: 10 * 20 * mebibyte, isPartial: false });
  expect(listened()).toBe(200);
});
