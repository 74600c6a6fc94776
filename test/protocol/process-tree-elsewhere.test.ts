// Where there is no /proc: the same questions are put to the programs that this machine has.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { watchTree } from "../../profiler/process-tree.js";
import { parseParents, treeOf, watchTreeElsewhere } from "../../profiler/process-tree-elsewhere.js";

const mebibyte = 1024 * 1024;

test("a tree is the root and all below it, in whatever order the system lists them", () => {
  const processes = parseParents("  7   3\n  3 1\n 9    7\n 8 1\n    PID PPID\n10 9\n");
  expect(treeOf(3, processes)).toEqual([3, 7, 9, 10]);
  expect(treeOf(8, processes)).toEqual([8]);
  expect(treeOf(5, processes)).toEqual([]);
});

describe.skipIf(process.platform === "win32")("a tree of processes on this machine", () => {
  /** Starts a child that holds `process.argv[1]` MiB, says so, and ends with its standard input. */
  const program = `const { spawn } = require("node:child_process");
    const held = Buffer.alloc(Number(process.argv[1]) << 20, 1);
    process.stdin.on("data", () => {
      const child = spawn(process.execPath, ["-e", "const held = Buffer.alloc(150 << 20, 1); console.log('ready'); process.stdin.resume()"], { stdio: ["pipe", "inherit", "inherit"] });
      process.stdin.on("end", () => child.kill());
    });
    console.log("ready");`;
  let child: ReturnType<typeof start>;
  const start = () => spawn(process.execPath, ["-e", program, "50"], { stdio: ["pipe", "pipe", "inherit"] });
  beforeEach(async () => {
    child = start();
    await once(child.stdout, "data");
  });
  afterEach(async () => {
    child.stdin.end();
    child.kill();
    await once(child, "exit");
  });

  test("is sampled: its baseline, its peak with what it has started, its CPU time", async () => {
    const watch = watchTreeElsewhere(child.pid ?? 0, { platform: "darwin" });
    try {
      await watch.freshen?.();
      watch.begin();
      child.stdin.write("more");
      await once(child.stdout, "data");
      await watch.freshen?.();
      const reading = watch.end();
      expect(reading?.exact).toBe(false);
      expect(reading?.baseline).toBeGreaterThan(50 * mebibyte);
      expect(reading?.peak).toBeGreaterThan((reading?.baseline ?? 0) + 150 * mebibyte);
      expect(reading?.end).toBe(reading?.peak);
      expect(reading?.cpu).toBeGreaterThan(0);
      expect(watch.processes()).toHaveLength(2);
    } finally {
      watch.close();
    }
  });

  test.runIf(process.platform === "linux")("is as large as /proc says", async () => {
    const [elsewhere, here] = [watchTreeElsewhere(child.pid ?? 0), watchTree(child.pid ?? 0)];
    await elsewhere.freshen?.();
    // A page more or less is a matter of the moment.
    expect(Math.abs(elsewhere.rss() - here.rss())).toBeLessThan(mebibyte);
    elsewhere.close();
    here.close();
  });

  test("of which nothing was seen since it began tells nothing", async () => {
    const watch = watchTreeElsewhere(child.pid ?? 0);
    watch.begin();
    expect([watch.end(), watch.rss()]).toEqual([undefined, Number.NaN]);
    await watch.freshen?.();
    watch.begin();
    expect(watch.end()).toBeUndefined();
    watch.close();
  });

  test("that cannot be listed tells nothing", async () => {
    const watch = watchTreeElsewhere(child.pid ?? 0, { list: () => Promise.reject(new Error("no ps here")) });
    await watch.freshen?.();
    watch.begin();
    await watch.freshen?.();
    expect([watch.end(), watch.processes()]).toEqual([undefined, []]);
    watch.close();
  });
});
