// Processes of systems without /proc: the package pidusage knows how to ask each of them. It starts `ps` or
// PowerShell to do so, which is why Linux goes another way.
import { setTimeout as delay } from "node:timers/promises";
import type { Measured } from "../measured.js";
import type { ProcessReading, ReadProcesses } from "./processes.js";

const timeLimit = 10_000;

/** Reads processes with pidusage; what it does not know, or does not answer in time, is missing. */
export function readProcessesWithPidusage(platform: NodeJS.Platform): ReadProcesses {
  return async (pids) => {
    const answer = await askPidusage(pids);
    const at = performance.now();
    const read = (pid: number): ProcessReading => {
      const stat = "value" in answer ? (answer.value[pid] ?? undefined) : undefined;
      const missing = "missing" in answer ? answer.missing : "it has ended";
      const figure = (value: number | undefined) => (value === undefined ? { missing } : { value });
      return {
        rss: figure(stat?.memory),
        pss: { missing: `${platform} does not tell it` },
        cpuTime: figure(stat?.ctime),
        uptime: figure(stat?.elapsed),
        cpuTimeStep: cpuTimeSteps[platform] ?? 1000,
        at,
      };
    };
    return new Map(pids.map((pid) => [pid, read(pid)]));
  };
}

// `ps` prints hundredths of a second on macOS and whole seconds elsewhere; Windows counts its own timer's ticks.
const cpuTimeSteps: Partial<Record<NodeJS.Platform, number>> = { darwin: 10, win32: 15.625, linux: 10, android: 10 };

interface Stat {
  readonly memory: number;
  readonly ctime: number;
  readonly elapsed: number;
}

async function askPidusage(
  pids: readonly number[],
): Promise<Measured<Readonly<Record<string, Stat | null | undefined>>>> {
  if (pids.length === 0) return { value: {} };
  const waiting = new AbortController();
  try {
    const { default: pidusage } = await import("pidusage");
    // The differences are taken here, but a `maxage` of 0, meant to keep nothing, makes version 4.1 open files
    // until there are none left, and `clear()` leaves them open: it forgets by itself after a minute.
    const stats = pidusage([...pids]);
    const late = delay(timeLimit, undefined, { signal: waiting.signal });
    const value = await Promise.race([stats, late]);
    return value === undefined ? { missing: `pidusage did not answer within ${timeLimit} ms` } : { value };
  } catch (error) {
    return { missing: `pidusage: ${error instanceof Error ? error.message : String(error)}` };
  } finally {
    waiting.abort();
  }
}
