import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readCounters } from "../../../../profiler/system/counters.js";
import { readCpuLimits } from "../../../../profiler/system/cpu-limits.js";
import { readDataPath } from "../../../../profiler/system/data-path.js";
import { mountOf, parseMounts, readDiskSpace } from "../../../../profiler/system/disk-space.js";
import { parseNvidiaSmi, readGpus } from "../../../../profiler/system/gpus.js";
import { readMemoryLimits } from "../../../../profiler/system/memory-limits.js";
import { measureSystemInfo } from "../../../../profiler/system/system-info.js";
import { readOpenFiles, readTasks } from "../../../../profiler/system/task-limits.js";
import { measureTop } from "../../../../profiler/system/top.js";
import { renderSysinfo } from "../../../../report/sysinfo.js";
import { fixtureSystem } from "../../../support/fixture-system.js";

const limited = fixtureSystem("linux-6.18-vm-v1-limited-2");

test("the groups that were made for a capture are the limits that hold in it", async () => {
  expect((await readMemoryLimits(4242, limited)).holds).toMatchObject({
    value: 512 * 1024 ** 2,
    file: "/sys/fs/cgroup/memory/cellscope-capture/memory.limit_in_bytes",
  });
  expect((await readCpuLimits(4242, limited)).limits[0]).toMatchObject({ value: 0.5, name: "cpu.cfs_quota_us" });
  expect(await readTasks(4242, limited)).toMatchObject({
    value: { holds: { value: 64, name: "pids.max" }, used: { value: { how: "pids.current" } } },
  });
});

const MiB = 1024 ** 2;
const pod = "kubepods.slice/pod.slice";

// What the groups were set to when these captures were taken.
test.each([
  {
    system: "linux-6.1-vm-v2-limited",
    memory: { value: 256 * MiB, file: `/sys/fs/cgroup/${pod}/memory.max` },
    cpu: { value: 0.6, file: `/sys/fs/cgroup/${pod}/main/cpu.max` },
    tasks: { value: 48, file: `/sys/fs/cgroup/${pod}/main/pids.max` },
    slowedFrom: { value: 192 * MiB, file: `/sys/fs/cgroup/${pod}/main/memory.high` },
  },
  {
    system: "linux-6.1-vm-v1-limited",
    memory: { value: 160 * MiB, file: "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes" },
    cpu: { value: 0.6, file: "/sys/fs/cgroup/cpu,cpuacct/docker/ab12/cpu.cfs_quota_us" },
    tasks: { value: 40, file: "/sys/fs/cgroup/pids/docker/ab12/pids.max" },
    slowedFrom: undefined,
  },
  {
    system: "linux-6.1-vm-hybrid-limited",
    memory: { value: 256 * MiB, file: `/sys/fs/cgroup/unified/${pod}/memory.max` },
    cpu: { value: 1.3, file: "/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us" },
    tasks: { value: 48, file: `/sys/fs/cgroup/unified/${pod}/main/pids.max` },
    slowedFrom: { value: 192 * MiB, file: `/sys/fs/cgroup/unified/${pod}/main/memory.high` },
  },
])("the limits of $system are those that its groups were given, each of its version", async (expected) => {
  const system = fixtureSystem(expected.system);
  const memory = await readMemoryLimits(4242, system);
  expect(memory.holds).toMatchObject(expected.memory);
  expect(memory.slowedFrom).toEqual(
    expected.slowedFrom === undefined ? undefined : expect.objectContaining(expected.slowedFrom),
  );
  expect((await readCpuLimits(4242, system)).limits[0]).toMatchObject(expected.cpu);
  expect(await readTasks(4242, system)).toMatchObject({ value: { holds: expected.tasks } });
  expect(await readOpenFiles(4242, system)).toMatchObject({ value: { holds: { value: 512, name: "ulimit -n" } } });
});

