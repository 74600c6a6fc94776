// What the machine counted in the last minutes, kept in the kernel process: so a report has its rates at once, and
// shows what was there before anybody asked.
import { performance } from "node:perf_hooks";
import type { ProbedProcess } from "../kernel-probe.js";
import type { Measured } from "../measured.js";
import { readCounters, type SystemCounters } from "./counters.js";
import { type CpuLimits, readCpuLimits } from "./cpu-limits.js";
import { type CpuReading, cpuUsageBetween, readCpuTime } from "./cpu-usage.js";
import { shareTaken } from "./limit.js";
import { type MemoryAllowance, readMemoryLimits } from "./memory-limits.js";
import { type ProcessReading, readWith } from "./read-processes.js";
import { readingOnce, type System, thisSystem } from "./system.js";

/** The machine at one moment, with all that is counted up to then. */
export interface SystemMoment {
  /** By `performance.now()`. */
  readonly at: number;
  readonly counters: SystemCounters;
  readonly cpu: Measured<CpuReading>;
  readonly processes: ReadonlyMap<number, ProcessReading>;
  readonly memory: MemoryAllowance;
  readonly cpuLimits: CpuLimits;
}

/** The last minutes of a machine. */
export interface SystemHistory {
  /** The moments that are kept, oldest first. */
  readonly moments: () => readonly SystemMoment[];
  readonly close: () => void;
}

/** Reads everything that is counted; `pid` is the process whose limits are asked for. */
export async function readMoment(
  processes: readonly ProbedProcess[],
  { system = thisSystem, pss = false }: { readonly system?: System; readonly pss?: boolean } = {},
): Promise<SystemMoment> {
  const once = readingOnce(system);
  const pid = pidOf(processes);
  const cpuLimits = await readCpuLimits(pid, once);
  const [memory, cpu, counters, readings] = [
    await readMemoryLimits(pid, once),
    await readCpuTime(cpuLimits, once),
    await readCounters(pid, once),
    await readWith(
      once,
      processes.map((process) => process.pid),
      { pss },
    ),
  ];
  return {
    at: performance.now(),
    counters,
    cpu,
    processes: readings,
    memory,
    cpuLimits,
  };
}

/** The process whose limits count: the cells run in the executor, so its limits are the ones that they meet. */
export function pidOf(processes: readonly ProbedProcess[]): number {
  return processes.find(({ role }) => role === "executor")?.pid ?? process.pid;
}

const firstAfter = 1000;

/** Keeps a moment every `interval` milliseconds, `capacity` of them at most. */
export function startSystemHistory(
  processes: () => readonly ProbedProcess[],
  {
    interval = 5000,
    capacity = 60,
    system = thisSystem,
  }: { readonly interval?: number; readonly capacity?: number; readonly system?: System } = {},
): SystemHistory {
  let moments: readonly SystemMoment[] = [];
  // Elsewhere each reading would start a program.
  if (system.platform !== "linux") return { moments: () => moments, close: () => undefined };
  const take = () => {
    readMoment(processes(), { system }).then(
      (moment) => {
        moments = [...moments.slice(1 - capacity), moment];
      },
      () => undefined, // A report that finds no history takes its own two readings, and tells what is wrong.
    );
  };
  // Not with the start of the kernel, whose first answers it would hold up.
  const first = setTimeout(take, firstAfter);
  const timer = setInterval(take, interval);
  // The kernel decides when it ends, not its history.
  first.unref();
  timer.unref();
  return {
    moments: () => moments,
    close: () => {
      clearTimeout(first);
      clearInterval(timer);
    },
  };
}

/** How one resource was used over the last minutes: shares of one, oldest first. */
export interface Trend {
  readonly resource: "CPU" | "memory" | "disk";
  readonly shares: readonly number[];
}

/** Draws the moments together into what can be shown as curves; pure. */
export function trendsOf(moments: readonly SystemMoment[]): readonly Trend[] {
  const pairs = moments.slice(1).map((after, index) => ({ before: moments[index] ?? after, after }));
  const cpu = pairs.flatMap(({ before, after }) => {
    const used = cpuUsageBetween(before.cpu, after.cpu);
    return "value" in used ? [shareTaken(used.value.value, after.cpuLimits.limits[0].value)] : [];
  });
  const memory = moments.flatMap(({ memory: { used, holds } }) =>
    "value" in used ? [shareTaken(used.value.value, holds.value)] : [],
  );
  const disk = pairs.flatMap(({ before, after }) => {
    const [first, last] = [before.counters.disks, after.counters.disks];
    if (!("value" in first && "value" in last)) return [];
    const shares = last.value.map(({ name, busy }) => {
      const start = first.value.find((disk) => disk.name === name);
      return start === undefined ? 0 : (busy - start.busy) / (after.at - before.at);
    });
    return [Math.max(0, ...shares)];
  });
  return [
    { resource: "CPU", shares: cpu.map(bounded) },
    { resource: "memory", shares: memory.map(bounded) },
    { resource: "disk", shares: disk.map(bounded) },
  ];
}

function bounded(share: number): number {
  return Math.min(1, Math.max(0, share));
}
