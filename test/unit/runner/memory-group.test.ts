import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createMemoryGroup } from "../../../runner/memory-group.js";

// Files as a user session of systemd has them: the group of the shell holds processes, and hands nothing on; the one above does.
let mount: string;
const own = "0::/user.slice/app.slice/shell.scope\n";
beforeEach(async () => {
  mount = await mkdtemp(join(tmpdir(), "cellscope-groups-"));
  await mkdir(join(mount, "user.slice/app.slice/shell.scope"), { recursive: true });
  await writeFile(join(mount, "user.slice/app.slice/shell.scope/cgroup.subtree_control"), "\n");
  await writeFile(join(mount, "user.slice/app.slice/cgroup.subtree_control"), "cpu memory pids\n");
});
afterEach(() => rm(mount, { recursive: true }));

const groups = async () =>
  (await readdir(join(mount, "user.slice/app.slice"))).filter((name) => name.startsWith("cellscope-"));

test("a group is made where the memory controller is handed on, with the limit, and processes are moved in", async () => {
  const group = createMemoryGroup(1000, { mount, own });
  group?.add(42);
  const [name = ""] = await groups();
  const read = (file: string) => readFile(join(mount, "user.slice/app.slice", name, file), "utf8");
  expect([await read("memory.max"), await read("cgroup.procs")]).toEqual(["1000", "42"]);
});

test("what the system has ended in it is read from its events", async () => {
  const group = createMemoryGroup(1000, { mount, own });
  expect([group?.kills(), group?.peak()]).toEqual([0, undefined]);
  const [name = ""] = await groups();
  const folder = join(mount, "user.slice/app.slice", name);
  await writeFile(join(folder, "memory.events"), "low 0\nhigh 0\nmax 12\noom 2\noom_kill 1\noom_group_kill 0\n");
  await writeFile(join(folder, "memory.peak"), "999\n");
  expect([group?.kills(), group?.peak()]).toEqual([1, 999]);
});

test.each([
  ["there are only groups of version 1", "4:memory:/container\n1:cpu:/\n"],
  ["the group above hands no memory on", "0::/user.slice\n"],
])("none is made where %s", async (_case, text) => {
  expect(createMemoryGroup(1000, { mount, own: text })).toBeUndefined();
  expect(await groups()).toEqual([]);
});
