// What the machine and the control group of a process have counted up to one moment. Two of these make rates.
import type { Measured } from "../measured.js";
import { parseFlatKey } from "./parse.js";
import {
  type DiskCounters,
  type InterfaceCounters,
  type Load,
  type MachineActivity,
  type Pressure,
  parseActivity,
  parseDisks,
  parseInterfaces,
  parseLoad,
  parseNetField,
  parsePressure,
} from "./parse-counters.js";
import { readCgroupPath } from "./read-cgroup.js";
import { mapMeasured, type System } from "./system.js";

/** Everything that is counted, at one moment. Bytes, milliseconds and numbers of events. */
export interface SystemCounters {
  readonly load: Measured<Load>;
  readonly activity: Measured<MachineActivity>;
  /** How often the CPU quota of the control group was used up before its period was over. */
  readonly throttling: Measured<{ readonly periods: number; readonly throttled: number; readonly time: number }>;
  /** Pages of the whole machine. */
  readonly paging: Measured<{
    readonly swappedIn: number;
    readonly swappedOut: number;
    readonly majorFaults: number;
  }>;
  /** How often memory was refused, and what was killed for it. */
  readonly memoryEvents: Measured<{ readonly limitHits: number; readonly oomKills: number; readonly where: string }>;
  readonly pressure: {
    readonly cpu: Measured<GroupPressure>;
    readonly memory: Measured<GroupPressure>;
    readonly io: Measured<GroupPressure>;
  };
  readonly disks: Measured<readonly DiskCounters[]>;
  /** Without the loopback interface. */
  readonly interfaces: Measured<readonly InterfaceCounters[]>;
  readonly tcp: Measured<{ readonly sent: number; readonly retransmitted: number; readonly listenDrops: number }>;
}

/** A pressure, and whose it is. */
export interface GroupPressure extends Pressure {
  readonly file: string;
}

/** Reads every counter, of the machine and of the control groups that a process is in. */
export async function readCounters(pid: number, system: System): Promise<SystemCounters> {
  if (system.platform !== "linux") {
    return { ...allMissing(`${system.platform} has no /proc`), load: loadElsewhere(system) };
  }
  const [stat, load, vmstat, disks, interfaces, snmp, netstat] = await Promise.all([
    system.readText("/proc/stat"),
    system.readText("/proc/loadavg"),
    system.readText("/proc/vmstat"),
    system.readText("/proc/diskstats"),
    // The network of the process: a container has one of its own.
    system.readText(`/proc/${pid}/net/dev`),
    system.readText(`/proc/${pid}/net/snmp`),
    system.readText(`/proc/${pid}/net/netstat`),
  ]);
  return {
    load: parsed(load, parseLoad, "/proc/loadavg"),
    activity: parsed(stat, parseActivity, "/proc/stat"),
    throttling: await readThrottling(pid, system),
    paging: parsed(vmstat, parsePaging, "/proc/vmstat"),
    memoryEvents: await readMemoryEvents(pid, vmstat, system),
    pressure: {
      cpu: await readPressure("cpu", pid, system),
      memory: await readPressure("memory", pid, system),
      io: await readPressure("io", pid, system),
    },
    disks: parsed(disks, someOf(parseDisks), "/proc/diskstats"),
    interfaces: parsed(
      interfaces,
      someOf((text) => parseInterfaces(text).filter(({ name }) => name !== "lo")),
      `/proc/${pid}/net/dev`,
    ),
    tcp: mapMeasured(snmp, (text) => {
      const [sent, retransmitted] = ["OutSegs", "RetransSegs"].map((field) => parseNetField(text, "Tcp", field));
      if (sent === undefined || retransmitted === undefined) {
        return { missing: `/proc/${pid}/net/snmp does not count TCP segments` };
      }
      const drops = "value" in netstat ? parseNetField(netstat.value, "TcpExt", "ListenDrops") : undefined;
      return { value: { sent, retransmitted, listenDrops: drops ?? 0 } };
    }),
  };
}

function loadElsewhere({ platform, loadAverage }: System): Measured<Load> {
  if (platform === "win32") return { missing: "Windows does not count the load" };
  const [one = 0, five = 0, fifteen = 0] = loadAverage();
  return { value: { one, five, fifteen } };
}

