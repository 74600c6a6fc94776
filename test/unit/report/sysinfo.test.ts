import { describe, expect, test } from "vitest";
import { type Check, judge } from "../../../profiler/system/check-list.js";
import type { Limit } from "../../../profiler/system/limit.js";
import type { ProcessUsage } from "../../../profiler/system/processes.js";
import type { SystemInfo } from "../../../profiler/system/system-info.js";
import { renderSysinfo, renderSysinfoData, sysinfoMimeType } from "../../../report/sysinfo.js";
import { formatPrometheus } from "../../../report/sysinfo-prometheus.js";
import { parseSections } from "../../../report/sysinfo-sections.js";

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
  heap: allowance({ kind: "process", value: 2.8 * GiB, name: "V8 heap_size_limit" }, 1.9 * GiB),
  openFiles: allowance({ kind: "process", value: 1_048_576, name: "ulimit -n", file: "/proc/231/limits" }, 118),
  tasks: allowance({ kind: "cgroup", value: 1024, name: "pids.max", file: `${pod}/pids.max` }, 61),
  disks: [
    {
      place: "working directory",
      path: "/home/you/work",
      space: { value: { size: 50 * GiB, free: 9 * GiB, available: 8 * GiB } },
      mount: { value: { mountPoint: "/home", type: "ext4", source: "/dev/vdb", readOnly: false } },
    },
    {
      place: "temporary directory",
      path: "/tmp",
      space: { value: { size: 2 * GiB, free: 2 * GiB, available: 2 * GiB } },
      mount: { value: { mountPoint: "/tmp", type: "tmpfs", source: "tmpfs", readOnly: false } },
    },
  ],
  gpus: {
    value: [{ name: "NVIDIA T4", memory: { value: 15 * GiB }, memoryUsed: { value: 3 * GiB }, busy: { value: 0.4 } }],
  },
  checks: quietChecks([
    judge("throttled", { value: 0.31 }),
    judge("waiting for memory", { value: 0.041 }, `${pod}/memory.pressure`),
    judge("memory in use", { value: 0.85 }),
  ]),
  trends: [
    { resource: "CPU", shares: [0.2, 0.5, 0.9, 1, 0.95] },
    { resource: "memory", shares: [0.3, 0.5, 0.8, 0.85, 0.85] },
  ],
  processes: [
    used("kernel", 230, { pss: 64 * MiB, cpu: 0.01, uptime: 190_000 }),
    used("executor", 231, { pss: 1946 * MiB, cpu: 1.38, uptime: 189_000 }),
    used("language", 232, { pss: 181 * MiB, cpu: 0.002, uptime: 188_500 }),
  ],
  interval: 60_000,
};

const bareMachine: SystemInfo = {
  ...container,
  checks: quietChecks([]),
  gpus: { missing: "no /proc/driver/nvidia, no card with amdgpu memory" },
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

const none = { missing: "darwin has no /proc" };
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
    used: { value: { value: 4, how: "os.cpus(), all processes on the CPUs allowed" } },
  },
  processes: [
    { ...used("kernel", 230, { pss: 64 * MiB, cpu: 0.01, uptime: 190_000 }), pss: notThere },
    { ...used("executor", 231, { pss: 300 * MiB, cpu: 0.5, uptime: 190_000 }), pss: notThere },
    { role: "language", pid: 232, rss: gone, pss: gone, cpuTime: gone, uptime: gone, cpu: gone, cpuSinceStart: gone },
  ],
  heap: allowance({ kind: "process", value: 2.8 * GiB, name: "V8 heap_size_limit" }, 20 * MiB),
  openFiles: none,
  tasks: none,
  disks: [
    {
      place: "working directory",
      path: "/Users/you",
      space: { value: { size: 500 * GiB, free: 100 * GiB, available: 100 * GiB } },
      mount: none,
    },
  ],
  gpus: { missing: "not looked for on darwin" },
  checks: [
    judge("CPU in use", { value: 0.4 }),
    judge("load per CPU", { value: 0.35 }),
    judge("memory in use", { value: 0.69 }),
    judge("disk busy", none),
  ],
  trends: [],
  interval: 1000,
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
  const text = String(renderSysinfo({ ...container, processes: [] })["text/plain"]);
  expect(text).toMatch(/^memory .*3\.41 of 4\.00 GiB/m);
  expect(text).not.toContain("together");
});

