import { expect, test } from "vitest";
import { findTimeFiles } from "../../../../profiler/system/time-files.js";
import { fixtureSystem } from "../../../support/fixture-system.js";

test("a group's own cpu.stat and those above it are found, and the machine's pressure where the group has none", async () => {
  const pressure = { "/proc/pressure/memory": "some avg10=0.00 total=0\n" };
  const { cpuStat, memoryPressure } = await findTimeFiles(4242, fixtureSystem("systemd-v2", pressure));
  expect(cpuStat[0]).toBe(
    "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/jupyter.service/cpu.stat",
  );
  expect(cpuStat.at(-1)).toBe("/sys/fs/cgroup/user.slice/cpu.stat");
  expect(memoryPressure).toBe("/proc/pressure/memory");
});

test("a machine without control groups and without pressure has neither", async () => {
  expect(await findTimeFiles(4242, fixtureSystem("no-cgroups-ulimit"))).toEqual({ cpuStat: [] });
});

test("another system than Linux has nothing to read", async () => {
  expect(await findTimeFiles(1, { ...fixtureSystem("systemd-v2"), platform: "darwin" })).toEqual({ cpuStat: [] });
});
