import { describe, expect, test } from "vitest";
import { readCounters } from "../../../../profiler/system/counters.js";
import {
  parseActivity,
  parseDisks,
  parseInterfaces,
  parseLoad,
  parseNetField,
  parsePressure,
} from "../../../../profiler/system/parse-counters.js";
import { fixtureSystem } from "../../../support/fixture-system.js";

const captured = fixtureSystem("linux-6.18-vm-v1-limited-2");

async function textOf(path: string): Promise<string> {
  const text = await captured.readText(path);
  if ("missing" in text) throw new Error(text.missing);
  return text.value;
}

describe("a capture of Linux 6.18", () => {
  test("has the load that it says", async () => {
    const text = await textOf("/proc/loadavg");
    const [one = "", five = "", fifteen = "", tasks = ""] = text.split(" ");
    expect(parseLoad(text)).toEqual({
      one: Number(one),
      five: Number(five),
      fifteen: Number(fifteen),
      tasks: Number(tasks.split("/")[1]),
    });
  });

  test("has CPU times that add up", async () => {
    const activity = parseActivity(await textOf("/proc/stat"));
    expect(activity).toBeDefined();
    const { user = 0, system = 0, idle = 0, ioWait = 0, steal = 0, all = 0 } = activity?.times ?? {};
    expect(user + system + idle + ioWait + steal).toBe(all);
    expect(activity?.running).toBeGreaterThan(0);
  });

  test("has one disk: loops and disks in memory are none", async () => {
    const disks = parseDisks(await textOf("/proc/diskstats"));
    expect(disks.map(({ name }) => name)).toEqual(["vda"]);
    expect(disks[0]?.busy).toBeGreaterThan(0);
  });

  test("has its interfaces, the loopback among them", async () => {
    const interfaces = parseInterfaces(await textOf("/proc/4242/net/dev"));
    expect(interfaces.map(({ name }) => name)).toContain("lo");
    expect(interfaces.find(({ name }) => name === "eth0")?.received).toBeGreaterThan(1e9);
  });

  test("counts TCP segments", async () => {
    expect(parseNetField(await textOf("/proc/4242/net/snmp"), "Tcp", "OutSegs")).toBeGreaterThan(0);
    expect(parseNetField(await textOf("/proc/4242/net/netstat"), "TcpExt", "ListenDrops")).toBeTypeOf("number");
    expect(parseNetField(await textOf("/proc/4242/net/snmp"), "Tcp", "NoSuchField")).toBeUndefined();
  });

  test("counts pressure, throttling and kills of the process's own groups", async () => {
    const counters = await readCounters(4242, captured);
    expect(counters.pressure.cpu).toMatchObject({ value: { file: "/sys/fs/cgroup/unified/cpu.pressure" } });
    expect(counters.throttling).toEqual({ value: { periods: 63, throttled: 55, time: 1675.332836 } });
    expect(counters.memoryEvents).toMatchObject({ value: { oomKills: 0, where: "its control group" } });
  });
});

test("the parts of a disk, and what is put together from disks, would count twice", () => {
  const line = (name: string) => `   8       0 ${name} 10 0 80 5 2 0 16 1 0 6 6`;
  const names = [
    "sda",
    "sda1",
    "nvme0n1",
    "nvme0n1p2",
    "mmcblk0",
    "mmcblk0p1",
    "dm-0",
    "md127",
    "loop7",
    "sr0",
    "xvdb",
  ];
  expect(parseDisks(names.map(line).join("\n")).map(({ name }) => name)).toEqual(["sda", "nvme0n1", "mmcblk0", "xvdb"]);
});

test("pressure is told in milliseconds, and for CPUs of old kernels without the line of all tasks", () => {
  const text = "some avg10=0.00 avg60=0.10 avg300=0.20 total=1500000\n";
  expect(parsePressure(text)).toEqual({ some: 1500 });
  expect(parsePressure(`${text}full avg10=0.00 avg60=0.00 avg300=0.00 total=2000\n`)).toEqual({ some: 1500, full: 2 });
  expect(parsePressure("some avg10=0.00")).toBeUndefined();
});

test("events of version 2 are the own group's, and a kill elsewhere on the machine is not this kernel's", async () => {
  const system = fixtureSystem("kubernetes-v2", {
    "/sys/fs/cgroup/memory.events": "low 0\nhigh 3\nmax 12\noom 2\noom_kill 1\noom_group_kill 0\n",
    "/proc/vmstat": "pswpin 0\npswpout 0\npgmajfault 5\noom_kill 40\n",
  });
  const { memoryEvents } = await readCounters(4242, system);
  expect(memoryEvents).toEqual({ value: { limitHits: 15, oomKills: 1, where: "its control group" } });
});

test("without such a group it is the machine's, and says so", async () => {
  const system = fixtureSystem("no-cgroups-ulimit", { "/proc/vmstat": "pgmajfault 5\noom_kill 40\n" });
  expect((await readCounters(4242, system)).memoryEvents).toEqual({
    value: { limitHits: 0, oomKills: 40, where: "the whole machine" },
  });
});
