import { afterEach, beforeEach, expect, test } from "vitest";
import { muteServices } from "../../../runner/mute-services.js";

const originalDebug = console.debug;
let written: unknown[][];

beforeEach(() => {
  written = [];
  console.debug = (...args: unknown[]) => void written.push(args);
});
afterEach(() => {
  console.debug = originalDebug;
});

test("the library's lines are kept off the console and others pass, until the last user is done", () => {
  const first = muteServices();
  const second = muteServices();
  console.debug("Starting WebSocket: ws://x");
  console.debug("Kernel: dead (1)");
  console.debug("mine", 1);
  first();
  first();
  console.debug("Kernel: idle (1)");
  expect(written).toEqual([["mine", 1]]);
  second();
  console.debug("Kernel: idle (1)");
  expect(written).toEqual([["mine", 1], ["Kernel: idle (1)"]]);
});
