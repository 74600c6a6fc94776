import { describe, expect, test } from "vitest";
import { parseLimits } from "../../../../runner/regression/limits.js";

describe("limits", () => {
  test("are sizes and times, in bytes and milliseconds without a unit", () => {
    const limits = { peak: "1.5GiB", increment: 1024, time: "30s", cpu: 250, outputSize: "2 kB", gcCount: 3 };
    expect(parseLimits(limits, "budget")).toEqual({
      peak: 1.5 * 1024 ** 3,
      increment: 1024,
      time: 30_000,
      cpu: 250,
      outputSize: 2000,
      gcCount: 3,
    });
  });

  test.each([
    [[], 'budget must be limits such as {"peak": "500MiB"}, got [].'],
    [
      { peek: 1 },
      'budget limits "peek"; what can be limited is: time, cpu, peak, increment, kept, heapUsed, heapKept, arrayBuffers, arrayBuffersKept, gcCount, gcTime, outputSize.',
    ],
    [{ gcCount: "3s" }, 'budget.gcCount must be a number such as 10, got "3s".'],
    [{ peak: "5 s" }, 'budget.peak must be a size such as "500MiB" or 1024 (bytes), got "5 s".'],
    [{ time: "5MiB" }, 'budget.time must be a time such as "30s" or 500 (milliseconds), got "5MiB".'],
    [{ peak: -1 }, 'budget.peak must be a size such as "500MiB" or 1024 (bytes), got -1.'],
  ])("%j is refused", (value, message) => {
    expect(() => parseLimits(value, "budget")).toThrow(message);
  });
});
