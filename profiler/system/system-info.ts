import os from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { ProbedProcess } from "../kernel-probe.js";
import { readCpuLimits } from "./cpu-limits.js";
import { cpuUsageBetween, readCpuTime } from "./cpu-usage.js";
import type { Allowance } from "./limit.js";
import { type MemoryAllowance, readMemoryLimits } from "./memory-limits.js";
import { type ProcessUsage, type ReadProcesses, readProcessesFromProc, usageBetween } from "./processes.js";
import { readProcessesWithPidusage } from "./processes-elsewhere.js";
import { type System, thisSystem } from "./system.js";

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
  readonly processes: readonly ProcessUsage[];
  /** How long the CPUs were watched, in milliseconds. */
  readonly interval: number;
}

/** Reads the limits that hold for a kernel's processes, and watches their use of the CPU for `interval` milliseconds. */
export async function measureSystemInfo(
  processes: readonly ProbedProcess[],
  {
    interval = 200,
    system = thisSystem,
    readProcesses,
  }: { readonly interval?: number; readonly system?: System; readonly readProcesses?: ReadProcesses } = {},
): Promise<SystemInfo> {
  // The cells run in the executor, so its limits are the ones that they meet.
  const pid = processes.find(({ role }) => role === "executor")?.pid ?? process.pid;
  const read = readProcesses ?? (await waysOfReading(system));
  const pids = processes.map((one) => one.pid);
  const cpuLimits = await readCpuLimits(pid, system);
  const before = { cpu: await readCpuTime(cpuLimits, system), each: await read(pids, { pss: false }) };
  await delay(interval);
  const after = { cpu: await readCpuTime(cpuLimits, system), each: await read(pids, { pss: true }) };
  return {
    platform: { name: os.type(), release: os.release(), architecture: os.arch(), node: process.version },
    memory: await readMemoryLimits(pid, system),
    cpu: {
      holds: cpuLimits.limits[0],
      limits: cpuLimits.limits,
      machine: cpuLimits.machine,
      used: cpuUsageBetween(before.cpu, after.cpu),
    },
    processes: processes.map((one) => usageBetween(one, before.each.get(one.pid), after.each.get(one.pid))),
    interval,
  };
}

async function waysOfReading(system: System): Promise<ReadProcesses> {
  const proc = system.platform === "linux" && "value" in (await system.readText("/proc/self/stat"));
  return proc ? readProcessesFromProc(system) : readProcessesWithPidusage(system.platform);
}
