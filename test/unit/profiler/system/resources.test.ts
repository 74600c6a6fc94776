import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readCpuLimits } from "../../../../profiler/system/cpu-limits.js";
import { mountOf, parseMounts, readDiskSpace } from "../../../../profiler/system/disk-space.js";
import { parseNvidiaSmi, readGpus } from "../../../../profiler/system/gpus.js";
import { readMemoryLimits } from "../../../../profiler/system/memory-limits.js";
import { measureSystemInfo } from "../../../../profiler/system/system-info.js";
import { readOpenFiles, readTasks } from "../../../../profiler/system/task-limits.js";
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
      "3 2 0:5 / /home/ada/my\\040data ro,nosuid - nfs4 files:/ada rw",
      "4 1 0:6 / /home rw - btrfs /dev/sdc rw",
    ].join("\n"),
  );
  expect(mountOf("/home/ada", mounts)).toMatchObject({ value: { type: "btrfs" } });
  expect(mountOf("/home/ada/my data/x.csv", mounts)).toMatchObject({ value: { type: "nfs4", readOnly: true } });
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
