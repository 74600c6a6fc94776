import { expect, test } from "vitest";
import { readCpuLimits } from "../../../../profiler/system/cpu-limits.js";
import { cpuUsageBetween, readCpuTime } from "../../../../profiler/system/cpu-usage.js";
import { fixtureSystem } from "../../../support/fixture-system.js";

test.each([
  { system: "docker-v1", holds: { kind: "cgroup", value: 1.5, name: "cpu.cfs_quota_us" }, machine: 8 },
  { system: "kubernetes-v2", holds: { kind: "cgroup", value: 2, name: "cpu.max" }, machine: 16 },
  { system: "systemd-v2", holds: { kind: "cgroup", value: 8, name: "cpuset.cpus.effective" }, machine: 16 },
  { system: "hybrid-v1-and-v2", holds: { kind: "cgroup", value: 0.5, name: "cpu.cfs_quota_us" }, machine: 2 },
  { system: "no-cgroups-ulimit", holds: { kind: "process", value: 2, name: "CPU affinity" }, machine: 8 },
])("the smallest CPU limit holds on $system", async ({ system, holds, machine }) => {
  const cpu = await readCpuLimits(4242, fixtureSystem(system));
  expect(cpu.limits[0]).toMatchObject(holds);
  expect(cpu.machine.value).toBe(machine);
});

test.each([
  { system: "kubernetes-v2", counter: "/sys/fs/cgroup/cpu.stat", later: "usage_usec 8812591000\n", busy: 300 },
  {
    system: "docker-v1",
    counter: "/sys/fs/cgroup/cpu,cpuacct/cpuacct.usage",
    later: "21400373456789\n",
    busy: 250,
  },
  {
    system: "hybrid-v1-and-v2",
    counter: "/sys/fs/cgroup/cpuacct/jobs/cpuacct.usage",
    later: "92312345678\n",
    busy: 100,
  },
])("a quota's group counts its own CPU time on $system", async ({ system, counter, later, busy }) => {
  const limits = await readCpuLimits(4242, fixtureSystem(system));
  const before = await readCpuTime(limits, fixtureSystem(system));
  const after = await readCpuTime(limits, fixtureSystem(system, { [counter]: later }));
  if ("missing" in before || "missing" in after) throw new Error("the counter was not read");
  if (before.value.kind !== "group" || after.value.kind !== "group") throw new Error("not the group's counter");
  expect(after.value.time - before.value.time).toBeCloseTo(busy, 3);
  const used = cpuUsageBetween({ value: { ...before.value, at: 1000 } }, { value: { ...after.value, at: 1200 } });
  expect("value" in used && used.value.value).toBeCloseTo(busy / 200, 5);
});

test("without a quota the CPUs that the process may run on are looked at, and no others", async () => {
  const earlier = "cpu0 0 0 0 100 0 0 0 0 0 0\ncpu2 10 0 0 90 0 0 0 0 0 0\ncpu3 10 0 0 80 10 0 0 0 0 0\n";
  const later = "cpu0 90 0 0 100 0 0 0 0 0 0\ncpu2 30 0 0 90 0 0 0 0 0 0\ncpu3 15 0 5 85 15 0 0 0 0 0\n";
  const limits = await readCpuLimits(4242, fixtureSystem("no-cgroups-ulimit"));
  const [before, after] = await Promise.all(
    [earlier, later].map((stat) => readCpuTime(limits, fixtureSystem("no-cgroups-ulimit", { "/proc/stat": stat }))),
  );
  if (before === undefined || after === undefined) throw new Error("no readings");
  expect(cpuUsageBetween(before, after)).toEqual({
    value: { value: 1 + 0.5, how: "/proc/stat, all processes on the CPUs allowed" },
  });
  expect(cpuUsageBetween(before, before)).toEqual({ missing: "no tick of /proc/stat passed in the meantime" });
});

test("a system without /proc has the CPUs that Node counts, and their time", async () => {
  let busy = 100;
  const windows = {
    ...fixtureSystem("kubernetes-v2"),
    platform: "win32" as const,
    parallelism: () => 12,
    cpuTicks: () => new Map([[0, { busy, all: 10 * busy }]]),
  };
  const cpu = await readCpuLimits(4242, windows);
  expect(cpu.limits).toEqual([{ kind: "machine", value: 12, name: "os.availableParallelism()" }]);
  const before = await readCpuTime(cpu, windows);
  busy = 200;
  expect(cpuUsageBetween(before, await readCpuTime(cpu, windows))).toEqual({
    value: { value: 0.1, how: "os.cpus(), all processes on the CPUs allowed" },
  });
});
