// Where the time of a cell went, as its own process and the operating system count it. All times are milliseconds.

/** What the process has counted at one moment; differences of two of them are a cell's. */
export interface TimeCounters {
  /** CPU time of the main thread, which runs the cells. */
  readonly running?: number;
  /** How long the main thread was ready to run and had no CPU. */
  readonly queued?: number;
  /** The main thread's event loop: with something to do, and waiting for something to do. */
  readonly active: number;
  readonly idle: number;
  /** How long the control group was kept from running because it had used up its share of the CPUs. */
  readonly throttled?: number;
  /** How long something in the control group stood still for want of memory. */
  readonly memoryStalled?: number;
  /** How long everything in it stood still for that. */
  readonly memoryStalledFully?: number;
}

/** Files in which the system counts for the control group of the kernel; found before the cell, read around it. */
export interface TimeFiles {
  /** `cpu.stat` of the group and of those above it. */
  readonly cpuStat: readonly string[];
  /** `memory.pressure` of the group, or the machine's. */
  readonly memoryPressure?: string;
}

/**
 * What two readings differ by; what one of them lacks is absent. The main thread cannot have run or waited for longer
 * than `elapsed`: what is above it fell between a reading and the end of the cell.
 */
export function timeBetween(before: TimeCounters, after: TimeCounters, elapsed: number): TimeCounters {
  const difference = (key: keyof TimeCounters) => {
    const [from, to] = [before[key], after[key]];
    return from === undefined || to === undefined ? {} : { [key]: Math.min(Math.max(0, to - from), elapsed) };
  };
  return {
    active: Math.min(Math.max(0, after.active - before.active), elapsed),
    idle: Math.min(Math.max(0, after.idle - before.idle), elapsed),
    ...difference("running"),
    ...difference("queued"),
    ...difference("throttled"),
    ...difference("memoryStalled"),
    ...difference("memoryStalledFully"),
  };
}

/** Reads `/proc/<pid>/schedstat`: nanoseconds on a CPU, nanoseconds in the queue for one, and how often. */
export function parseSchedstat(text: string): Pick<TimeCounters, "running" | "queued"> {
  const [running = Number.NaN, queued = Number.NaN] = text.split(" ").map(Number);
  // A system that does not count has zeros in the whole line.
  return running > 0 && Number.isFinite(queued) ? { running: running / 1e6, queued: queued / 1e6 } : {};
}

/** Reads the time that a `cpu.stat` says the group was throttled: microseconds in version 2, nanoseconds in version 1. */
export function parseThrottled(cpuStat: string): number | undefined {
  const [, unit, count] = /^throttled_(usec|time) (\d+)$/m.exec(cpuStat) ?? [];
  if (count === undefined) return undefined;
  return Number(count) / (unit === "usec" ? 1e3 : 1e6);
}

/** Reads a pressure file (PSI): the microseconds in its `total` fields. */
export function parsePressure(pressure: string): Pick<TimeCounters, "memoryStalled" | "memoryStalledFully"> {
  const total = (line: string) => new RegExp(`^${line} .*\\btotal=(\\d+)`, "m").exec(pressure)?.[1];
  const [some, full] = [total("some"), total("full")];
  return {
    ...(some === undefined ? {} : { memoryStalled: Number(some) / 1e3 }),
    ...(full === undefined ? {} : { memoryStalledFully: Number(full) / 1e3 }),
  };
}
