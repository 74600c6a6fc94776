import { expect, test } from "vitest";
import { slopeOf } from "../../../profiler/kept-slope.js";

test("the slope and its interval are those of a textbook's regression", () => {
  // y = 2, 4, 5, 4, 5 over x = 1…5: slope 0.6, standard error 0.2828, t(3) = 3.182.
  const slope = slopeOf([2, 4, 5, 4, 5]);
  expect(slope?.perRun).toBeCloseTo(0.6, 10);
  expect(slope?.low).toBeCloseTo(0.6 - 3.182 * 0.28284, 3);
  expect(slope?.high).toBeCloseTo(0.6 + 3.182 * 0.28284, 3);
});

test("growth by the same each time is certain", () => {
  const slope = slopeOf([10, 20, 30, 40]);
  expect([slope?.perRun, slope?.low, slope?.high]).toEqual([10, 10, 10]);
});

test("three runs tell nothing", () => {
  expect(slopeOf([1, 2, 3])).toBeUndefined();
});
