import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { measureCellUsage, parseInputOutput } from "../../../../profiler/system/cell-usage.js";
import { renderCellUsage } from "../../../../report/sysinfo-cell.js";
import { fixtureSystem } from "../../../support/fixture-system.js";

const own = () => [{ role: "executor", pid: 4242 }] as const;

test("what is counted between two captures is what the cell did", async () => {
  const before = fixtureSystem("linux-6.18-vm-v1-limited-1");
  const after = fixtureSystem("linux-6.18-vm-v1-limited-2");
  let ran = false;
  const system = { ...before, readText: (path: string) => (ran ? after : before).readText(path) };
  const run = async () => {
    ran = true;
    return "the outcome";
  };
  const { outcome, usage } = await measureCellUsage(own, run, system);
  expect(outcome).toBe("the outcome");
  if ("missing" in usage.cpu || "missing" in usage.throttled) throw new Error("the captures have both");
  expect(usage.cpu.value.user).toBeGreaterThan(500);
  expect(usage.throttled.value).toBeGreaterThan(500);
  expect(usage.waited.where).toBe("/sys/fs/cgroup/unified/cpu.pressure");
});

test("a cell that takes its process down has what the machine counted, and says why there is no more", async () => {
  const processes = [[{ role: "executor", pid: 4242 }] as const, [{ role: "executor", pid: 4243 }] as const];
  const next = () => processes.shift() ?? own();
  const { usage } = await measureCellUsage(next, async () => undefined, fixtureSystem("linux-6.18-vm-v1"));
  expect(usage.cpu).toEqual({ missing: "the process that ran the cell ended with it" });
  expect(usage.waited.memory).toEqual({ value: 0 });
  expect(String(renderCellUsage(usage)["text/plain"])).toMatch(/CPU time +— +the process that ran the cell ended/);
});

test.runIf(process.platform === "linux")(
  "bytes that a cell reads by calls are counted to the byte, or a little more",
  async () => {
    const processes = () => [{ role: "executor", pid: process.pid }] as const;
    const { usage } = await measureCellUsage(processes, async () => readFileSync(process.execPath).length);
    const size = readFileSync(process.execPath).length;
    if ("missing" in usage.calls) throw new Error(usage.calls.missing);
    expect(usage.calls.value.read).toBeGreaterThanOrEqual(size);
    expect(usage.calls.value.read).toBeLessThan(size * 1.1 + 2 ** 20);
  },
);

test("a file that is cut off is no count", () => {
  expect(parseInputOutput("rchar: 10\nwchar: 5\nread_bytes: 4096\nwrite_bytes: 0\n")).toEqual({
    calls: { read: 10, written: 5 },
    storage: { read: 4096, written: 0 },
  });
  expect(parseInputOutput("rchar: 10\nwcha")).toBeUndefined();
});
