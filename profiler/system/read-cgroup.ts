import { type CgroupPath, findCgroup, parseCgroupMemberships, parseCgroupMounts } from "./cgroup.js";
import type { System } from "./system.js";

// One report asks for the groups of every controller, of the same two files: their lines are read once.
const membershipsOf = rememberingLast(parseCgroupMemberships);
const mountsOf = rememberingLast(parseCgroupMounts);

/** Finds the groups in which a controller counts a process; `undefined` when none is visible. */
export async function readCgroupPath(controller: string, pid: number, system: System): Promise<CgroupPath | undefined> {
  const [cgroup, mountinfo] = await Promise.all([
    system.readText(`/proc/${pid}/cgroup`),
    system.readText("/proc/self/mountinfo"),
  ]);
  if ("missing" in cgroup || "missing" in mountinfo) return undefined;
  return findCgroup(controller, membershipsOf(cgroup.value), mountsOf(mountinfo.value));
}

/** The same function, which does not work again on the text that it was given last. */
function rememberingLast<T>(parse: (text: string) => T): (text: string) => T {
  let last: { readonly text: string; readonly parsed: T } | undefined;
  return (text) => {
    if (last?.text !== text) last = { text, parsed: parse(text) };
    return last.parsed;
  };
}
