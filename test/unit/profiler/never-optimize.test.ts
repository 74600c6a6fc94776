import { setFlagsFromString } from "node:v8";
import { expect, test } from "vitest";
import { neverOptimize } from "../../../profiler/probe/self/never-optimize.js";

/** Of what V8's `%GetOptimizationStatus` says, the bits of what is optimized: `kOptimized`, of its runtime.h. */
const optimized = 1 << 4;

/** Whether V8 optimizes a function that is called ten million times. */
function becomesOptimized(each: (value: number) => number): boolean {
  setFlagsFromString("--allow-natives-syntax");
  const statusOf = new Function("each", "return %GetOptimizationStatus(each)") as (of: unknown) => number;
  setFlagsFromString("--no-allow-natives-syntax");
  const isOptimized = () => (statusOf(each) & optimized) !== 0;
  for (let round = 0, sum = 0; round < 100 && !isOptimized(); round++)
    for (let call = 0; call < 100_000; call++) sum += each(sum);
  return isOptimized();
}

test("a hot function is optimized, unless it must not be", () => {
  const hot = (value: number) => Math.sqrt(value) + value;
  const cool = (value: number) => Math.sqrt(value) - value;
  neverOptimize(cool);
  expect(becomesOptimized(hot)).toBe(true);
  expect(becomesOptimized(cool)).toBe(false);
});

test("the syntax that it takes is V8's own again afterwards", () => {
  neverOptimize(() => undefined);
  expect(() => new Function("return %GetOptimizationStatus(1)")).toThrow(SyntaxError);
});
