// The collections are V8's own: garbage is made until there have been some.
import { getHeapStatistics } from "node:v8";
import { afterEach, expect, test } from "vitest";
import { CollectionWatch } from "../../../profiler/probe/lines/collection-watch.js";

const mebibyte = 1024 * 1024;
const watch = new CollectionWatch();
afterEach(() => watch.stop());

const garbage: unknown[] = [];
/** More than any nursery holds, several times. */
function collectOften(): void {
  for (let made = 0; made < 600 * mebibyte; made += 1040) garbage[0] = new Array(128);
}

function holding() {
  const { used_heap_size: heapUsed, external_memory: external } = getHeapStatistics();
  return { heapUsed, external };
}

/** What is said of garbage that was made in a look's time. */
function takeGarbage(tick: number, isSpan = true) {
  const last = holding();
  collectOften();
  return watch.take(last, holding(), { tick, isSpan });
}

test("what was freed between two reads is counted", () => {
  watch.begin(Number.NEGATIVE_INFINITY);
  const heap = takeGarbage(0)?.heap ?? 0;
  expect(heap / mebibyte).toBeGreaterThan(590);
  expect(heap / mebibyte).toBeLessThan(660);
});

/** Lets it leave profilers behind until it rests; a full collection in between frees them. Returns how many looks that took. */
function tire(isSpan = true): number {
  watch.begin(Number.NEGATIVE_INFINITY);
  let tick = 0;
  while (watch.isOn && tick < 30) takeGarbage(tick++, isSpan);
  expect(watch.isOn).toBe(false);
  return tick;
}

test("where each look leaves a profiler behind that has lived through collections, it rests after some", () => {
  expect(tire()).toBeGreaterThan(1);
  expect(takeGarbage(30)).toBeUndefined();
});

test("in a small heap what lived through collections is collected, and in one that has grown it is left", () => {
  watch.begin(holding().heapUsed);
  expect(takeGarbage(0)?.hasCollected).toBe(holding().heapUsed < 64 * mebibyte);
  const kept = Array.from({ length: 400_000 }, (_, index) => ({ index }));
  expect(takeGarbage(1)?.hasCollected).toBe(false);
  expect(kept).toHaveLength(400_000);
});

test("it watches again where the code comes to a new place", () => {
  tire();
  watch.resume(31, { isNew: false, isAlone: false });
  expect(watch.isOn).toBe(false);
  watch.resume(31, { isNew: true, isAlone: false });
  expect(watch.isOn).toBe(true);
});

test("it watches again where the heap grows as it was to be expected, after a rest", () => {
  const tired = tire();
  // A growth of less in between is a collection.
  const growths = [3, 3, 3, 3, 3, 3, 3, -5, 3, 3, 3, 3, 3, 3, 3, 3];
  const watchFrom = (tick: number) =>
    growths.map((growth, index) => {
      expect(watch.believes(growth * mebibyte, 3 * mebibyte)).toBe(false);
      watch.resume(tick + index, { isNew: false, isAlone: false });
      return watch.isOn;
    });
  expect(watchFrom(tired)).not.toContain(true);
  expect(watch.believes(-5 * mebibyte, 3 * mebibyte)).toBe(false);
  expect(watchFrom(tired + 2000).indexOf(true)).toBe(15);
});

test("more growth than was to be expected is believed", () => {
  watch.begin(Number.NEGATIVE_INFINITY);
  expect(watch.believes(8 * mebibyte, 3 * mebibyte)).toBe(true);
  expect(watch.believes(-8 * mebibyte, 3 * mebibyte)).toBe(false);
});

test("single statements that take long are watched again after a while", () => {
  const tick = tire(false);
  watch.resume(tick + 60, { isNew: false, isAlone: true });
  expect(watch.isOn).toBe(false);
  watch.resume(tick + 2000, { isNew: false, isAlone: true });
  expect(watch.isOn).toBe(true);
});
