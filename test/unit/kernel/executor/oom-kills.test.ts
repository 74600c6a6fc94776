import { expect, test } from "vitest";
import { parseCgroupPaths, parseOomKill, readOomKills } from "../../../../kernel/executor/oom-kills.js";

test.each([
  ["memory.events of cgroup v2", "low 0\nhigh 12\nmax 40\noom 3\noom_kill 2\noom_group_kill 0\n", 2],
  ["memory.oom_control of cgroup v1", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n", 5],
  ["/proc/vmstat", "pgfault 9182\noom_kill 1\nnuma_pte_updates 0\n", 1],
  ["a kernel that does not count", "oom_kill_disable 0\nunder_oom 0\n", 0],
  ["no file", "", 0],
])("the counter of %s is read", (_source, text, expected) => {
  expect(parseOomKill(text)).toBe(expected);
});

test.each([
  ["v2 alone", "0::/user.slice/user-1000.slice\n", { v2: "/user.slice/user-1000.slice" }],
  ["v1", "12:cpu,cpuacct:/a\n9:memory:/docker/4f2e\n1:name=systemd:/b\n", { v1: "/docker/4f2e" }],
  ["v1 with controllers together", "4:hugetlb,memory,pids:/kubepods\n", { v1: "/kubepods" }],
  ["both", "3:memory:/old\n0::/new\n", { v1: "/old", v2: "/new" }],
  ["none", "", {}],
])("the paths of a process are found with %s", (_name, text, expected) => {
  expect(parseCgroupPaths(text)).toEqual(expected);
});

test("reading never fails, whatever this system counts", () => {
  const { inCgroup, onMachine } = readOomKills();
  expect(inCgroup).toBeGreaterThanOrEqual(0);
  expect(onMachine).toBeGreaterThanOrEqual(0);
});
