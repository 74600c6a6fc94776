import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { peakBounds, watchTree } from "../../../profiler/process-tree.js";

describe("the peak of a tree", () => {
  test.each([
    ["is exact for one process", [{ lowest: 10, hwm: 50 }], 30, { least: 50, most: 50 }],
    [
      "is exact when the others do not move",
      [
        { lowest: 10, hwm: 50 },
        { lowest: 20, hwm: 20 },
      ],
      30,
      { least: 70, most: 70 },
    ],
    [
      "lies between bounds when two move",
      [
        { lowest: 10, hwm: 50 },
        { lowest: 20, hwm: 40 },
      ],
      30,
      { least: 70, most: 90 },
    ],
    [
      "is never below what was seen",
      [
        { lowest: 10, hwm: 50 },
        { lowest: 20, hwm: 40 },
      ],
      85,
      { least: 85, most: 90 },
    ],
  ])("%s", (_title, marks, seen, expected) => {
    expect(peakBounds(marks, seen)).toEqual(expected);
  });
});

test.runIf(process.platform === "linux")("a child's memory and CPU time count, exactly", async () => {
  const size = 64 << 20;
  const work = `process.stdin.once("data", () => { { let b = Buffer.alloc(${size}, 1); } process.stdout.write("done"); });
    process.stdout.write("ready"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["-e", work], { stdio: ["pipe", "pipe", "inherit"] });
  const watch = watchTree(child.pid ?? 0);
  try {
    await once(child.stdout, "data");
    watch.begin();
    child.stdin.write("go");
    await once(child.stdout, "data");
    const reading = watch.end();
    if (!reading) throw new Error("no reading");
    expect(reading.exact).toBe(true);
    expect(reading.peak - reading.baseline).toBeGreaterThanOrEqual(size * 0.99);
    expect(reading.peak - reading.baseline).toBeLessThan(size * 1.25);
    expect(reading.samples[0]).toEqual({ time: 0, rss: reading.baseline });
  } finally {
    watch.close();
    child.kill("SIGKILL");
  }
});

// The peak was Infinity, and said to be exact.
test.runIf(process.platform === "linux")(
  "when a process of the tree ends, its mark is lost: the peak is what was seen",
  async () => {
    const work = `const child = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000); process.stdout.write('up')"]);
    child.stdout.once("data", () => process.stdout.write("ready"));
    process.stdin.once("data", () => child.once("exit", () => process.stdout.write("done")).kill("SIGKILL"));`;
    const child = spawn(process.execPath, ["-e", work], { stdio: ["pipe", "pipe", "inherit"] });
    const watch = watchTree(child.pid ?? 0);
    try {
      await once(child.stdout, "data");
      watch.begin();
      child.stdin.write("go");
      await once(child.stdout, "data");
      const reading = watch.end();
      if (!reading) throw new Error("no reading");
      expect(reading.exact).toBe(false);
      expect(reading.peak).toBe(Math.max(...reading.samples.map(({ rss }) => rss)));
    } finally {
      watch.close();
      child.kill("SIGKILL");
    }
  },
);

test("a process that is not there gives no reading", () => {
  const watch = watchTree(2 ** 22 + 1);
  watch.begin();
  expect(watch.end()).toBeUndefined();
  watch.close();
});
