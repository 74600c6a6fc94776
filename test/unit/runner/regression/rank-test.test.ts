import { expect, test } from "vitest";
import { chanceOfHigher, smallestChance } from "../../../../runner/regression/rank-test.js";

// The one-sided p of R's wilcox.test(after, before, alternative = "greater", exact = TRUE).
test.each([
  [[1, 2, 3], [4, 5, 6], 0.05],
  [[1, 2, 3], [1.5, 2.5, 3.5], 0.35],
  [[1, 2, 3, 4], [5, 6, 7, 8], 1 / 70],
  [[4, 5, 6], [1, 2, 3], 1],
])("%j against %j has the chance %d", (before, after, expected) => {
  expect(chanceOfHigher(before, after)).toBeCloseTo(expected, 10);
});

test("figures that are all the same say nothing", () => {
  expect(chanceOfHigher([7, 7, 7], [7, 7, 7])).toBe(1);
});

test.each([
  [1, 1, 1 / 2],
  [3, 3, 1 / 20],
  [5, 5, 1 / 252],
])("of %d and %d figures the smallest chance is %d", (before, after, expected) => {
  expect(smallestChance(before, after)).toBeCloseTo(expected, 12);
});