test("a busy process of Linux 6.1 is seen to be throttled, with the pressure of its own group", async () => {
  const counters = await readCounters(4242, fixtureSystem("linux-6.1-vm-v2-limited"));
  expect(counters).toMatchObject({
    throttling: { value: { periods: expect.any(Number), throttled: expect.any(Number) } },
    pressure: { cpu: { value: { file: `/sys/fs/cgroup/${pod}/main/cpu.pressure` } } },
    memoryEvents: { value: { oomKills: 0, where: "its control group" } },
  });
  expect("value" in counters.throttling && counters.throttling.value.throttled).toBeGreaterThan(0);
});

test("with hidepid the own processes are all that is listed, and the report is whole", async () => {
  const system = fixtureSystem("linux-6.1-vm-hidepid");
  const own = [{ role: "executor", pid: 4242 }] as const;
  const top = await measureTop(own, { count: 10, by: "memory", interval: 1, system, user: 1000 });
  expect(top).toMatchObject({ value: { seen: 1, processes: [{ pid: 4242, role: "executor", name: "work.sh" }] } });
  const path = await readDataPath(own, { system, parentPid: 1 });
  expect(path.server).toMatchObject({
    value: { pid: 1, rss: { missing: "/proc/1/stat cannot be read (ENOENT)" } },
  });
  const shown = String(renderSysinfo(await measureSystemInfo(own, { interval: 0, system }), {})["text/plain"]);
  expect(shown).toContain("This kernel may use all 469 MiB of this machine");
});

test.each([
  [
    "gvisor",
    "Nothing is saturated, as far as it can be read; nothing is known of CPU, disk.",
    { "load per CPU": "/proc/loadavg tells nothing of it", stolen: "/proc/stat tells nothing of it" },
    { value: (2097152 - 1815552) * 1024, how: "MemTotal − MemAvailable" },
  ],
  [
    "wsl1",
    "Nothing is saturated, as far as it can be read; nothing is known of disk, network.",
    { "swap traffic": "/proc/vmstat cannot be read (ENOENT)" },
    { value: (16650432 - 7340032) * 1024, how: "MemTotal − MemFree − Buffers − Cached" },
  ],
])("on %s, what is not counted is missing with its reason, and never 0", async (name, sentence, missing, used) => {
  const own = [{ role: "executor", pid: 4242 }] as const;
  const info = await measureSystemInfo(own, { interval: 0, system: fixtureSystem(name) });
  expect(info.memory.used).toEqual({ value: used });
  for (const [check, reason] of Object.entries(missing)) {
    expect(info.checks.find(({ name: one }) => one === check)?.value).toEqual({ missing: reason });
  }
  expect(String(renderSysinfo(info)["text/plain"])).toContain(sentence);
});

test("the limit on open files is that of the process, and what is open is counted", async () => {
  const system = fixtureSystem("linux-6.18-vm-v1", { "/proc/4242/fd/0": "", "/proc/4242/fd/1": "" });
  expect(await readOpenFiles(4242, system)).toMatchObject({
    value: { holds: { name: "ulimit -n" }, used: { value: { value: 2 } } },
  });
});

test("a path is on the mount that is nearest, and on the last of several on one place", () => {
  const mounts = parseMounts(
    [
      "1 0 8:1 / / rw - ext4 /dev/sda1 rw",
      "2 1 8:2 / /home rw - ext4 /dev/sdb rw",
      "3 2 0:5 / /home/you/my\\040data ro,nosuid - nfs4 files:/you rw",
      "4 1 0:6 / /home rw - btrfs /dev/sdc rw",
    ].join("\n"),
  );
  expect(mountOf("/home/you", mounts)).toMatchObject({ value: { type: "btrfs" } });
  expect(mountOf("/home/you/my data/x.csv", mounts)).toMatchObject({ value: { type: "nfs4", readOnly: true } });
  expect(mountOf("/homes", mounts)).toMatchObject({ value: { mountPoint: "/" } });
});

