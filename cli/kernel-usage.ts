import { setTimeout as delay } from "node:timers/promises";
import type { KernelProcess } from "../kernel/interpreter.js";
import type { KernelUsage } from "../kernel/usage.js";
import type { Measured } from "../profiler/measured.js";
import { readCpuLimits } from "../profiler/system/cpu-limits.js";
import { type CpuReading, cpuUsageBetween, readCpuTime } from "../profiler/system/cpu-usage.js";
import { pidOf } from "../profiler/system/history.js";
import { readMemoryActivity } from "../profiler/system/memory-activity.js";
import { readMemoryLimits } from "../profiler/system/memory-limits.js";
import { type ProcessReading, readWith } from "../profiler/system/read-processes.js";
import { readingOnce, type System, thisSystem } from "../profiler/system/system.js";

const firstInterval = 200;

interface UsageReading {
  readonly at: number;
  readonly processes: ReadonlyMap<number, ProcessReading>;
  readonly cpu: Measured<CpuReading>;
}

/**
 * Makes the function that reads what the processes of a kernel use; CPU time is told since the question before, and
 * at the first one of a moment. What stands for the host is what the kernel may use of it: under a container's limit, the host's own size misleads.
 */
export function createUsageReader(
  processes: () => readonly KernelProcess[],
  system: System = thisSystem,
): () => Promise<KernelUsage> {
  let before: UsageReading | undefined;
  return async () => {
    if (before === undefined) {
      // Who asks once, or for the first time, gets a share of the CPU too.
      ({ now: before } = await read());
      await delay(firstInterval);
    }
    const { now, memory, cpus, activity } = await read();
    const total = memory.holds.value;
    const used = sum([...now.processes.values()].map(({ pss, rss }) => figureOf(pss) ?? figureOf(rss)));
    const cpu = cpuBetween(before, now);
    const hostCpu = figureOf(cpuUsageBetween(before.cpu, now.cpu))?.value;
    before = now;
    return {
      ...(cpu === undefined ? {} : { cpu }),
      ...(used === undefined ? {} : { memory: used }),
      host: {
        cpuCount: cpus,
        ...(hostCpu === undefined ? {} : { cpuPercent: Math.min(100, (hostCpu / cpus) * 100) }),
        memory: { total, available: Math.min(total, figureOf(memory.available) ?? total), ...activity },
      },
    };
  };

  async function read() {
    const own = processes();
    const once = readingOnce(system);
    const pid = pidOf(own);
    const [memory, cpuLimits, readings] = await Promise.all([
      readMemoryLimits(pid, once),
      readCpuLimits(pid, once),
      readWith(
        once,
        own.map((process) => process.pid),
        { pss: true },
      ),
    ]);
    const now: UsageReading = {
      at: performance.now(),
      processes: readings,
      cpu: await readCpuTime(cpuLimits, once),
    };
    const activity = await readMemoryActivity(memory, once);
    return { now, memory, cpus: cpuLimits.limits[0].value, activity };
  }
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

/** The sum of what could be read; `undefined` when nothing could. */
function sum(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0);
}

function figureOf<T>(measured: Measured<T>): T | undefined {
  return "value" in measured ? measured.value : undefined;
}
