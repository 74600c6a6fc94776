import type { ProbedProcess } from "../kernel-probe.js";
import type { Measured } from "../measured.js";
import { parseKibibytes, parseProcessTicks } from "./parse.js";
import { mapMeasured, type System } from "./system.js";

/** One process at one moment. Bytes and milliseconds. */
export interface ProcessReading {
  readonly rss: Measured<number>;
  /** Memory of its own, and its share of what it has together with others. */
  readonly pss: Measured<number>;
  /** CPU time since its start. */
  readonly cpuTime: Measured<number>;
  readonly uptime: Measured<number>;
  /** In steps of how many milliseconds `cpuTime` is counted. */
  readonly cpuTimeStep: number;
  /** When `cpuTime` was read, by `performance.now()`. */
  readonly at: number;
}

/** One of this kernel's processes over the time of a watch. */
export interface ProcessUsage extends ProbedProcess, Omit<ProcessReading, "cpuTimeStep" | "at"> {
  /** Share of one CPU during the watch: 1.5 when one and a half were busy with it. */
  readonly cpu: Measured<number>;
  /** Share of one CPU since its start. */
  readonly cpuSinceStart: Measured<number>;
}

/** A way of reading processes; `pss` is left out unless asked for, because the system walks through all pages for it. */
export type ReadProcesses = (
  pids: readonly number[],
  asked: { readonly pss: boolean },
) => Promise<ReadonlyMap<number, ProcessReading>>;

// Linux tells programs its times in USER_HZ, which is 100 on every architecture that Node runs on.
const tick = 10;

/** Reads processes from `/proc`. */
export function readProcessesFromProc(system: System): ReadProcesses {
  return async (pids, { pss }) => {
    const uptime = await system.readText("/proc/uptime");
    const readings = pids.map(async (pid) => [pid, await readProcess(pid, pss, uptime, system)] as const);
    return new Map(await Promise.all(readings));
  };
}

async function readProcess(
  pid: number,
  pss: boolean,
  uptime: Measured<string>,
  system: System,
): Promise<ProcessReading> {
  const stat = await system.readText(`/proc/${pid}/stat`);
  const at = performance.now();
  const [status, rollup] = await Promise.all([
    "missing" in stat ? stat : system.readText(`/proc/${pid}/status`),
    pss && "value" in stat
      ? system.readText(`/proc/${pid}/smaps_rollup`)
      : { missing: "missing" in stat ? stat.missing : "not asked for" },
  ]);
  const ticks = parsed(stat, parseProcessTicks, `/proc/${pid}/stat is not as in proc(5)`);
  return {
    rss: parsed(status, (text) => parseKibibytes(text, "VmRSS"), "it has ended: no VmRSS any more"),
    pss: parsed(rollup, (text) => parseKibibytes(text, "Pss"), `no Pss in /proc/${pid}/smaps_rollup`),
    cpuTime: mapMeasured(ticks, ({ user, system: kernel }) => ({ value: (user + kernel) * tick })),
    uptime: mapMeasured(ticks, ({ start }) =>
      mapMeasured(uptime, (text): Measured<number> => {
        const seconds = Number.parseFloat(text);
        if (!Number.isFinite(seconds)) return { missing: "/proc/uptime holds no number" };
        return { value: Math.max(0, seconds * 1000 - start * tick) };
      }),
    ),
    cpuTimeStep: tick,
    at,
  };
}

/** Puts two readings of a process together. */
export function usageBetween(
  process: ProbedProcess,
  before: ProcessReading | undefined,
  after: ProcessReading | undefined,
): ProcessUsage {
  if (after === undefined || before === undefined) {
    const missing = { missing: `process ${process.pid} has ended` };
    const none = { rss: missing, pss: missing, cpuTime: missing, uptime: missing, cpu: missing };
    return { ...process, ...none, cpuSinceStart: missing };
  }
  const { cpuTimeStep, at, ...last } = after;
  const elapsed = at - before.at;
  return {
    ...process,
    ...last,
    cpu: mapMeasured(before.cpuTime, (start) =>
      mapMeasured(
        after.cpuTime,
        (end): Measured<number> =>
          elapsed < 5 * cpuTimeStep
            ? { missing: `CPU time is counted in steps of ${cpuTimeStep} ms here` }
            : { value: Math.max(0, end - start) / elapsed },
      ),
    ),
    cpuSinceStart: mapMeasured(after.cpuTime, (time) =>
      mapMeasured(
        after.uptime,
        (uptime): Measured<number> => (uptime > 0 ? { value: time / uptime } : { missing: "it has only just started" }),
      ),
    ),
  };
}

function parsed<T>(text: Measured<string>, parse: (text: string) => T | undefined, missing: string): Measured<T> {
  return mapMeasured(text, (value): Measured<T> => {
    const result = parse(value);
    return result === undefined ? { missing } : { value: result };
  });
}
