import os from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { ProbedProcess } from "../kernel-probe.js";
import type { Measured } from "../measured.js";
import type { Check } from "./check-list.js";
import { checkAll } from "./checks.js";
import { cpuUsageBetween } from "./cpu-usage.js";
import { type DiskSpace, readDiskSpace } from "./disk-space.js";
import { type Gpu, readGpus } from "./gpus.js";
import { pidOf, readMoment, type SystemHistory, type SystemMoment, type Trend, trendsOf } from "./history.js";
import type { Allowance } from "./limit.js";
import type { MemoryAllowance } from "./memory-limits.js";
import { type ProcessUsage, usageBetween } from "./processes.js";
import type { RuntimeReading, WatchRuntime } from "./runtime.js";
import { mapMeasured, readingOnce, type System, thisSystem } from "./system.js";
import { readOpenFiles, readTasks } from "./task-limits.js";

/** What a kernel may use, what is used of it, and what the kernel's own processes use. */
export interface SystemInfo {
  readonly platform: {
    readonly name: string;
    /** The version of the operating system. */
    readonly release: string;
    readonly architecture: string;
    /** The version of Node, as in `v24.1.0`. */
    readonly node: string;
  };
  /** Bytes. */
  readonly memory: MemoryAllowance;
  /** CPUs. */
  readonly cpu: Allowance;
  /** Bytes of JavaScript objects in the process that runs the cells. */
  readonly heap: Measured<Allowance>;
  readonly openFiles: Measured<Allowance>;
  /** Processes and threads. */
  readonly tasks: Measured<Allowance>;
  readonly disks: readonly DiskSpace[];
  readonly gpus: Measured<readonly Gpu[]>;
  /** Utilization, saturation and errors of every resource. */
  readonly checks: readonly Check[];
  /** The last minutes, where the kernel has kept them. */
  readonly trends: readonly Trend[];
  readonly processes: readonly ProcessUsage[];
  /** The time that rates are of, in milliseconds. */
  readonly interval: number;
}

/** What a kernel offers to those who look at its system. */
export interface SystemProbe {
  readonly history: SystemHistory;
  readonly watchRuntime: WatchRuntime;
  /** How long it takes to the thread of the cells and back. */
  readonly ping: () => Promise<Measured<number>>;
  /** The process that started the kernel. */
  readonly parentPid: number;
  /** Where Jupyter keeps connection files and what its servers tell of themselves. */
  readonly runtimeDirectory: string;
}

/** How the system is looked at. Times are milliseconds. */
export interface MeasureOptions extends Partial<SystemProbe> {
  /** Watch for so long; without it, what the kernel has counted lately will do. */
  readonly interval?: number;
  readonly system?: System;
}

// Rates over less than this say nothing: what is counted in ticks has not moved.
const shortest = 1000;
/** Rates are of the last minute at most. */
const longest = 60_000;
/** Event loop and garbage collector are watched for so long at a time. */
const runtimeWatch = 200;

/** Reads the limits that hold for a kernel's processes, and how busy everything is. */
export async function measureSystemInfo(
  processes: readonly ProbedProcess[],
  options: MeasureOptions = {},
): Promise<SystemInfo> {
  const { interval, system = thisSystem, history, watchRuntime } = options;
  const asked = readRuntime(watchRuntime, interval);
  const before = await readStart(processes, { interval, system, history });
  const [runtime] = await Promise.all([asked, untilReadable(before, interval)]);
  const once = readingOnce(system);
  const after = await readMoment(processes, { system: once, pss: true });
  const { memory, cpuLimits } = after;
  const pid = pidOf(processes);
  const [openFiles, tasks, disks, gpus] = await Promise.all([
    readOpenFiles(pid, once),
    readTasks(pid, once),
    readDiskSpace(pid, once),
    readGpus(once),
  ]);
  const cpu: Allowance = {
    holds: cpuLimits.limits[0],
    limits: cpuLimits.limits,
    machine: cpuLimits.machine,
    used: cpuUsageBetween(before.cpu, after.cpu),
  };
  const elapsed = after.at - before.at;
  const lineRates = await readLineRates(after, once);
  return {
    platform: { name: os.type(), release: os.release(), architecture: os.arch(), node: process.version },
    memory,
    cpu,
    heap: mapMeasured(runtime, heapAllowance),
    openFiles,
    tasks,
    disks,
    gpus,
    checks: checkAll({
      before: before.counters,
      after: after.counters,
      elapsed,
      memory,
      cpu,
      disks,
      runtime,
      lineRates,
    }),
    trends: history === undefined ? [] : trendsOf([...history.moments(), after]),
    processes: processes.map((one) => usageBetween(one, before.processes.get(one.pid), after.processes.get(one.pid))),
    interval: Math.round(elapsed),
  };
}

/** The moment from which rates are counted: a kept one that is old enough and knows all processes, or now. */
async function readStart(
  processes: readonly ProbedProcess[],
  options: {
    readonly interval: number | undefined;
    readonly system: System;
    readonly history: SystemHistory | undefined;
  },
): Promise<SystemMoment> {
  const { interval, system, history } = options;
  const now = performance.now();
  const kept = interval === undefined ? (history?.moments() ?? []) : [];
  const fitting = kept.find(({ at, processes: known }) => {
    const hasExecutor = known.has(pidOf(processes)) || processes.length === 0;
    return now - at <= longest && hasExecutor;
  });
  return fitting ?? readMoment(processes, { system });
}

async function untilReadable({ at }: SystemMoment, interval: number | undefined): Promise<void> {
  const left = (interval ?? shortest) - (performance.now() - at);
  if (left > 0) await delay(left);
}

async function readRuntime(
  watch: WatchRuntime | undefined,
  interval: number | undefined,
): Promise<Measured<RuntimeReading>> {
  if (watch === undefined) return { missing: "no cells run here" };
  return watch(interval ?? runtimeWatch);
}

function heapAllowance({ heapUsed, heapLimit }: RuntimeReading): Measured<Allowance> {
  const limit = { kind: "process", value: heapLimit, name: "V8 heap_size_limit" } as const;
  return {
    value: {
      holds: limit,
      limits: [limit],
      machine: limit,
      used: { value: { value: heapUsed, how: "V8 used_heap_size" } },
    },
  };
}

/** What each interface can carry, in bytes per second; a virtual one does not tell. */
async function readLineRates({ counters }: SystemMoment, system: System): Promise<ReadonlyMap<string, number>> {
  const rates = new Map<string, number>();
  if (!("value" in counters.interfaces)) return rates;
  for (const { name } of counters.interfaces.value) {
    const text = await system.readText(`/sys/class/net/${name}/speed`);
    const megabits = "value" in text ? Number(text.value) : Number.NaN;
    if (megabits > 0) rates.set(name, (megabits * 1e6) / 8);
  }
  return rates;
}
