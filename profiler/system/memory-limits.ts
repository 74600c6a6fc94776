import type { Measured } from "../measured.js";
import { type Allowance, type Limit, smallestFirst, type Usage } from "./limit.js";
import { type MemoryGroup, readMemoryGroups } from "./memory-groups.js";
import { parseKibibytes, parseProcessLimit } from "./parse.js";
import { mapMeasured, type System, thisSystem } from "./system.js";

/** What a process may use of the memory. */
export interface MemoryAllowance extends Allowance {
  /** Bytes that can still be had: under every limit, and on the machine. */
  readonly available: Measured<number>;
  /** `memory.high`, when it is below the limit that holds: from there on the system slows the group down. */
  readonly slowedFrom?: Limit;
  /** Bytes of swap that may be used besides. */
  readonly swap: Measured<number>;
}

/** The memory that a process may use: the smallest limit that holds, in bytes, and where it comes from. */
export async function readMemoryAllowance(system: System = thisSystem): Promise<Limit> {
  return (await readMemoryLimits(process.pid, system)).holds;
}

/**
 * Bytes that cells may have under the limit that holds. Under one of `ulimit` that is less what Node maps by itself:
 * address space that it reserves and never touches counts there, half a GiB for each of its threads from Node 24 on.
 */
export async function readMemoryForCells(system: System = thisSystem): Promise<number> {
  const { holds, used } = await readMemoryLimits(process.pid, system);
  if (holds.kind !== "process" || "missing" in used) return holds.value;
  return Math.max(0, holds.value - threadsOfCells * used.value.value);
}

/** The process of the cells has a second thread of JavaScript, the probe; this one has none. */
const threadsOfCells = 2;

/** Reads every limit on the memory of a process of this machine, and what is taken of the one that holds. */
export async function readMemoryLimits(pid: number, system: System = thisSystem): Promise<MemoryAllowance> {
  const machine = await readMachine(system);
  const [groups, rlimits] = await Promise.all([readMemoryGroups(pid, system), readProcessLimits(pid, system)]);
  const limits = smallestFirst([machine.total, ...groups.flatMap(({ limits }) => limits), ...rlimits]);
  const [holds] = limits;
  const high = groups.flatMap(({ high }) => high).sort((one, other) => one.value - other.value)[0];
  const used = await readUsage(holds, machine, groups, pid, system);
  return {
    holds,
    limits,
    machine: machine.total,
    used,
    available: smallestRoom(machine, groups, "value" in used ? holds.value - used.value.value : undefined),
    ...(high !== undefined && high.value < holds.value && { slowedFrom: high }),
    swap: smallestSwap(machine.swap, groups),
  };
}

interface Machine {
  readonly total: Limit;
  readonly available: Measured<number>;
  /** How what is taken of it is counted. */
  readonly how: string;
  readonly swap: Measured<number>;
}

async function readMachine(system: System): Promise<Machine> {
  const file = "/proc/meminfo";
  const text =
    system.platform === "linux" ? await system.readText(file) : { missing: `${system.platform} has no ${file}` };
  const field = (name: string) =>
    mapMeasured(text, (meminfo): Measured<number> => measured(parseKibibytes(meminfo, name), `no ${name} in ${file}`));
  const total = field("MemTotal");
  if ("missing" in total) {
    return {
      total: { kind: "machine", value: system.totalMemory(), name: "os.totalmem()" },
      available: { value: system.availableMemory() },
      how: "os.totalmem() − process.availableMemory()",
      swap: { missing: total.missing },
    };
  }
  // Linux before 3.14 and WSL 1 do not say what is available. What is free and what is cached is what can be had at most.
  const available = field("MemAvailable");
  const parts = ["MemFree", "Buffers", "Cached"].map(field).flatMap((part) => ("value" in part ? [part.value] : []));
  const isEstimated = "missing" in available && parts.length > 0;
  return {
    total: { kind: "machine", value: total.value, name: "MemTotal", file },
    available: isEstimated ? { value: parts.reduce((sum, part) => sum + part, 0) } : available,
    how: isEstimated ? "MemTotal − MemFree − Buffers − Cached" : "MemTotal − MemAvailable",
    swap: field("SwapTotal"),
  };
}

const processLimits = [
  { line: "Max address space", name: "ulimit -v", field: "VmSize" },
  { line: "Max data size", name: "ulimit -d", field: "VmData" },
  // `ulimit -m` is not here: Linux keeps the number and has not looked at it since 2.4.30 (getrlimit(2)).
] as const;

async function readProcessLimits(pid: number, system: System): Promise<readonly Limit[]> {
  if (system.platform !== "linux") return [];
  const file = `/proc/${pid}/limits`;
  const text = await system.readText(file);
  if ("missing" in text) return [];
  return processLimits.flatMap(({ line, name }) => {
    const value = parseProcessLimit(text.value, line);
    return value === undefined ? [] : [{ kind: "process" as const, value, name, file }];
  });
}

async function readUsage(
  holds: Limit,
  machine: Machine,
  groups: readonly MemoryGroup[],
  pid: number,
  system: System,
): Promise<Measured<Usage>> {
  if (holds.kind === "machine") {
    const { available, how } = machine;
    return mapMeasured(available, (value) => ({ value: { value: Math.max(0, holds.value - value), how } }));
  }
  if (holds.kind === "cgroup") {
    return groups.find(({ limits }) => limits.includes(holds))?.used ?? { missing: "its control group is not visible" };
  }
  const field = processLimits.find(({ name }) => name === holds.name)?.field ?? "VmSize";
  const status = await system.readText(`/proc/${pid}/status`);
  const reason = `no ${field} in /proc/${pid}/status`;
  return mapMeasured(status, (text) => {
    const value = parseKibibytes(text, field);
    return value === undefined ? { missing: reason } : { value: { value, how: `${field} of process ${pid}` } };
  });
}

function smallestRoom(
  { available }: Machine,
  groups: readonly MemoryGroup[],
  underTheLimit: number | undefined,
): Measured<number> {
  return mapMeasured(available, (value) => {
    const rooms = groups.flatMap(({ limits, used }) =>
      "value" in used ? limits.map((limit) => limit.value - used.value.value) : [],
    );
    return { value: Math.max(0, Math.min(value, underTheLimit ?? value, ...rooms)) };
  });
}

function smallestSwap(machine: Measured<number>, groups: readonly MemoryGroup[]): Measured<number> {
  const allowed = groups.flatMap(({ swap }) => (swap === undefined ? [] : [Math.max(0, swap)]));
  return mapMeasured(machine, (value) => ({ value: Math.min(value, ...allowed) }));
}

function measured(value: number | undefined, missing: string): Measured<number> {
  return value === undefined ? { missing } : { value };
}
