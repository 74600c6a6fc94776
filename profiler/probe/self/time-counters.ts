// Where this process's time goes, from files that stay open: what an open allocates would be counted as the cell's.
import { openSync, readSync } from "node:fs";
import { performance } from "node:perf_hooks";
import {
  parsePressure,
  parseSchedstat,
  parseThrottled,
  type TimeCounters,
  type TimeFiles,
} from "../../time-reading.js";

const buffer = Buffer.alloc(8192);

/** Opens the files; returns what reads them. */
export function openTimeCounters({ cpuStat, memoryPressure }: TimeFiles): () => TimeCounters {
  // The first thread of a process has the process's number: what stands there is the main thread's alone.
  const schedstat = openText("/proc/self/schedstat");
  const throttling = cpuStat.map(openText);
  const pressure = memoryPressure === undefined ? undefined : openText(memoryPressure);
  return () => {
    const { active, idle } = performance.eventLoopUtilization();
    const times = throttling.flatMap((read) => parseThrottled(read() ?? "") ?? []);
    return {
      active,
      idle,
      ...parseSchedstat(schedstat() ?? ""),
      // Groups inside one another stand still together: the one that did so for the longest tells.
      ...(times.length === 0 ? {} : { throttled: Math.max(...times) }),
      ...parsePressure(pressure?.() ?? ""),
    };
  };
}

function openText(path: string): () => string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch {
    // Not every system has it; what is in it is absent then.
    return () => undefined;
  }
  return () => {
    try {
      return buffer.toString("latin1", 0, readSync(descriptor, buffer, 0, buffer.length, 0));
    } catch {
      // The group is gone, or counts no longer.
      return undefined;
    }
  };
}
