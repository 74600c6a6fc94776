import { expect, test } from "vitest";
import { BreakBudget } from "../../../profiler/probe/self/break-budget.js";

function begun(): BreakBudget {
  const budget = new BreakBudget();
  budget.begin(1000);
  return budget;
}

test("breaks rest when they have taken more than 20 ms and 2 % of the time", () => {
  const budget = begun();
  budget.took(0.01, 19);
  expect(budget.isUsedUp(1000)).toBe(false);
  budget.took(0.01, 2);
  expect(budget.isUsedUp(1100)).toBe(false);
  expect(budget.isUsedUp(1010)).toBe(true);
});

test("breaks rest after calls in a row that took no memory; one that takes some begins them anew", () => {
  const budget = begun();
  const pass = (times: number) => {
    let isUsedUp = false;
    for (let time = 0; time < times; time++) {
      budget.passed();
      isUsedUp ||= budget.isUsedUp(1001);
    }
    return isUsedUp;
  };
  expect(pass(31)).toBe(false);
  budget.took(0.01, 0);
  expect(pass(31)).toBe(false);
  expect(pass(1)).toBe(true);
  expect(pass(31)).toBe(false);
});

test("a break that comes while they are to rest is late, until they have had time to go", () => {
  const budget = begun();
  expect(budget.isLate(1001)).toBe(false);
  budget.took(0.01, 30);
  expect(budget.isUsedUp(1002)).toBe(true);
  expect(budget.isLate(1003)).toBe(true);
  expect(budget.isLate(1200)).toBe(false);
  expect(budget.isLate(1201)).toBe(false);
});
