import { expect, test } from "vitest";
import { ReplayGuard } from "../../../../kernel/protocol/replay-guard.js";

test("a signature is new once", () => {
  const guard = new ReplayGuard();
  expect([guard.admit("a"), guard.admit("b"), guard.admit("a")]).toEqual([true, true, false]);
});

test("messages without a signature are never the same", () => {
  const guard = new ReplayGuard();
  expect([guard.admit(""), guard.admit("")]).toEqual([true, true]);
});

test("only the latest are remembered", () => {
  const guard = new ReplayGuard(2);
  for (const signature of ["a", "b", "c"]) guard.admit(signature);
  expect([guard.admit("c"), guard.admit("b"), guard.admit("a")]).toEqual([false, false, true]);
});
