// A control group of Linux around a kernel, where this process may make one: the system itself then holds the limit,
// however fast something allocates and however busy this process is. See cgroups(7), and memory.rst of the kernel's
// documentation for each of the two versions.
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findCgroup, parseCgroupMemberships, parseCgroupMounts } from "../profiler/system/cgroup.js";

/** A group with a limit. */
export interface MemoryGroup {
  /** Of the control groups of Linux. */
  readonly version: 1 | 2;
  /** Moves a process in; what it starts from then on is in it too. */
  readonly add: (pid: number) => void;
  /** How many processes the system has ended in it because the limit was reached. */
  readonly kills: () => number;
  /** The most that it held at once, in bytes; `undefined` where the system does not tell (version 2 before Linux 5.19). */
  readonly peak: () => number | undefined;
  /** Takes the group away; `false` while a process is still in it. */
  readonly remove: () => boolean;
}

/** Where groups are, and who asks. */
export interface GroupPlace {
  /** The text of `/proc/self/cgroup`. */
  readonly own: string;
  /** The text of `/proc/self/mountinfo`. */
  readonly mountinfo: string;
}

let count = 0;

/** Makes a group for at most `limit` bytes beside or below our own; `undefined` where that is not allowed, which is most places but a container or a user session that was given its own groups. */
export function createMemoryGroup(limit: number, place: GroupPlace | undefined = readPlace()): MemoryGroup | undefined {
  if (place === undefined) return undefined;
  const mounts = parseCgroupMounts(place.mountinfo);
  const found = findCgroup("memory", parseCgroupMemberships(place.own), mounts);
  const [own, above] = found?.levels ?? [];
  if (found === undefined || own === undefined) return undefined;
  const files = found.version === 1 ? first : second;
  // In version 2 a group with processes of its own may not hand controllers on: that is why the one above is tried too.
  const parents = found.version === 2 && above !== undefined ? [own, above] : [own];
  for (const parent of parents) {
    const group = tryGroup(parent, limit, files);
    if (group) return group;
  }
  return undefined;
}

/** What the two versions call things. */
interface GroupFiles {
  readonly version: 1 | 2;
  /** Whether groups below `parent` can have limits on memory. */
  readonly hasMemory: (parent: string) => boolean;
  readonly limit: string;
  /** Of memory and swap together, or of swap alone; a system that does not count swap has no such file. */
  readonly swap: { readonly file: string; readonly value: (limit: number) => number };
  readonly kills: string;
  readonly peak: string;
}

const first: GroupFiles = {
  version: 1,
  hasMemory: () => true,
  limit: "memory.limit_in_bytes",
  swap: { file: "memory.memsw.limit_in_bytes", value: (limit) => limit },
  kills: "memory.oom_control",
  peak: "memory.max_usage_in_bytes",
};

const second: GroupFiles = {
  version: 2,
  hasMemory: (parent) => (readText(join(parent, "cgroup.subtree_control")) ?? "").split(/\s+/).includes("memory"),
  limit: "memory.max",
  swap: { file: "memory.swap.max", value: () => 0 },
  kills: "memory.events",
  peak: "memory.peak",
};

function tryGroup(parent: string, limit: number, files: GroupFiles): MemoryGroup | undefined {
  if (!files.hasMemory(parent)) return undefined;
  sweep(parent);
  const path = join(parent, `cellscope-${process.pid}-${++count}`);
  try {
    mkdirSync(path);
  } catch {
    // Not ours to make.
    return undefined;
  }
  try {
    writeFileSync(join(path, files.limit), String(limit));
    // Without it the limit is one on memory alone, and the machine swaps.
    const swap = join(path, files.swap.file);
    if (readText(swap) !== undefined) writeFileSync(swap, String(files.swap.value(limit)));
  } catch {
    rmdirSync(path);
    return undefined;
  }
  return {
    version: files.version,
    add: (pid) => writeFileSync(join(path, "cgroup.procs"), String(pid)),
    kills: () => Number(/^oom_kill (\d+)$/m.exec(readText(join(path, files.kills)) ?? "")?.[1] ?? 0),
    peak: () => {
      const text = readText(join(path, files.peak));
      return text === undefined ? undefined : Number(text);
    },
    remove: () => tryRemove(path),
  };
}

/** Takes away what a runner has left that was killed; a group in which something still runs stays. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = /^cellscope-(\d+)-\d+$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) tryRemove(join(parent, name));
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function tryRemove(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch {
    // A process is still in it, if only one that is about to be gone; the next run looks again.
    return false;
  }
}

function readPlace(): GroupPlace | undefined {
  const own = readText("/proc/self/cgroup");
  const mountinfo = readText("/proc/self/mountinfo");
  return own === undefined || mountinfo === undefined ? undefined : { own, mountinfo };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // There is no such file here.
    return undefined;
  }
}
