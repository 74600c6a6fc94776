import type { TimeFiles } from "../time-reading.js";
import { readCgroupPath } from "./read-cgroup.js";
import { type System, thisSystem } from "./system.js";

const machinePressure = "/proc/pressure/memory";

/** Finds where the system counts the time that a process's control group has lost; files that cannot be read are left out. */
export async function findTimeFiles(pid: number, system: System = thisSystem): Promise<TimeFiles> {
  if (system.platform !== "linux") return { cpuStat: [] };
  const [cpu, memory] = await Promise.all([readCgroupPath("cpu", pid, system), readCgroupPath("memory", pid, system)]);
  const cpuStat = await readable(
    (cpu?.levels ?? []).map((level) => `${level}/cpu.stat`),
    system,
  );
  const own = memory?.version === 2 ? memory.levels.slice(0, 1).map((level) => `${level}/memory.pressure`) : [];
  const [memoryPressure] = await readable([...own, machinePressure], system);
  return { cpuStat, ...(memoryPressure === undefined ? {} : { memoryPressure }) };
}

async function readable(files: readonly string[], system: System): Promise<readonly string[]> {
  const texts = await Promise.all(files.map((file) => system.readText(file)));
  return files.filter((_, index) => {
    const text = texts[index];
    return text !== undefined && "value" in text;
  });
}
