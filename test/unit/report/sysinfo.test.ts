import { describe, expect, test } from "vitest";
import type { Limit } from "../../../profiler/system/limit.js";
import type { ProcessUsage } from "../../../profiler/system/processes.js";
import type { SystemInfo } from "../../../profiler/system/system-info.js";
import { renderSysinfo, renderSysinfoData, sysinfoMimeType } from "../../../report/sysinfo.js";

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const pod =
  "/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod3a7c.slice/cri-containerd-99.scope";
const memTotal: Limit = { kind: "machine", value: 24 * GiB, name: "MemTotal", file: "/proc/meminfo" };
const online: Limit = { kind: "machine", value: 16, name: "CPUs online", file: "/sys/devices/system/cpu/online" };
const memoryMax: Limit = { kind: "cgroup", value: 4 * GiB, name: "memory.max", file: `${pod}/memory.max` };
const cpuMax: Limit = { kind: "cgroup", value: 1.5, name: "cpu.max", file: `${pod}/cpu.max` };

const container: SystemInfo = {
  platform: { name: "Linux", release: "6.1.0-18-amd64", architecture: "x64", node: "v22.11.0" },
  memory: {
    holds: memoryMax,
    limits: [memoryMax, memTotal],
    machine: memTotal,
    used: { value: { value: 3.41 * GiB, how: "memory.current − inactive_file" } },
    available: { value: 0.59 * GiB },
    slowedFrom: { kind: "cgroup", value: 3 * GiB, name: "memory.high", file: `${pod}/memory.high` },
    swap: { value: 0 },
  },
  cpu: {
    holds: cpuMax,
    limits: [cpuMax, online],
    machine: online,
    used: { value: { value: 1.42, how: "cpu.stat" } },
  },
  processes: [
    used("kernel", 230, { pss: 64 * MiB, cpu: 0.01, uptime: 190_000 }),
    used("executor", 231, { pss: 1946 * MiB, cpu: 1.38, uptime: 189_000 }),
    used("language", 232, { pss: 181 * MiB, cpu: 0.002, uptime: 188_500 }),
  ],
  interval: 200,
};

const bareMachine: SystemInfo = {
  ...container,
  memory: {
    holds: memTotal,
    limits: [memTotal],
    machine: memTotal,
    used: { value: { value: 2.5 * GiB, how: "MemTotal − MemAvailable" } },
    available: { value: 21.5 * GiB },
    swap: { value: 2 * GiB },
  },
  cpu: {
    holds: online,
    limits: [online],
    machine: online,
    used: { value: { value: 0.31, how: "/proc/stat, all processes on the CPUs allowed" } },
  },
};

const gone = { missing: "it has ended" };
const notThere = { missing: "darwin does not tell it" };
const mac: SystemInfo = {
  platform: { name: "Darwin", release: "24.6.0", architecture: "arm64", node: "v24.1.0" },
  memory: {
    holds: { kind: "machine", value: 16 * GiB, name: "os.totalmem()" },
    limits: [{ kind: "machine", value: 16 * GiB, name: "os.totalmem()" }],
    machine: { kind: "machine", value: 16 * GiB, name: "os.totalmem()" },
    used: { value: { value: 11 * GiB, how: "os.totalmem() − process.availableMemory()" } },
    available: { value: 5 * GiB },
    swap: { missing: "darwin has no /proc/meminfo" },
  },
  cpu: {
    holds: { kind: "machine", value: 10, name: "os.availableParallelism()" },
    limits: [{ kind: "machine", value: 10, name: "os.availableParallelism()" }],
    machine: { kind: "machine", value: 10, name: "os.availableParallelism()" },
    used: { missing: "darwin has no /proc/stat" },
  },
  processes: [
    { ...used("kernel", 230, { pss: 64 * MiB, cpu: 0.01, uptime: 190_000 }), pss: notThere },
    { ...used("executor", 231, { pss: 300 * MiB, cpu: 0.5, uptime: 190_000 }), pss: notThere },
    { role: "language", pid: 232, rss: gone, pss: gone, cpuTime: gone, uptime: gone, cpu: gone, cpuSinceStart: gone },
  ],
  interval: 200,
};

describe.each([
  ["container", container],
  ["bare-machine", bareMachine],
  ["mac", mac],
])("the report of a %s", (name, info) => {
  const bundle = renderSysinfo(info);
  const page = String(bundle["text/html"]);

  test("is as its golden text", async () => {
    await expect(bundle["text/plain"]).toMatchFileSnapshot(`../../golden/sysinfo-${name}.txt`);
  });

  test("is as its golden page", async () => {
    await expect(page).toMatchFileSnapshot(`../../golden/sysinfo-${name}.html`);
  });

  test("survives sanitising and stays small", () => {
    expect(page).not.toMatch(/<script|<style|<svg|var\(|class=|id=/);
    expect(page.length).toBeLessThan(50_000);
  });

  test("carries its data as they were", () => {
    expect(JSON.parse(JSON.stringify(bundle[sysinfoMimeType]))).toEqual(info);
  });
});

test("the first line answers: what the machine shows, what may be used, and what says so", () => {
  const [first] = String(renderSysinfo(container)["text/plain"]).split("\n");
  expect(first).toBe(
    "This machine shows 24 GiB; this kernel may use 4.0 GiB (container limit, memory.max of /sys/fs/cgroup/…/cri-containerd-99.scope).",
  );
});

test.each([
  ["/sys/fs/cgroup/user.slice/user-1000.slice/memory.max", "systemd limit, memory.max of"],
  ["/sys/fs/cgroup/system.slice/docker-ab12.scope/memory.max", "container limit, memory.max of"],
  ["/sys/fs/cgroup/memory.max", "container limit, memory.max of"],
])("the limit in %s is called a %s …", (file, words) => {
  const holds: Limit = { ...memoryMax, file };
  const info = { ...container, memory: { ...container.memory, holds } };
  expect(String(renderSysinfo(info)["text/plain"])).toContain(words);
});

test("a file name with markup in it reaches the page as text", () => {
  const holds: Limit = { ...memoryMax, file: "/sys/fs/cgroup/<b>bold</b>/memory.max" };
  const page = String(renderSysinfo({ ...container, memory: { ...container.memory, holds } })["text/html"]);
  expect(page).toContain("&lt;b&gt;bold&lt;/b&gt;");
  expect(page).not.toContain("<b>bold");
});

test("a kernel between two executors, with no process to show, has its limits all the same", () => {
  const bundle = renderSysinfo({ ...container, processes: [] });
  expect(String(bundle["text/plain"])).toMatch(/^together +— +—$/m);
});

test("the data alone are JSON as text", () => {
  const bundle = renderSysinfoData(container);
  expect(JSON.parse(String(bundle["text/plain"]))).toEqual(container);
  expect(bundle["text/html"]).toBeUndefined();
});

function used(
  role: ProcessUsage["role"],
  pid: number,
  { pss, cpu, uptime }: { readonly pss: number; readonly cpu: number; readonly uptime: number },
): ProcessUsage {
  return {
    role,
    pid,
    rss: { value: pss + 30 * MiB },
    pss: { value: pss },
    cpuTime: { value: 1200 },
    uptime: { value: uptime },
    cpu: { value: cpu },
    cpuSinceStart: { value: 1200 / uptime },
  };
}
