import { expect, test } from "vitest";
import { collectNow, collectNursery } from "../../../profiler/probe/self/garbage-collector.js";
import { forgetSurvivors, nurserySize, touchNursery } from "../../../profiler/probe/self/nursery.js";

/** V8 14, of Node 26, takes the pages of its nursery as it needs them. */
const growsByPages = Number(process.versions.v8.split(".")[0]) >= 14;

const alive: unknown[] = [];

/** Lets about `bytes` of small objects live through one collection of the nursery. */
function survive(bytes: number): void {
  for (let made = 0; made < bytes; made += 560) alive.push(new Array(64));
  collectNursery();
  alive.length = 0;
}

test.skipIf(growsByPages)("survivors that are forgotten do not make the nursery grow", () => {
  forgetSurvivors();
  collectNow();
  const before = nurserySize();
  expect(before).toBeGreaterThanOrEqual(4 * 2 ** 20);
  for (let round = 0; round < 6; round++) {
    // V8 counts to half of its size and doubles it then.
    survive(before / 8);
    survive(before / 8);
    forgetSurvivors();
    collectNow();
  }
  expect(nurserySize()).toBe(before);
});

test.skipIf(growsByPages)("survivors that are not forgotten do, and the growth is V8's own again", () => {
  forgetSurvivors();
  collectNow();
  const before = nurserySize();
  for (let round = 0; round < 6; round++) survive(before / 8);
  collectNursery();
  expect(nurserySize()).toBe(before * 2);
});

test("touching the nursery ends, and leaves nothing in it", () => {
  touchNursery();
  const { heapUsed } = process.memoryUsage();
  touchNursery();
  expect(Math.abs(process.memoryUsage().heapUsed - heapUsed)).toBeLessThan(256 * 1024);
});
