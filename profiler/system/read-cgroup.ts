import { type CgroupPath, findCgroup, parseCgroupMemberships, parseCgroupMounts } from "./cgroup.js";
import type { System } from "./system.js";

/** Finds the groups in which a controller counts a process; `undefined` when none is visible. */
export async function readCgroupPath(controller: string, pid: number, system: System): Promise<CgroupPath | undefined> {
  const [cgroup, mountinfo] = await Promise.all([
    system.readText(`/proc/${pid}/cgroup`),
    system.readText("/proc/self/mountinfo"),
  ]);
  if ("missing" in cgroup || "missing" in mountinfo) return undefined;
  return findCgroup(controller, parseCgroupMemberships(cgroup.value), parseCgroupMounts(mountinfo.value));
}