test("one file system for work and temporary files is told once", async () => {
  const space = { value: { size: 10, free: 5, available: 4 } };
  const system = { ...fixtureSystem("linux-6.18-vm-v1"), readSpace: async () => space };
  expect(await readDiskSpace(4242, system)).toMatchObject([{ place: "working directory", space }]);
});

test("what nvidia-smi prints is read, and what it does not know is missing", () => {
  expect(parseNvidiaSmi("Tesla T4, 15360, 3072, 41\nNVIDIA GB10, [N/A], [N/A], 3\n")).toEqual([
    {
      name: "Tesla T4",
      memory: { value: 15360 * 1024 ** 2 },
      memoryUsed: { value: 3072 * 1024 ** 2 },
      busy: { value: 0.41 },
    },
    {
      name: "NVIDIA GB10",
      memory: { missing: 'nvidia-smi says "[N/A]"' },
      memoryUsed: { missing: 'nvidia-smi says "[N/A]"' },
      busy: { value: 0.03 },
    },
  ]);
});

test("a driver whose program does not answer still names its card", async () => {
  const directory = "/proc/driver/nvidia";
  const system = fixtureSystem("linux-6.18-vm-v1", {
    [`${directory}/version`]: "NVRM version: 550",
    [`${directory}/gpus/0000:00:04.0/information`]: "Model: \t\t Tesla T4\nIRQ:   10\n",
  });
  expect(await readGpus(system)).toMatchObject({
    value: [{ name: "Tesla T4", memory: { missing: "nvidia-smi failed (ENOENT)" } }],
  });
});

test("cards of AMD are read from files alone", async () => {
  const system = fixtureSystem("linux-6.18-vm-v1", {
    "/sys/class/drm/card0/device/mem_info_vram_total": "8589934592\n",
    "/sys/class/drm/card0/device/mem_info_vram_used": "1073741824\n",
    "/sys/class/drm/card0/device/gpu_busy_percent": "12\n",
  });
  expect(await readGpus(system)).toEqual({
    value: [{ name: "AMD card0", memory: { value: 2 ** 33 }, memoryUsed: { value: 2 ** 30 }, busy: { value: 0.12 } }],
  });
});

test("where there is none, the reason is what was looked for", async () => {
  expect(await readGpus(limited)).toEqual({ missing: "no /proc/driver/nvidia, no card with amdgpu memory" });
});

const fixtures = readdirSync(new URL("../../../fixtures/system", import.meta.url)).filter((name) =>
  name.endsWith(".txt"),
);

test.each(fixtures)("a report of %s is made whatever its files hold: garbled, cut off, or not there", async (file) => {
  const name = file.replace(/\.txt$/, "");
  const text = readFileSync(new URL(`../../../fixtures/system/${file}`, import.meta.url), "utf8");
  const paths = [...text.matchAll(/^==> (\S+) <==$/gm)].map((match) => match[1] ?? "");
  const whole = fixtureSystem(name);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("whole", "cut", "noise", "gone"), { minLength: 8, maxLength: 8 }),
      fc.nat(),
      async (fates, seed) => {
        const system = {
          ...whole,
          readText: async (path: string) => {
            const read = await whole.readText(path);
            const fate = fates[(paths.indexOf(path) + 1 + seed) % fates.length];
            if ("missing" in read || fate === "whole") return read;
            if (fate === "gone") return { missing: `${path} cannot be read (EACCES)` };
            if (fate === "cut") return { value: read.value.slice(0, (read.value.length * (seed % 97)) / 97) };
            return { value: read.value.replace(/\d+/g, (digits) => (digits.length % 2 === 0 ? "-" : `${digits}e9x`)) };
          },
        };
        const info = await measureSystemInfo([{ role: "executor", pid: 4242 }], { interval: 0, system });
        const shown = String(renderSysinfo(info, { all: true })["text/plain"]);
        expect(shown).not.toMatch(/NaN|undefined|Infinity/);
      },
    ),
    { numRuns: 15 },
  );
});
