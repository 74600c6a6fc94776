// The files of /proc that count what the machine does. None of these functions reads anything, and a line that is
// not as the manual says is passed over.

import { parseFlatKey } from "./parse.js";

/** What `/proc/loadavg` says. */
export interface Load {
  /** Tasks that ran or waited for a CPU or a disk, averaged over 1, 5 and 15 minutes. */
  readonly one: number;
  readonly five: number;
  readonly fifteen: number;
  /** Tasks of the whole machine; absent where they are not counted. */
  readonly tasks?: number;
}

/** Reads `/proc/loadavg`. */
export function parseLoad(text: string): Load | undefined {
  const [, one, five, fifteen, tasks] = /^(\d+\.\d+) (\d+\.\d+) (\d+\.\d+) \d+\/(\d+) /.exec(text) ?? [];
  // At least the one that reads it is there: gVisor shows the file, and counts nothing in it.
  if (one === undefined || Number(tasks) === 0) return undefined;
  return { one: Number(one), five: Number(five), fifteen: Number(fifteen), tasks: Number(tasks) };
}

/** CPU time of the whole machine since it started, all CPUs together, in milliseconds. */
export interface CpuTimes {
  readonly user: number;
  readonly system: number;
  readonly idle: number;
  readonly ioWait: number;
  /** What another virtual machine got in the place of this one. */
  readonly steal: number;
  readonly all: number;
}

/** What `/proc/stat` says besides the single CPUs. */
export interface MachineActivity {
  readonly times: CpuTimes;
  readonly contextSwitches: number;
  /** Tasks that run or wait for a CPU at this moment. */
  readonly running: number;
  /** Tasks that wait for a disk at this moment. */
  readonly blocked: number;
}

const tick = 10;

/** Reads the lines of `/proc/stat` that are of all CPUs together. */
export function parseActivity(stat: string): MachineActivity | undefined {
  const fields = /^cpu +(\d+(?: \d+){3,})$/m.exec(stat)?.[1]?.split(" ").map(Number);
  if (fields === undefined) return undefined;
  // What follows the first eight is counted in user and nice already.
  const [user = 0, nice = 0, system = 0, idle = 0, ioWait = 0, irq = 0, softIrq = 0, steal = 0] = fields;
  const all = user + nice + system + idle + ioWait + irq + softIrq + steal;
  const [contextSwitches, running, blocked] = ["ctxt", "procs_running", "procs_blocked"].map((key) =>
    parseFlatKey(stat, key),
  );
  // A machine that has been up for no time at all: gVisor shows these lines full of zeros.
  if (all === 0) return undefined;
  if (contextSwitches === undefined || running === undefined || blocked === undefined) return undefined;
  return {
    times: {
      user: (user + nice) * tick,
      system: (system + irq + softIrq) * tick,
      idle: idle * tick,
      ioWait: ioWait * tick,
      steal: steal * tick,
      all: all * tick,
    },
    contextSwitches,
    running,
    blocked,
  };
}

/** One file of pressure: how long tasks have waited for something. */
export interface Pressure {
  /** Milliseconds in which at least one task waited, since the start. */
  readonly some: number;
  /** Milliseconds in which all of them did; absent where the system does not count it. */
  readonly full?: number;
}

/** Reads a pressure file (`/proc/pressure/cpu`, `memory.pressure` …). */
export function parsePressure(text: string): Pressure | undefined {
  const total = (kind: string) => new RegExp(`^${kind} .*\\btotal=(\\d+)$`, "m").exec(text)?.[1];
  const [some, full] = [total("some"), total("full")];
  if (some === undefined) return undefined;
  return { some: Number(some) / 1000, ...(full !== undefined && { full: Number(full) / 1000 }) };
}

/** One disk since the machine started. */
export interface DiskCounters {
  readonly name: string;
  /** Requests that were answered. */
  readonly requests: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Milliseconds in which it had something to do. */
  readonly busy: number;
  /** Milliseconds that the requests took, together. */
  readonly waited: number;
}

// The file counts in sectors of this size, whatever the disk's own are (Documentation/admin-guide/iostats.rst).
const sectorSize = 512;
/** Parts of disks would count twice what the disk counts, and disks in memory are none. */
const notDisks = /^(loop|ram|zram|fd|sr|dm-|md)\d|^(sd|hd|vd|xvd)[a-z]+\d+$|^(nvme\d+n\d+|mmcblk\d+|nbd\d+)p\d+$/;

/** Reads the disks out of `/proc/diskstats`; one that has never done anything is left out. */
export function parseDisks(diskstats: string): readonly DiskCounters[] {
  return diskstats.split("\n").flatMap((line) => {
    const [, , name, ...fields] = line.trim().split(/\s+/);
    const [reads, , sectorsRead, readTime, writes, , sectorsWritten, writeTime, , busy] = fields.map(Number);
    if (name === undefined || notDisks.test(name)) return [];
    if (reads === undefined || sectorsRead === undefined || readTime === undefined || writes === undefined) return [];
    if (sectorsWritten === undefined || writeTime === undefined || busy === undefined) return [];
    if (![reads, sectorsRead, readTime, writes, sectorsWritten, writeTime, busy].every(Number.isFinite)) return [];
    if (reads + writes === 0) return [];
    return [
      {
        name,
        requests: reads + writes,
        bytesRead: sectorsRead * sectorSize,
        bytesWritten: sectorsWritten * sectorSize,
        busy,
        waited: readTime + writeTime,
      },
    ];
  });
}

/** One network interface since it is there. */
export interface InterfaceCounters {
  readonly name: string;
  readonly received: number;
  readonly sent: number;
  readonly errors: number;
  readonly drops: number;
}

/** Reads `/proc/net/dev`. */
export function parseInterfaces(text: string): readonly InterfaceCounters[] {
  return text.split("\n").flatMap((line) => {
    const [, name, rest] = /^\s*([^\s:]+):\s*(\d.*)$/.exec(line) ?? [];
    const fields = rest?.trim().split(/\s+/).map(Number);
    if (name === undefined || fields === undefined || fields.length < 16 || !fields.every(Number.isFinite)) return [];
    const [received = 0, , errorsIn = 0, dropsIn = 0, , , , , sent = 0, , errorsOut = 0, dropsOut = 0] = fields;
    return [{ name, received, sent, errors: errorsIn + errorsOut, drops: dropsIn + dropsOut }];
  });
}

/** A field of `/proc/net/snmp` or `/proc/net/netstat`, where a line of names stands above each line of numbers. */
export function parseNetField(text: string, protocol: string, field: string): number | undefined {
  const [names, values] = text
    .split("\n")
    .filter((line) => line.startsWith(`${protocol}: `))
    .map((line) => line.split(" "));
  const index = names?.indexOf(field) ?? -1;
  const value = Number(index > 0 ? values?.[index] : Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}
