import { expect, test } from "vitest";
import { ReplayGuard } from "../../../../kernel/protocol/replay-guard.js";

test("a signature is new once", () => {
  const guard = new ReplayGuard();
  expect([
    guard.admit("a", "execute_request"),
    guard.admit("b", "execute_request"),
    guard.admit("a", "execute_request"),
  ]).toEqual([true, true, false]);
});

test("messages without a signature are never the same", () => {
  const guard = new ReplayGuard();
  expect([guard.admit("", "execute_request"), guard.admit("", "execute_request")]).toEqual([true, true]);
});

test("only the latest are remembered", () => {
  const guard = new ReplayGuard(2);
  for (const signature of ["a", "b", "c"]) guard.admit(signature, "execute_request");
  expect([
    guard.admit("c", "execute_request"),
    guard.admit("b", "execute_request"),
    guard.admit("a", "execute_request"),
  ]).toEqual([false, false, true]);
});

test("cells are not forgotten over other messages, however many come", () => {
  const guard = new ReplayGuard(2);
  guard.admit("cell", "execute_request");
  for (let count = 0; count < 100; count++) guard.admit(`comm ${count}`, "comm_msg");
  expect(guard.admit("cell", "execute_request")).toBe(false);
  expect(guard.admit("comm 99", "comm_msg")).toBe(false);
});
