// A control group of Linux (cgroup v2) around a kernel, where this process may make one: the system itself then holds the limit,
// however fast something allocates and however busy this process is.
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A group with a limit. */
export interface MemoryGroup {
  /** Moves a process in; what it starts from then on is in it too. */
  readonly add: (pid: number) => void;
  /** How many processes the system has ended in it because the limit was reached. */
  readonly kills: () => number;
  /** The most that it held at once, in bytes; `undefined` before Linux 5.19. */
  readonly peak: () => number | undefined;
  /** Takes the group away; it must be empty. */
  readonly remove: () => void;
}

/** Where groups are, and who asks. */
export interface GroupPlace {
  readonly mount: string;
  /** The text of `/proc/self/cgroup`. */
  readonly own: string;
}

let count = 0;

/** Makes a group for at most `limit` bytes beside or below our own; `undefined` where that is not allowed, which is most places but a container or a user session that was given its own groups. */
export function createMemoryGroup(limit: number, place: GroupPlace | undefined = readPlace()): MemoryGroup | undefined {
  const path = /^0::(\/.*)$/m.exec(place?.own ?? "")?.[1];
  if (place === undefined || path === undefined) return undefined;
  const own = join(place.mount, path);
  const name = `cellscope-${process.pid}-${++count}`;
  // A group with processes of its own may not hand controllers on: that is why the one above is tried as well.
  for (const parent of path === "/" ? [own] : [own, dirname(own)]) {
    const group = tryGroup(join(parent, name), parent, limit);
    if (group) return group;
  }
  return undefined;
}

function tryGroup(path: string, parent: string, limit: number): MemoryGroup | undefined {
  if (!(readText(join(parent, "cgroup.subtree_control")) ?? "").split(/\s+/).includes("memory")) return undefined;
  try {
    mkdirSync(path);
  } catch {
    // Not ours to make.
    return undefined;
  }
  try {
    writeFileSync(join(path, "memory.max"), String(limit));
    // Without it the limit is one on memory alone, and the machine swaps; a system without swap has no such file.
    if (readText(join(path, "memory.swap.max")) !== undefined) writeFileSync(join(path, "memory.swap.max"), "0");
  } catch {
    rmdirSync(path);
    return undefined;
  }
  return {
    add: (pid) => writeFileSync(join(path, "cgroup.procs"), String(pid)),
    kills: () => Number(/^oom_kill (\d+)$/m.exec(readText(join(path, "memory.events")) ?? "")?.[1] ?? 0),
    peak: () => {
      const text = readText(join(path, "memory.peak"));
      return text === undefined ? undefined : Number(text);
    },
    remove: () => {
      try {
        rmdirSync(path);
      } catch {
        // A process that has just been ended still counts; the empty group is harmless.
      }
    },
  };
}

function readPlace(): GroupPlace | undefined {
  const own = readText("/proc/self/cgroup");
  return own === undefined ? undefined : { mount: "/sys/fs/cgroup", own };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // There is no such file here.
    return undefined;
  }
}
