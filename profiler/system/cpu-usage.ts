import type { Measured } from "../measured.js";
import type { CpuLimits } from "./cpu-limits.js";
import type { Usage } from "./limit.js";
import { type CpuTicks, parseCpuTicks, parseFlatKey, wholeNumber } from "./parse.js";
import type { System } from "./system.js";

/** A reading of how much CPU time was used under a limit since some start; two of them make a usage. */
export type CpuReading =
  /** Milliseconds of CPU time of one control group, and when they were read by `performance.now()`. */
  | { readonly kind: "group"; readonly time: number; readonly at: number; readonly how: string }
  | { readonly kind: "machine"; readonly cpus: ReadonlyMap<number, CpuTicks>; readonly source: string };

/** Reads the CPU time used so far by everybody under the limit that holds. */
export async function readCpuTime(
  { counters, limits, allowed }: CpuLimits,
  system: System,
): Promise<Measured<CpuReading>> {
  if (system.platform !== "linux") {
    return { value: { kind: "machine", cpus: system.cpuTicks(), source: "os.cpus()" } };
  }
  for (const { file, key, perMillisecond } of counters) {
    const text = await system.readText(file);
    const at = performance.now();
    if ("missing" in text) continue;
    const count = key === undefined ? wholeNumber(text.value) : parseFlatKey(text.value, key);
    const how = file.slice(file.lastIndexOf("/") + 1);
    if (count !== undefined) return { value: { kind: "group", time: count / perMillisecond, at, how } };
  }
  if (limits[0].kind === "cgroup" && counters.length > 0)
    return { missing: "its control group does not count CPU time" };
  const stat = await system.readText("/proc/stat");
  if ("missing" in stat) return stat;
  const cpus = new Map([...parseCpuTicks(stat.value)].filter(([cpu]) => allowed.length === 0 || allowed.includes(cpu)));
  return cpus.size === 0
    ? { missing: "no CPUs in /proc/stat" }
    : { value: { kind: "machine", cpus, source: "/proc/stat" } };
}

/** How many CPUs were busy between two readings. */
export function cpuUsageBetween(before: Measured<CpuReading>, after: Measured<CpuReading>): Measured<Usage> {
  if ("missing" in before) return before;
  if ("missing" in after) return after;
  const [first, last] = [before.value, after.value];
  if (first.kind === "group" && last.kind === "group") {
    return { value: { value: Math.max(0, last.time - first.time) / (last.at - first.at), how: last.how } };
  }
  if (first.kind !== "machine" || last.kind !== "machine") return { missing: "two readings of different counters" };
  let busy: number | undefined;
  for (const [cpu, end] of last.cpus) {
    const start = first.cpus.get(cpu);
    // A tick is 10 ms: a CPU on which none has passed says nothing.
    if (start !== undefined && end.all > start.all)
      busy = (busy ?? 0) + (end.busy - start.busy) / (end.all - start.all);
  }
  const { source } = last;
  if (busy === undefined) return { missing: `no tick of ${source} passed in the meantime` };
  return { value: { value: Math.max(0, busy), how: `${source}, all processes on the CPUs allowed` } };
}