test("one line says how much bigger a load would still fit, also where V8's heap is the nearer limit", () => {
  const lines = String(renderSysinfo(bareMachine)["text/plain"]).split("\n");
  expect(lines[2]).toBe(
    "A load that is 22 GiB bigger would still fit in memory, and 2.0 GiB of swap besides; as JavaScript objects, 922 MiB of it (V8's heap limit).",
  );
});

test("one line says what is to be looked at, the worst first", () => {
  const text = String(renderSysinfo(container)["text/plain"]);
  expect(text).toContain(
    "Look at CPU: held back in 31 % of the periods: the CPU quota is used up. Look at memory too.",
  );
  expect(String(renderSysinfo(bareMachine)["text/plain"])).toContain("Nothing is saturated.");
});

test("a section by its name shows its limits, its verdict and every figure behind it, and nothing of the others", () => {
  const text = String(renderSysinfo(container, { sections: ["memory"] })["text/plain"]);
  expect(text).toMatch(/^memory +█/m);
  expect(text).toMatch(/^memory +saturation +waiting for memory +4\.1 % +! look +look ≥ 1\.0 %, bad ≥ 10 %/m);
  expect(text).not.toMatch(/^(CPU|disk here|GPU|executor) /m);
});

test("a report of a section carries no checks of the others, so that saved notebooks stay small", () => {
  const data = renderSysinfo(container, { sections: ["memory"] })["application/vnd.cellscope.sysinfo.v1+json"];
  const { checks } = data as SystemInfo;
  expect(new Set(checks.map(({ resource }) => resource))).toEqual(new Set(["memory"]));
});

test("everything in full has every check and every limit", () => {
  const text = String(renderSysinfo(container, { all: true })["text/plain"]);
  for (const { name } of container.checks) expect(text).toContain(name);
  expect(text).toMatch(/^memory, holds +4\.00 GiB \(4,294,967,296 bytes\)/m);
});

test.each([
  ["", {}],
  ["memory, disk", { sections: ["memory", "disk"] }],
  [
    "memroy",
    { unknown: 'There is no section "memroy"; there are: memory, cpu, disk, net, gpu, node, limits, processes.' },
  ],
])("the sections named by %j", (line, expected) => {
  expect(parseSections(line)).toEqual(expected);
});

test("Prometheus gets every figure that could be read, with its labels escaped, and no other", () => {
  const [disk] = container.disks;
  if (disk === undefined) throw new Error("the container has disks");
  const text = formatPrometheus({ ...container, disks: [{ ...disk, path: '/a"b\\c' }], gpus: mac.gpus });
  expect(text).toContain('cellscope_limit{resource="memory_bytes",source="memory.max"} 4294967296\n');
  expect(text).toContain('path="/a\\"b\\\\c"} 8589934592\n');
  expect(text).toContain('cellscope_verdict{resource="cpu",check="throttled"} 2\n');
  expect(text).not.toMatch(/gpu|NaN|undefined/);
  for (const line of text.trimEnd().split("\n")) {
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|[a-z_0-9]+(\{(\w+="([^"\\]|\\.)*",?)+\})? -?[\d.e+-]+)$/);
  }
});

test("the data alone are JSON as text", () => {
  const bundle = renderSysinfoData(container);
  expect(JSON.parse(String(bundle["text/plain"]))).toEqual(container);
  expect(bundle["text/html"]).toBeUndefined();
});

function allowance(holds: Limit, value: number): SystemInfo["heap"] {
  return { value: { holds, limits: [holds], machine: holds, used: { value: { value, how: "" } } } };
}

/** A machine with nothing to do, except for what is given. */
function quietChecks(troubles: readonly Check[]): readonly Check[] {
  const quiet = [
    judge("CPU in use", { value: 0.2 }),
    judge("load per CPU", { value: 0.12 }),
    judge("throttled", { missing: "no CPU quota is set on its control groups" }),
    judge("memory in use", { value: 0.1 }),
    judge("waiting for memory", { value: 0 }),
    judge("killed for memory", { value: 0 }, "in its control group, since it was started"),
    judge("disk busy", { value: 0.03 }, "vda"),
    judge("disk full", { value: 0.82 }, "working directory, /home/you/work"),
    judge("packets dropped", { value: 0 }),
    judge("sent again", { value: 0.001 }),
    judge("event loop busy", { value: 0.02 }),
    judge("V8 heap in use", { value: 0.23 }),
  ];
  return quiet.map((check) => troubles.find(({ name }) => name === check.name) ?? check);
}

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
