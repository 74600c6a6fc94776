// How many files a process may have open, and how many processes and threads there may be.
import type { Measured } from "../measured.js";
import { type Allowance, type Limit, smallestFirst, type Usage } from "./limit.js";
import { parseCgroupBytes, parseProcessLimit } from "./parse.js";
import { parseLoad } from "./parse-counters.js";
import { readCgroupPath } from "./read-cgroup.js";
import { mapMeasured, type System } from "./system.js";

/** Reads how many files a process may have open, and how many it has. */
export async function readOpenFiles(pid: number, system: System): Promise<Measured<Allowance>> {
  const limitsFile = `/proc/${pid}/limits`;
  const machineFile = "/proc/sys/fs/file-nr";
  const [limits, machine, open] = await Promise.all([
    readLinux(limitsFile, system),
    readLinux(machineFile, system),
    system.readDirectory(`/proc/${pid}/fd`),
  ]);
  return mapMeasured(limits, (text): Measured<Allowance> => {
    // `open files, free ones, limit` of the machine.
    const [inUse, most] =
      "value" in machine ? (/^(\d+)\s+\d+\s+(\d+)\s*$/.exec(machine.value)?.slice(1).map(Number) ?? []) : [];
    const whole: readonly Limit[] =
      most === undefined ? [] : [{ kind: "machine", value: most, name: "fs.file-max", file: machineFile }];
    const soft = parseProcessLimit(text, "Max open files");
    const own: readonly Limit[] =
      soft === undefined ? [] : [{ kind: "process", value: soft, name: "ulimit -n", file: limitsFile }];
    const [first, ...rest] = [...whole, ...own];
    if (first === undefined) return { missing: `no "Max open files" in ${limitsFile}` };
    const ordered = smallestFirst([first, ...rest]);
    const [holds] = ordered;
    const used: Measured<Usage> =
      holds.kind === "machine"
        ? { value: { value: inUse ?? 0, how: machineFile } }
        : mapMeasured(open, (names) => ({ value: { value: names.length, how: `/proc/${pid}/fd` } }));
    return { value: { holds, limits: ordered, machine: first, used } };
  });
}

/** Reads how many processes and threads there may be, and how many there are under the limit that holds. */
export async function readTasks(pid: number, system: System): Promise<Measured<Allowance>> {
  const [limits, threadsMax, load, groups] = await Promise.all([
    readLinux(`/proc/${pid}/limits`, system),
    readLinux("/proc/sys/kernel/threads-max", system),
    readLinux("/proc/loadavg", system),
    readGroups(pid, system),
  ]);
  return mapMeasured(threadsMax, (text): Measured<Allowance> => {
    const most = Number(/^(\d+)\s*$/.exec(text)?.[1]);
    if (!(most > 0)) return { missing: "/proc/sys/kernel/threads-max holds no number" };
    const machine: Limit = {
      kind: "machine",
      value: most,
      name: "kernel.threads-max",
      file: "/proc/sys/kernel/threads-max",
    };
    const user = "value" in limits ? parseProcessLimit(limits.value, "Max processes") : undefined;
    const own: readonly Limit[] =
      user === undefined ? [] : [{ kind: "process", value: user, name: "ulimit -u", file: `/proc/${pid}/limits` }];
    const ordered = smallestFirst([machine, ...groups.map(({ limit }) => limit), ...own]);
    const [holds] = ordered;
    const tasks = "value" in load ? parseLoad(load.value)?.tasks : undefined;
    const used: Measured<Usage> =
      holds.kind === "cgroup"
        ? (groups.find(({ limit }) => limit === holds)?.used ?? { missing: "its control group is not visible" })
        : tasks === undefined
          ? { missing: "/proc/loadavg does not count tasks" }
          : // `ulimit -u` is of all processes of the user, and counting those would mean to read every process there is.
            { value: { value: tasks, how: "all tasks of the machine, /proc/loadavg" } };
    return { value: { holds, limits: ordered, machine, used } };
  });
}

interface TaskGroup {
  readonly limit: Limit;
  readonly used: Measured<Usage>;
}

async function readGroups(pid: number, system: System): Promise<readonly TaskGroup[]> {
  const path = await readCgroupPath("pids", pid, system);
  const groups = (path?.levels ?? []).map(async (level): Promise<readonly TaskGroup[]> => {
    const [most, current] = await Promise.all([
      system.readText(`${level}/pids.max`),
      system.readText(`${level}/pids.current`),
    ]);
    const value = "value" in most ? parseCgroupBytes(most.value) : undefined;
    if (value === undefined) return [];
    const used = mapMeasured(
      current,
      (text): Measured<Usage> =>
        /^\d+\s*$/.test(text)
          ? { value: { value: Number(text), how: "pids.current" } }
          : { missing: `${level}/pids.current holds no number` },
    );
    return [{ limit: { kind: "cgroup", value, name: "pids.max", file: `${level}/pids.max` }, used }];
  });
  return (await Promise.all(groups)).flat();
}

async function readLinux(file: string, system: System): Promise<Measured<string>> {
  return system.platform === "linux" ? system.readText(file) : { missing: `${system.platform} has no ${file}` };
}
