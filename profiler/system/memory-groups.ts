import type { Measured } from "../measured.js";
import type { CgroupPath } from "./cgroup.js";
import type { Limit, Usage } from "./limit.js";
import { parseCgroupBytes, parseFlatKey } from "./parse.js";
import { readCgroupPath } from "./read-cgroup.js";
import { mapMeasured, type System } from "./system.js";

/** One control group on the way up, as far as it says anything. */
export interface MemoryGroup {
  readonly limits: readonly Limit[];
  readonly high: readonly Limit[];
  readonly used: Measured<Usage>;
  /** Bytes of swap that the group may use; absent when it sets no limit. */
  readonly swap?: number;
}

/** Reads what the control groups of a process say of its memory, its own group first. */
export async function readMemoryGroups(pid: number, system: System): Promise<readonly MemoryGroup[]> {
  if (system.platform !== "linux") return [];
  const path = await readCgroupPath("memory", pid, system);
  if (path === undefined) return [];
  return path.version === 2 ? readGroupsOfVersion2(path, system) : readGroupsOfVersion1(path, system);
}

async function readGroupsOfVersion2({ levels }: CgroupPath, system: System): Promise<readonly MemoryGroup[]> {
  return Promise.all(
    levels.map(async (level) => {
      const [limits, high, swap, used] = await Promise.all([
        readLimit(`${level}/memory.max`, system),
        readLimit(`${level}/memory.high`, system),
        readLimit(`${level}/memory.swap.max`, system),
        readUsageOf(level, { current: "memory.current", inactive: "inactive_file" }, system),
      ]);
      return { limits, high, used, ...(swap[0] !== undefined && { swap: swap[0].value }) };
    }),
  );
}

async function readGroupsOfVersion1({ levels }: CgroupPath, system: System): Promise<readonly MemoryGroup[]> {
  const [own = ""] = levels;
  const [hierarchy, stat] = await Promise.all([
    system.readText(`${own}/memory.use_hierarchy`),
    system.readText(`${own}/memory.stat`),
  ]);
  // Before Linux 5.11 a group could be told to leave its children alone.
  const counted = "value" in hierarchy && hierarchy.value.trim() === "0" ? levels.slice(0, 1) : levels;
  const groups = await Promise.all(
    counted.map(async (level) => {
      const [limits, both, used] = await Promise.all([
        readLimit(`${level}/memory.limit_in_bytes`, system),
        readLimit(`${level}/memory.memsw.limit_in_bytes`, system),
        readUsageOf(level, { current: "memory.usage_in_bytes", inactive: "total_inactive_file" }, system),
      ]);
      const [limit, memoryAndSwap] = [limits[0], both[0]];
      const swap = limit !== undefined && memoryAndSwap !== undefined && memoryAndSwap.value - limit.value;
      return { limits, high: [], used, ...(swap !== false && { swap }) };
    }),
  );
  return [...groups, ...limitFromAbove(`${own}/memory.stat`, stat, groups)];
}

/** Version 1 tells the smallest limit of all parents, also of those that a container cannot see. */
function limitFromAbove(file: string, stat: Measured<string>, groups: readonly MemoryGroup[]): readonly MemoryGroup[] {
  const name = "hierarchical_memory_limit";
  const value = "value" in stat ? parseFlatKey(stat.value, name) : undefined;
  const visible = Math.min(...groups.flatMap(({ limits }) => limits.map((limit) => limit.value)));
  if (value === undefined || value >= 2 ** 60 || value >= visible) return [];
  return [
    {
      limits: [{ kind: "cgroup", value, name, file }],
      high: [],
      used: { missing: "the limit is set on a control group that is not visible from here" },
    },
  ];
}

async function readLimit(file: string, system: System): Promise<readonly Limit[]> {
  const text = await system.readText(file);
  const value = "value" in text ? parseCgroupBytes(text.value) : undefined;
  return value === undefined ? [] : [{ kind: "cgroup", value, name: file.slice(file.lastIndexOf("/") + 1), file }];
}

async function readUsageOf(
  level: string,
  names: { readonly current: string; readonly inactive: string },
  system: System,
): Promise<Measured<Usage>> {
  const [current, stat] = await Promise.all([
    system.readText(`${level}/${names.current}`),
    system.readText(`${level}/memory.stat`),
  ]);
  return mapMeasured(current, (text): Measured<Usage> => {
    const used = parseCgroupBytes(text);
    const inactive = "value" in stat ? parseFlatKey(stat.value, names.inactive) : undefined;
    if (used === undefined) return { missing: `${level}/${names.current} holds no number` };
    // Cached file contents that nobody has asked for lately are given back before anything is refused.
    return { value: { value: Math.max(0, used - (inactive ?? 0)), how: `${names.current} − ${names.inactive}` } };
  });
}
