import { expect, test } from "vitest";
import { measureSystemInfo } from "../../../../profiler/system/system-info.js";
import { renderSysinfo } from "../../../../report/sysinfo.js";
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

test.each([
  ["darwin", { "load per CPU": { value: 1.5 }, "run queue per CPU": { missing: "darwin has no /proc" } }],
  ["win32", { "load per CPU": { missing: "Windows does not count the load" } }],
] as const)(
  "on %s a report is made of what Node and pidusage tell, and the rest says why not",
  async (platform, checks) => {
    let asked = 0;
    const system = {
      ...fixtureSystem("kubernetes-v2"),
      readText: async (path: string) => ({ missing: `${path} cannot be read (ENOENT)` }),
      readSpace: async () => ({ value: { size: 100, free: 40, available: 40 } }),
      platform,
      totalMemory: () => 16 * 1024 ** 3,
      availableMemory: () => 4 * 1024 ** 3,
      parallelism: () => 8,
      loadAverage: () => [12, 8, 8],
      cpuTicks: () => {
        asked += 100;
        return new Map([[0, { busy: asked / 2, all: asked }]]);
      },
    };
    const info = await measureSystemInfo([{ role: "kernel", pid: process.pid }], { interval: 60, system });
    expect(info.memory).toMatchObject({
      holds: { value: 16 * 1024 ** 3, name: "os.totalmem()" },
      available: { value: 4 * 1024 ** 3 },
    });
    expect(info.cpu).toMatchObject({ holds: { value: 8 }, used: { value: { value: 0.5 } } });
    expect(info.processes[0]?.rss).toEqual({ value: expect.any(Number) });
    expect(info.openFiles).toEqual({ missing: `${platform} has no /proc/${process.pid}/limits` });
    for (const [name, value] of Object.entries(checks)) {
      expect(info.checks.find((check) => check.name === name)?.value).toEqual(value);
    }
    const text = String(renderSysinfo(info, { all: true })["text/plain"]);
    expect(text).toContain("This kernel may use all 16 GiB of this machine");
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  },
);
