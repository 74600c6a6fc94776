import type { Measured } from "../measured.js";
import type { CgroupPath } from "./cgroup.js";
import { type Limit, smallestFirst } from "./limit.js";
import { parseCfsQuota, parseCpuList, parseCpuMax } from "./parse.js";
import { readCgroupPath } from "./read-cgroup.js";
import { type System, thisSystem } from "./system.js";

/** The limits on the CPU time of a process, in CPUs. */
export interface CpuLimits {
  /** The smallest first: the one that holds. */
  readonly limits: readonly [Limit, ...Limit[]];
  readonly machine: Limit;
  /** The numbers of the CPUs that the process may run on; empty when they could not be read. */
  readonly allowed: readonly number[];
  /** Files that count the time of the group whose quota holds; the first that can be read will do. */
  readonly counters: readonly CpuCounter[];
}

/** A file with the CPU time of a control group since it was made. */
export interface CpuCounter {
  readonly file: string;
  /** The line that holds it; absent when the file is the number alone. */
  readonly key?: string;
  /** What one millisecond is in the counter's unit. */
  readonly perMillisecond: number;
}

/** Reads every limit on the CPUs of a process of this machine. */
export async function readCpuLimits(pid: number, system: System = thisSystem): Promise<CpuLimits> {
  const [machine, quotas, sets, affinity] = await Promise.all([
    readMachine(system),
    readQuotas(pid, system),
    readCpuSets(pid, system),
    readAffinity(pid, system),
  ]);
  const limits = smallestFirst([machine, ...quotas.map(({ limit }) => limit), ...sets, ...affinity.limits]);
  const [holds] = limits;
  const counters = quotas.find(({ limit }) => limit === holds)?.counters ?? [];
  return { limits, machine, allowed: affinity.cpus, counters };
}

async function readMachine(system: System): Promise<Limit> {
  const file = "/sys/devices/system/cpu/online";
  const text: Measured<string> =
    system.platform === "linux" ? await system.readText(file) : { missing: `${system.platform} has no ${file}` };
  const count = "value" in text ? parseCpuList(text.value).length : 0;
  if (count > 0) return { kind: "machine", value: count, name: "CPUs online", file };
  return { kind: "machine", value: system.parallelism(), name: "os.availableParallelism()" };
}

interface Quota {
  readonly limit: Limit;
  readonly counters: readonly CpuCounter[];
}

async function readQuotas(pid: number, system: System): Promise<readonly Quota[]> {
  if (system.platform !== "linux") return [];
  const path = await readCgroupPath("cpu", pid, system);
  if (path === undefined) return [];
  if (path.version === 2) return (await Promise.all(path.levels.map((level) => readCpuMax(level, system)))).flat();
  const accounting = await readCgroupPath("cpuacct", pid, system);
  return (await Promise.all(path.levels.map((level) => readCfsQuota(level, path, accounting, system)))).flat();
}

async function readCpuMax(level: string, system: System): Promise<readonly Quota[]> {
  const file = `${level}/cpu.max`;
  const text = await system.readText(file);
  const value = "value" in text ? parseCpuMax(text.value) : undefined;
  if (value === undefined) return [];
  const counters = [{ file: `${level}/cpu.stat`, key: "usage_usec", perMillisecond: 1000 }];
  return [{ limit: { kind: "cgroup", value, name: "cpu.max", file }, counters }];
}

async function readCfsQuota(
  level: string,
  path: CgroupPath,
  accounting: CgroupPath | undefined,
  system: System,
): Promise<readonly Quota[]> {
  const file = `${level}/cpu.cfs_quota_us`;
  const [quota, period] = await Promise.all([system.readText(file), system.readText(`${level}/cpu.cfs_period_us`)]);
  const value = "value" in quota && "value" in period ? parseCfsQuota(quota.value, period.value) : undefined;
  if (value === undefined) return [];
  // The time is counted in a hierarchy of its own, which may be mounted elsewhere and have other groups.
  const counted = accounting && accounting.mountPoint + level.slice(path.mountPoint.length);
  const counters =
    counted !== undefined && accounting?.levels.includes(counted)
      ? [{ file: `${counted}/cpuacct.usage`, perMillisecond: 1e6 }]
      : [];
  return [{ limit: { kind: "cgroup", value, name: "cpu.cfs_quota_us", file }, counters }];
}

async function readCpuSets(pid: number, system: System): Promise<readonly Limit[]> {
  if (system.platform !== "linux") return [];
  const path = await readCgroupPath("cpuset", pid, system);
  const [own] = path?.levels ?? [];
  if (path === undefined || own === undefined) return [];
  // What is effective has the parents' sets in it already.
  const name = path.version === 2 ? "cpuset.cpus.effective" : "cpuset.effective_cpus";
  const file = `${own}/${name}`;
  const text = await system.readText(file);
  const value = "value" in text ? parseCpuList(text.value).length : 0;
  return value === 0 ? [] : [{ kind: "cgroup", value, name, file }];
}

async function readAffinity(
  pid: number,
  system: System,
): Promise<{ readonly limits: readonly Limit[]; readonly cpus: readonly number[] }> {
  if (system.platform !== "linux") return { limits: [], cpus: [] };
  const file = `/proc/${pid}/status`;
  const text = await system.readText(file);
  const list = "value" in text ? /^Cpus_allowed_list:\s*(\S+)$/m.exec(text.value)?.[1] : undefined;
  const cpus = parseCpuList(list ?? "");
  return {
    cpus,
    limits: cpus.length === 0 ? [] : [{ kind: "process", value: cpus.length, name: "CPU affinity", file }],
  };
}
