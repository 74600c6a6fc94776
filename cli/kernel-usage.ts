import os from "node:os";
import type { KernelProcess } from "../kernel/interpreter.js";
import type { KernelUsage } from "../kernel/usage.js";
import type { Measured } from "../profiler/measured.js";
import { type ProcessReading, type ReadProcesses, readProcessesFromProc } from "../profiler/system/processes.js";
import { readProcessesWithPidusage } from "../profiler/system/processes-elsewhere.js";
import { thisSystem } from "../profiler/system/system.js";

interface UsageReading {
  readonly at: number;
  readonly processes: ReadonlyMap<number, ProcessReading>;
  readonly host: { readonly busy: number; readonly all: number };
}

/** Makes the function that reads what the processes of a kernel use; CPU time is told since the reading before. */
export function createUsageReader(processes: () => readonly KernelProcess[]): () => Promise<KernelUsage> {
  const read: ReadProcesses =
    process.platform === "linux" ? readProcessesFromProc(thisSystem) : readProcessesWithPidusage(process.platform);
  let before: UsageReading | undefined;
  return async () => {
    const readings = await read(
      processes().map(({ pid }) => pid),
      { pss: true },
    );
    const now: UsageReading = { at: performance.now(), processes: readings, host: readHostTimes() };
    const usage = toUsage(before, now);
    before = now;
    return usage;
  };
}

function toUsage(before: UsageReading | undefined, now: UsageReading): KernelUsage {
  const memory = sum([...now.processes.values()].map(({ pss, rss }) => figureOf(pss) ?? figureOf(rss)));
  const cpu = before && cpuBetween(before, now);
  const cpuPercent = before && percentBetween(before.host, now.host);
  return {
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
    host: {
      cpuCount: os.cpus().length,
      ...(cpuPercent === undefined ? {} : { cpuPercent }),
      memory: { total: os.totalmem(), available: os.freemem() },
    },
  };
}

function cpuBetween(before: UsageReading, now: UsageReading): number | undefined {
  const times = [...now.processes].map(([pid, { cpuTime }]) => {
    const end = figureOf(cpuTime);
    // A process that is new since has used all of its time since.
    const reading = before.processes.get(pid);
    const start = reading === undefined ? 0 : figureOf(reading.cpuTime);
    return end === undefined || start === undefined ? undefined : Math.max(0, end - start);
  });
  const time = sum(times);
  const elapsed = now.at - before.at;
  return time === undefined || elapsed <= 0 ? undefined : (time / elapsed) * 100;
}

function readHostTimes(): UsageReading["host"] {
  let [busy, all] = [0, 0];
  for (const { times } of os.cpus()) {
    const total = times.user + times.nice + times.sys + times.idle + times.irq;
    all += total;
    busy += total - times.idle;
  }
  return { busy, all };
}

function percentBetween(before: UsageReading["host"], now: UsageReading["host"]): number | undefined {
  const all = now.all - before.all;
  return all <= 0 ? undefined : ((now.busy - before.busy) / all) * 100;
}

/** The sum of what could be read; `undefined` when nothing could. */
function sum(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0);
}

function figureOf(measured: Measured<number>): number | undefined {
  return "value" in measured ? measured.value : undefined;
}
