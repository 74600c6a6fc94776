// Limits in control groups that are made for the test, where this machine lets us make some.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { parseCgroupMounts } from "../../profiler/system/cgroup.js";
import { readCpuLimits } from "../../profiler/system/cpu-limits.js";
import { readMemoryLimits } from "../../profiler/system/memory-limits.js";
import { thisSystem } from "../../profiler/system/system.js";
import { readTasks } from "../../profiler/system/task-limits.js";

const MiB = 1024 ** 2;
const name = `cellscope-test-${process.pid}`;
const undo: (() => void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) step();
});

const mounts = process.platform === "linux" ? parseCgroupMounts(readFileSync("/proc/self/mountinfo", "utf8")) : [];
const first = (controller: string) => mounts.find(({ controllers }) => controllers.includes(controller))?.mountPoint;
const second = mounts.find(({ version }) => version === 2)?.mountPoint;

/** Why no group with these files can be made here; `undefined` when one can. */
function reasonAgainst(directory: string | undefined, file: string): string | undefined {
  if (directory === undefined) return "not mounted";
  try {
    mkdirSync(`${directory}/${name}`);
    readFileSync(`${directory}/${name}/${file}`);
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  } finally {
    try {
      rmdirSync(`${directory}/${name}`);
    } catch {
      // It could not be made.
    }
  }
}

function makeGroup(directory: string, child: ChildProcess, files: Readonly<Record<string, string>>): string {
  const group = `${directory}/${name}`;
  mkdirSync(group);
  undo.push(() => rmdirSync(group));
  for (const [file, text] of Object.entries(files)) writeFileSync(`${group}/${file}`, text);
  writeFileSync(`${group}/cgroup.procs`, String(child.pid));
  // A group with a process in it cannot be removed.
  undo.push(() => writeFileSync(`${directory}/cgroup.procs`, String(child.pid)));
  return group;
}

function sleeper(): { readonly child: ChildProcess; readonly pid: number } {
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  undo.push(() => child.kill("SIGKILL"));
  if (child.pid === undefined) throw new Error("sleep could not be started");
  return { child, pid: child.pid };
}

const [memory, cpu, pids] = [first("memory"), first("cpu"), first("pids")];
const against1 =
  reasonAgainst(memory, "memory.limit_in_bytes") ??
  reasonAgainst(cpu, "cpu.cfs_quota_us") ??
  reasonAgainst(pids, "pids.max");

test.runIf(against1 === undefined)(
  `limits of version 1 hold for a process in a group${against1 === undefined ? "" : ` (skipped: ${against1})`}`,
  async () => {
    const { child, pid } = sleeper();
    const groups = [
      makeGroup(memory ?? "", child, { "memory.limit_in_bytes": String(96 * MiB) }),
      makeGroup(cpu ?? "", child, { "cpu.cfs_quota_us": "25000", "cpu.cfs_period_us": "100000" }),
      makeGroup(pids ?? "", child, { "pids.max": "17" }),
    ];
    expect((await readMemoryLimits(pid)).holds).toMatchObject({
      value: 96 * MiB,
      file: `${groups[0]}/memory.limit_in_bytes`,
    });
    expect((await readCpuLimits(pid)).limits[0]).toMatchObject({ value: 0.25, file: `${groups[1]}/cpu.cfs_quota_us` });
    expect(await readTasks(pid, thisSystem)).toMatchObject({
      value: { holds: { value: 17 }, used: { value: { value: 1 } } },
    });
  },
);

const against2 = reasonAgainst(second, "memory.max") ?? reasonAgainst(second, "cpu.max");

test.runIf(against2 === undefined)(
  `limits of version 2 hold for a process in a group${against2 === undefined ? "" : ` (skipped: ${against2}; the controllers are version 1's, or not ours)`}`,
  async () => {
    const { child, pid } = sleeper();
    const group = makeGroup(second ?? "", child, { "memory.max": String(96 * MiB), "cpu.max": "25000 100000" });
    expect((await readMemoryLimits(pid)).holds).toMatchObject({ value: 96 * MiB, file: `${group}/memory.max` });
    expect((await readCpuLimits(pid)).limits[0]).toMatchObject({ value: 0.25, file: `${group}/cpu.max` });
  },
);
