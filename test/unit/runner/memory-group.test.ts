import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createMemoryGroup, type GroupPlace } from "../../../runner/memory-group.js";
import { describeBreach } from "../../../runner/memory-limit.js";

let mount: string;
beforeEach(async () => {
  mount = await mkdtemp(join(tmpdir(), "cellscope-groups-"));
});
afterEach(() => rm(mount, { recursive: true }));

const groupsIn = async (folder: string) =>
  (await readdir(join(mount, folder))).filter((name) => name.startsWith("cellscope-"));

// Files as a user session of systemd has them: the group of the shell holds processes, and hands nothing on; the one above does.
describe("groups of version 2", () => {
  const above = "user.slice/app.slice";
  const place = (own = "0::/user.slice/app.slice/shell.scope\n"): GroupPlace => ({
    own,
    mountinfo: `31 23 0:28 / ${mount} rw,relatime - cgroup2 cgroup2 rw\n`,
  });
  beforeEach(async () => {
    await mkdir(join(mount, above, "shell.scope"), { recursive: true });
    await writeFile(join(mount, above, "shell.scope/cgroup.subtree_control"), "\n");
    await writeFile(join(mount, above, "cgroup.subtree_control"), "cpu memory pids\n");
  });

  test("are made where the memory controller is handed on, with the limit, and processes are moved in", async () => {
    const group = createMemoryGroup(1000, place());
    group?.add(42);
    const [name = ""] = await groupsIn(above);
    const read = (file: string) => readFile(join(mount, above, name, file), "utf8");
    expect([group?.version, await read("memory.max"), await read("cgroup.procs")]).toEqual([2, "1000", "42"]);
  });

  test("tell by their events what the system has ended in them", async () => {
    const group = createMemoryGroup(1000, place());
    expect([group?.kills(), group?.peak()]).toEqual([0, undefined]);
    const [name = ""] = await groupsIn(above);
    const folder = join(mount, above, name);
    await writeFile(join(folder, "memory.events"), "low 0\nhigh 0\nmax 12\noom 2\noom_kill 1\noom_group_kill 0\n");
    await writeFile(join(folder, "memory.peak"), "999\n");
    expect([group?.kills(), group?.peak()]).toEqual([1, 999]);
  });

  test("are not made where the group above hands no memory on", async () => {
    expect(createMemoryGroup(1000, place("0::/user.slice\n"))).toBeUndefined();
    expect(await groupsIn("")).toEqual([]);
  });

  test("that a killed runner has left are taken away, and others stay", async () => {
    // Above what process ids can be.
    const names = ["cellscope-4194305-1", `cellscope-${process.pid}-77`, "cellscope-mine"];
    for (const name of names) await mkdir(join(mount, above, name));
    createMemoryGroup(1000, place());
    const left = await groupsIn(above);
    expect([left.includes("cellscope-4194305-1"), ...names.slice(1).map((name) => left.includes(name))]).toEqual([
      false,
      true,
      true,
    ]);
  });
});

// As Docker has them: the group of the container is the top of what is seen.
describe("groups of version 1", () => {
  const place = (): GroupPlace => ({
    own: "5:pids:/docker/ab\n4:memory:/docker/ab\n0::/\n",
    mountinfo: [
      `35 31 0:32 /docker/ab ${mount}/memory rw,relatime - cgroup cgroup rw,memory`,
      `36 31 0:33 / ${mount}/unified rw,relatime - cgroup2 cgroup2 rw`,
    ].join("\n"),
  });
  beforeEach(() => mkdir(join(mount, "memory")));

  test("are made below our own, which may hold processes, and tell by their own files", async () => {
    const group = createMemoryGroup(1000, place());
    group?.add(42);
    const [name = ""] = await groupsIn("memory");
    const folder = join(mount, "memory", name);
    const read = (file: string) => readFile(join(folder, file), "utf8");
    expect([group?.version, await read("memory.limit_in_bytes"), await read("cgroup.procs")]).toEqual([
      1,
      "1000",
      "42",
    ]);
    await writeFile(join(folder, "memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
    await writeFile(join(folder, "memory.max_usage_in_bytes"), "999\n");
    expect([group?.kills(), group?.peak()]).toEqual([3, 999]);
  });
});

test.each([
  ["no group is mounted", "4:memory:/container\n", ""],
  ["there is no memory controller", "1:cpu:/\n", "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"],
])("none is made where %s", (_case, own, mountinfo) => {
  expect(createMemoryGroup(1000, { own, mountinfo })).toBeUndefined();
});

test("what was reached is told with who held most of it, and who has ended that", () => {
  const process = { pid: 7, rss: 3 * 2 ** 20, name: "node main.cjs", isKernel: false };
  const start = "The kernel and its processes held 5.00 MiB, and --memory-limit is 4.00 MiB: ";
  const breach = { limit: 2 ** 22, held: 5 * 2 ** 20 };
  const who = "node main.cjs (pid 7, a process of the kernel) held";
  expect([
    describeBreach({ ...breach, process }),
    describeBreach({ ...breach, process, bySystem: true }),
    describeBreach({ ...breach, bySystem: true }),
  ]).toEqual([
    `${start}${who} 3.00 MiB of it, and was ended.`,
    `${start}${who} most of it, and was ended by the system.`,
    `${start}the system has ended the process that held most of it.`,
  ]);
});
