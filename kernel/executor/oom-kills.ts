import { readFileSync } from "node:fs";

/** How many processes the system has killed for want of memory, since it counts. */
export interface OomKills {
  readonly inCgroup: number;
  readonly onMachine: number;
}

/** Reads the counters for the cgroup of this process and for the machine; 0 where nothing is counted. */
export function readOomKills(): OomKills {
  return {
    inCgroup: Math.max(
      0,
      ...countersOf(parseCgroupPaths(read("/proc/self/cgroup"))).map((file) => parseOomKill(read(file))),
    ),
    onMachine: parseOomKill(read("/proc/vmstat")),
  };
}

/** The counter `oom_kill` of `memory.events`, `memory.oom_control` or `/proc/vmstat`; 0 when the text has none. */
export function parseOomKill(text: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
}

/** The paths of a process in the memory hierarchies, from `/proc/<pid>/cgroup`. */
export function parseCgroupPaths(cgroup: string): { readonly v1?: string; readonly v2?: string } {
  const v1 = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.+)$/m.exec(cgroup)?.[1];
  const v2 = /^0::(.+)$/m.exec(cgroup)?.[1];
  return { ...(v1 === undefined ? {} : { v1 }), ...(v2 === undefined ? {} : { v2 }) };
}

/** In a container the path of the process may name a folder outside of it; its own files are then at the root. */
function countersOf({ v1, v2 }: ReturnType<typeof parseCgroupPaths>): readonly string[] {
  return [
    ...(v1 === undefined ? [] : [v1, ""].map((path) => `/sys/fs/cgroup/memory${path}/memory.oom_control`)),
    ...(v2 === undefined ? [] : [v2, ""].map((path) => `/sys/fs/cgroup${path}/memory.events`)),
  ];
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Absent on other systems and in other hierarchies.
    return "";
  }
}
