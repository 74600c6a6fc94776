// The few lines of Linux's /proc that say how much memory and time a process takes (proc(5)).
import type { Measured } from "./measured.js";

/** Linux counts CPU time for user space in hundredths of a second, whatever the kernel's own clock (`USER_HZ`). */
const millisecondsPerTick = 10;

/** The `VmHWM` of `/proc/<pid>/status`, in bytes; the kernel's "kB" is 1024 bytes. */
export function parseHwm(status: string): Measured<number> {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? { missing: "no VmHWM in /proc/self/status" } : { value: Number(kibibytes) * 1024 };
}

/** The resident pages of `/proc/<pid>/statm`; `NaN` when the process has no memory left to count. */
export function parseResidentPages(statm: string): number {
  return Number(/^\d+ (\d+) /.exec(statm)?.[1] ?? Number.NaN);
}

/** The CPU time of `/proc/<pid>/stat`, user and system, in milliseconds. */
export function parseCpuTime(stat: string): number {
  // The name of the program stands in parentheses and may contain any character: count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * millisecondsPerTick;
}

/** The same, with the time of the children that have ended and were waited for; `NaN` when there is none to read. */
export function parseTotalCpuTime(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = [11, 12, 13, 14].map((field) => Number(fields[field] ?? Number.NaN));
  return ticks.reduce((sum, count) => sum + count, 0) * millisecondsPerTick;
}

/** The pids in a `children` file of `/proc/<pid>/task/<tid>`. */
export function parseChildren(children: string): number[] {
  return children.split(" ").filter(Boolean).map(Number);
}

/** The number that was given last to a process or a thread, from `/proc/loadavg`; `undefined` where the system keeps it to itself and says 0. */
export function parseNewestPid(loadavg: string): number | undefined {
  const pid = Number(/ (\d+)\s*$/.exec(loadavg)?.[1] ?? 0);
  return pid === 0 ? undefined : pid;
}
