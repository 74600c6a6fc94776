import { expect, test } from "vitest";
import { measureSystemInfo } from "../../../../profiler/system/system-info.js";
import { fixtureSystem } from "../../../support/fixture-system.js";

test("the limits are those of the executor, because the cells run there", async () => {
  const system = fixtureSystem("no-cgroups-ulimit");
  const info = await measureSystemInfo([{ role: "executor", pid: 4242 }], { interval: 0, system });
  expect(info.memory.holds).toMatchObject({ name: "ulimit -v", file: "/proc/4242/limits" });
  expect(info.cpu.holds).toMatchObject({ name: "CPU affinity", value: 2 });
});

test("a process of this machine that burns the CPU is seen to do so", async () => {
  const measured = new AbortController();
  const burning = burn(measured.signal);
  const info = await measureSystemInfo([{ role: "kernel", pid: process.pid }], { interval: 100 });
  measured.abort();
  await burning;
  const [self] = info.processes;
  expect(self?.rss).toHaveProperty("value");
  expect(self?.uptime).toHaveProperty("value");
  if (process.platform === "linux")
    expect(self !== undefined && "value" in self.cpu && self.cpu.value).toBeGreaterThan(0);
});

test("a process that has ended does not spoil the others", async () => {
  const gone = { role: "language" as const, pid: 2 ** 22 + 1 };
  const info = await measureSystemInfo([{ role: "kernel", pid: process.pid }, gone], { interval: 60 });
  expect(info.processes.map(({ rss }) => "value" in rss)).toEqual([true, false]);
});

/** Uses the CPU until told to stop, in pieces, so that timers and readings get their turn. */
async function burn(stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const pause = performance.now() + 2;
    while (performance.now() < pause) Math.sqrt(pause);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
