import { expect, test } from "vitest";
import { nearestName } from "../../../../magics/dispatch/nearest.js";

const names = ["memprofile", "memit", "sysinfo", "time", "sh"];

test.each([
  ["memprofle", "memprofile"],
  ["sysinof", "sysinfo"],
  ["MemProfile", "memprofile"],
  ["tiem", "time"],
  ["memt", "memit"],
  ["s", undefined],
  ["", undefined],
  ["prun", undefined],
  ["x".repeat(100_000), undefined],
])("%s is probably %s", (name, nearest) => {
  expect(nearestName(name, names)).toBe(nearest);
});
