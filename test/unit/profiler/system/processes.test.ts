import { expect, test } from "vitest";
import { type ProcessReading, readProcessesFromProc, usageBetween } from "../../../../profiler/system/processes.js";
import { readProcessesWithPidusage } from "../../../../profiler/system/processes-elsewhere.js";
import { thisSystem } from "../../../../profiler/system/system.js";
import { fixtureSystem } from "../../../support/fixture-system.js";

const executor = { role: "executor" as const, pid: 4242 };
const noSuchPid = 2 ** 22 + 1;

test("a process is read from /proc, also when its name has brackets and spaces", async () => {
  const readings = await readProcessesFromProc(fixtureSystem("kubernetes-v2"))([4242], { pss: true });
  expect(readings.get(4242)).toMatchObject({
    rss: { value: 401408 * 1024 },
    pss: { value: 378880 * 1024 },
    cpuTime: { value: 20_400 },
    uptime: { value: expect.closeTo(90_123_450 - 88_122_000, 3) },
  });
});

test("a process that is gone has a reason in the place of every figure", async () => {
  const readings = await readProcessesFromProc(fixtureSystem("kubernetes-v2"))([7], { pss: true });
  const missing = { missing: "/proc/7/stat cannot be read (ENOENT)" };
  expect(readings.get(7)).toMatchObject({ rss: missing, pss: missing, cpuTime: missing, uptime: missing });
});

const reading = (cpuTime: number, at: number, cpuTimeStep = 10): ProcessReading => ({
  rss: { value: 1 },
  pss: { value: 1 },
  cpuTime: { value: cpuTime },
  uptime: { value: 2000 },
  cpuTimeStep,
  at,
});

test("the CPU share is the time used over the time passed", () => {
  const usage = usageBetween(executor, reading(700, 1000), reading(1000, 1200));
  expect(usage.cpu).toEqual({ value: 1.5 });
  expect(usage.cpuSinceStart).toEqual({ value: 0.5 });
});

test("a share that the clock is too coarse for is missing", () => {
  const usage = usageBetween(executor, reading(1000, 1000, 1000), reading(2000, 1200, 1000));
  expect(usage.cpu).toEqual({ missing: "CPU time is counted in steps of 1000 ms here" });
});

test("a process that came between the readings has no share", () => {
  expect(usageBetween(executor, undefined, reading(1, 1)).cpu).toEqual({ missing: "process 4242 has ended" });
});

test("pidusage and /proc tell the same of this process", async () => {
  const [elsewhere, here] = await Promise.all([
    readProcessesWithPidusage(process.platform)([process.pid], { pss: true }),
    readProcessesFromProc(thisSystem)([process.pid], { pss: true }),
  ]);
  const [one, other] = [elsewhere.get(process.pid), here.get(process.pid)];
  if (one === undefined || other === undefined) throw new Error("not read");
  if ("missing" in one.rss || "missing" in one.uptime || "missing" in one.cpuTime) throw new Error("pidusage failed");
  expect(one.pss).toEqual({ missing: `${process.platform} does not tell it` });
  if (process.platform !== "linux") return;
  if ("missing" in other.rss || "missing" in other.uptime) throw new Error("/proc failed");
  expect(one.rss.value / other.rss.value).toBeGreaterThan(0.5);
  expect(one.rss.value / other.rss.value).toBeLessThan(2);
});

test("a process that pidusage does not find has a reason and no figures", async () => {
  const readings = await readProcessesWithPidusage(process.platform)([noSuchPid], { pss: false });
  const gone = readings.get(noSuchPid);
  expect(gone && "missing" in gone.rss && gone.rss.missing).toMatch(/^(it has ended|pidusage: .+)$/);
});
