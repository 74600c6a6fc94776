import { expect, test } from "vitest";
import {
  readMemoryAllowance,
  readMemoryForCells,
  readMemoryLimits,
} from "../../../../profiler/system/memory-limits.js";
import { fixtureSystem } from "../../../support/fixture-system.js";

const GiB = 1024 ** 3;
const slice = "/sys/fs/cgroup/user.slice/user-1000.slice";
const service = `${slice}/user@1000.service/app.slice/jupyter.service`;

test.each([
  {
    system: "docker-v1",
    holds: { value: 2 * GiB, name: "memory.limit_in_bytes", file: "/sys/fs/cgroup/memory/memory.limit_in_bytes" },
    used: { value: 1824522240 - 314572800, how: "memory.usage_in_bytes − total_inactive_file" },
    available: 2 * GiB - (1824522240 - 314572800),
    swap: GiB,
  },
  {
    system: "kubernetes-v2",
    holds: { value: 4 * GiB, name: "memory.max", file: "/sys/fs/cgroup/memory.max" },
    used: { value: 3650722202 - 1020054733, how: "memory.current − inactive_file" },
    available: 4 * GiB - (3650722202 - 1020054733),
    swap: 0,
  },
  {
    system: "systemd-v2",
    holds: { value: 8 * GiB, name: "memory.max", file: `${slice}/memory.max` },
    used: { value: 7001444403 - 901444403, how: "memory.current − inactive_file" },
    available: 8 * GiB - (7001444403 - 901444403),
    swap: GiB,
  },
  {
    system: "hybrid-v1-and-v2",
    holds: { value: 24684096 * 1024, name: "MemTotal", file: "/proc/meminfo" },
    used: { value: (24684096 - 24359460) * 1024, how: "MemTotal − MemAvailable" },
    available: 24359460 * 1024,
    swap: 0,
  },
  {
    system: "no-cgroups-ulimit",
    holds: { value: 8 * GiB, name: "ulimit -v", file: "/proc/4242/limits" },
    used: { value: 1072340 * 1024, how: "VmSize of process 4242" },
    available: 8 * GiB - 1072340 * 1024,
    swap: 2097148 * 1024,
  },
])("the smallest memory limit holds on $system", async ({ system, holds, used, available, swap }) => {
  const memory = await readMemoryLimits(4242, fixtureSystem(system));
  expect(memory.holds).toMatchObject(holds);
  expect(memory.used).toEqual({ value: used });
  expect(memory.available).toEqual({ value: available });
  expect(memory.swap).toEqual({ value: swap });
});

test("a limit above what a container sees is known from memory.stat, its usage is not", async () => {
  const memory = await readMemoryLimits(4242, fixtureSystem("docker-v1-limit-above"));
  expect(memory.holds).toEqual({
    kind: "cgroup",
    value: GiB,
    name: "hierarchical_memory_limit",
    file: "/sys/fs/cgroup/memory/memory.stat",
  });
  expect(memory.used).toEqual({ missing: "the limit is set on a control group that is not visible from here" });
});

test("memory.high is told when it is below the limit, and does not hold", async () => {
  const memory = await readMemoryLimits(4242, fixtureSystem("systemd-v2"));
  expect(memory.slowedFrom).toEqual({
    kind: "cgroup",
    value: 6 * GiB,
    name: "memory.high",
    file: `${service}/memory.high`,
  });
  expect(memory.limits.map(({ name }) => name)).toEqual(["memory.max", "MemTotal"]);
});

test("a limit larger than the machine does not hold", async () => {
  const system = fixtureSystem("kubernetes-v2", { "/sys/fs/cgroup/memory.max": "1099511627776\n" });
  const { holds, limits } = await readMemoryLimits(4242, system);
  expect(holds.name).toBe("MemTotal");
  expect(limits.map(({ name }) => name)).toEqual(["MemTotal", "memory.max"]);
});

test("the smaller of two groups on the way up holds, wherever it stands", async () => {
  const system = fixtureSystem("systemd-v2", { [`${service}/memory.max`]: `${3 * GiB}\n` });
  expect((await readMemoryLimits(4242, system)).holds.file).toBe(`${service}/memory.max`);
});

test("parents of a group that was told to leave its children alone do not count", async () => {
  const jobs = "/sys/fs/cgroup/memory/jobs";
  const limited = { [`${jobs}/memory.limit_in_bytes`]: `${GiB}\n` };
  expect((await readMemoryLimits(4242, fixtureSystem("hybrid-v1-and-v2", limited))).holds.value).toBe(GiB);
  const alone = { ...limited, [`${jobs}/d2d1ed01/memory.use_hierarchy`]: "0\n" };
  expect((await readMemoryLimits(4242, fixtureSystem("hybrid-v1-and-v2", alone))).holds.name).toBe("MemTotal");
});

test("a system without /proc says what Node says, and that it was asked", async () => {
  const mac = {
    ...fixtureSystem("kubernetes-v2"),
    platform: "darwin" as const,
    totalMemory: () => 16 * GiB,
    availableMemory: () => 5 * GiB,
  };
  const memory = await readMemoryLimits(4242, mac);
  expect(memory.limits).toEqual([{ kind: "machine", value: 16 * GiB, name: "os.totalmem()" }]);
  expect(memory.used).toEqual({ value: { value: 11 * GiB, how: "os.totalmem() − process.availableMemory()" } });
  expect(memory.swap).toEqual({ missing: "darwin has no /proc/meminfo" });
});

test("this machine's allowance is a positive number of bytes with a source", async () => {
  const allowance = await readMemoryAllowance();
  expect(allowance.value).toBeGreaterThan(0);
  expect(allowance.name).not.toBe("");
});

test("cells may have what a limit of ulimit leaves beside what Node maps, and all of any other limit", async () => {
  const limited = fixtureSystem("no-cgroups-ulimit");
  const system = {
    ...limited,
    readText: (path: string) => limited.readText(path.replace(`/${process.pid}/`, "/4242/")),
  };
  const { holds, used } = await readMemoryLimits(process.pid, system);
  if (holds.kind !== "process" || "missing" in used) throw new Error(`a limit of ulimit must hold, got ${holds.name}`);
  const room = await readMemoryForCells(system);
  expect(room).toBe(Math.max(0, holds.value - 2 * used.value.value));
  expect(room).toBeLessThan(holds.value);
  expect(await readMemoryForCells(fixtureSystem("kubernetes-v2"))).toBe(
    (await readMemoryLimits(process.pid, fixtureSystem("kubernetes-v2"))).holds.value,
  );
});
