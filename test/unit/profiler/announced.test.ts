import { beforeEach, expect, test } from "vitest";
import { announce, announced } from "../../../profiler/probe/self/announced.js";

const mebibyte = 1024 * 1024;
beforeEach(() => announced.fill(0));

test("calls of allocators are added up", () => {
  announce("ArrayBuffer", mebibyte);
  announce("ArrayBuffer", mebibyte);
  expect([...announced]).toEqual([2 * mebibyte, 2]);
});

test("what Buffer asks ArrayBuffer for is one call", () => {
  announce("Buffer.alloc", mebibyte);
  announce("ArrayBuffer", mebibyte);
  announce("ArrayBuffer", mebibyte);
  announce("Buffer.allocUnsafeSlow", mebibyte);
  announce("ArrayBuffer", 2 * mebibyte);
  expect([...announced]).toEqual([5 * mebibyte, 4]);
});

test("small ones, and those of which the arguments do not tell, are left to V8's account", () => {
  announce("ArrayBuffer", 1024);
  announce("Buffer.from", undefined);
  expect([...announced]).toEqual([0, 0]);
});
