import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { openFamily, openProcessReader } from "../../../profiler/process-reader.js";

test.runIf(process.platform === "linux")("a family that may have grown since it was looked at says so", () => {
  const family = openFamily(process.pid);
  try {
    const before = family.descendants();
    const child = spawn("sleep", ["10"], { stdio: "ignore" });
    try {
      expect(family.mayHaveGrown()).toBe(true);
      expect([...family.descendants()].filter((pid) => !before.has(pid))).toEqual([child.pid]);
    } finally {
      child.kill("SIGKILL");
    }
  } finally {
    family.close();
  }
});

test.runIf(process.platform === "linux")(
  "the memory of a child that begins between two readings is in the next one",
  async () => {
    const reader = openProcessReader(process.pid, 0);
    try {
      const child = spawn("sleep", ["10"], { stdio: "ignore" });
      try {
        await expect.poll(() => reader.childrenRss(1)).toBeGreaterThan(0);
      } finally {
        child.kill("SIGKILL");
      }
      await expect.poll(() => reader.childrenRss(2)).toBe(0);
    } finally {
      reader.close();
    }
  },
);