function allMissing(missing: string): SystemCounters {
  const none = { missing };
  return {
    load: none,
    activity: none,
    throttling: none,
    paging: none,
    memoryEvents: none,
    pressure: { cpu: none, memory: none, io: none },
    disks: none,
    interfaces: none,
    tcp: none,
  };
}

function parsePaging(vmstat: string) {
  const [swappedIn, swappedOut, majorFaults] = ["pswpin", "pswpout", "pgmajfault"].map((key) =>
    parseFlatKey(vmstat, key),
  );
  if (majorFaults === undefined) return undefined;
  return { swappedIn: swappedIn ?? 0, swappedOut: swappedOut ?? 0, majorFaults };
}

async function readThrottling(pid: number, system: System): Promise<SystemCounters["throttling"]> {
  const path = await readCgroupPath("cpu", pid, system);
  if (path === undefined) return { missing: "no control group for CPU is visible" };
  // The quota may stand on a parent, and only the group that has it counts.
  for (const level of path.levels) {
    const text = await system.readText(`${level}/cpu.stat`);
    const periods = "value" in text ? (parseFlatKey(text.value, "nr_periods") ?? 0) : 0;
    if ("missing" in text || periods === 0) continue;
    const microseconds = parseFlatKey(text.value, "throttled_usec");
    const nanoseconds = parseFlatKey(text.value, "throttled_time");
    const time = microseconds === undefined ? (nanoseconds ?? 0) / 1e6 : microseconds / 1000;
    return { value: { periods, throttled: parseFlatKey(text.value, "nr_throttled") ?? 0, time } };
  }
  return { missing: "no CPU quota is set on its control groups" };
}

async function readMemoryEvents(
  pid: number,
  vmstat: Measured<string>,
  system: System,
): Promise<SystemCounters["memoryEvents"]> {
  const path = await readCgroupPath("memory", pid, system);
  const [own] = path?.levels ?? [];
  if (path?.version === 2) {
    const events = await system.readText(`${own}/memory.events`);
    const oomKills = "value" in events ? parseFlatKey(events.value, "oom_kill") : undefined;
    if ("value" in events && oomKills !== undefined) {
      const hits = ["max", "high"].map((key) => parseFlatKey(events.value, key) ?? 0);
      return { value: { limitHits: (hits[0] ?? 0) + (hits[1] ?? 0), oomKills, where: "its control group" } };
    }
  } else if (path !== undefined) {
    const [control, failures] = await Promise.all([
      system.readText(`${own}/memory.oom_control`),
      system.readText(`${own}/memory.failcnt`),
    ]);
    const oomKills = "value" in control ? parseFlatKey(control.value, "oom_kill") : undefined;
    const limitHits = "value" in failures ? Number(failures.value) : Number.NaN;
    if (oomKills !== undefined && Number.isFinite(limitHits)) {
      return { value: { limitHits, oomKills, where: "its control group" } };
    }
  }
  return mapMeasured(vmstat, (text) => {
    const oomKills = parseFlatKey(text, "oom_kill");
    return oomKills === undefined
      ? { missing: "neither its control group nor /proc/vmstat counts what was killed" }
      : { value: { limitHits: 0, oomKills, where: "the whole machine" } };
  });
}

async function readPressure(
  resource: "cpu" | "memory" | "io",
  pid: number,
  system: System,
): Promise<Measured<GroupPressure>> {
  // Only version 2 counts pressure for groups; it does so also for those whose controllers version 1 has taken.
  const path = await readCgroupPath("", pid, system);
  const own = path?.levels[0];
  const files = [...(own === undefined ? [] : [`${own}/${resource}.pressure`]), `/proc/pressure/${resource}`];
  for (const file of files) {
    const text = await system.readText(file);
    const pressure = "value" in text ? parsePressure(text.value) : undefined;
    if (pressure !== undefined) return { value: { ...pressure, file } };
  }
  return { missing: `this Linux does not count pressure (no /proc/pressure/${resource})` };
}

function someOf<T>(parse: (text: string) => readonly T[]): (text: string) => readonly T[] | undefined {
  return (text) => {
    const all = parse(text);
    return all.length === 0 ? undefined : all;
  };
}

function parsed<T>(text: Measured<string>, parse: (text: string) => T | undefined, file: string): Measured<T> {
  return mapMeasured(text, (content): Measured<T> => {
    const value = parse(content);
    return value === undefined ? { missing: `${file} tells nothing of it` } : { value };
  });
}
