import { type ProcessReading, readProcessesFromProc } from "./processes.js";
import { readProcessesWithPidusage } from "./processes-elsewhere.js";
import type { System } from "./system.js";

export type { ProcessReading } from "./processes.js";

/** Reads processes in the way that this system offers. */
export async function readWith(
  system: System,
  pids: readonly number[],
  asked: { readonly pss: boolean },
): Promise<ReadonlyMap<number, ProcessReading>> {
  const proc = system.platform === "linux" && "value" in (await system.readText("/proc/self/stat"));
  return (proc ? readProcessesFromProc(system) : readProcessesWithPidusage(system.platform))(pids, asked);
}
