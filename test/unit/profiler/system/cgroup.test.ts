import { expect, test } from "vitest";
import { findCgroup, parseCgroupMemberships, parseCgroupMounts } from "../../../../profiler/system/cgroup.js";

const mount = (root: string, mountPoint: string, rest: string) =>
  `35 31 0:32 ${root} ${mountPoint} rw,relatime shared:7 master:2 - ${rest}\n`;

test("a group's path may contain colons", () => {
  expect(parseCgroupMemberships("9:memory:/a:b/c\n0::/x\n")).toEqual([
    { controllers: ["memory"], path: "/a:b/c" },
    { controllers: [], path: "/x" },
  ]);
});

test("only hierarchies of groups are taken from mountinfo, with their escaped characters read", () => {
  const text = [
    mount("/", "/", "ext4 /dev/sda1 rw"),
    mount("/", "/mnt/with\\040space", "cgroup2 cgroup2 rw,nsdelegate"),
    mount("/docker/ab", "/sys/fs/cgroup/cpu,cpuacct", "cgroup cgroup rw,cpu,cpuacct"),
  ].join("");
  expect(parseCgroupMounts(text)).toEqual([
    { version: 2, root: "/", mountPoint: "/mnt/with space", controllers: [] },
    {
      version: 1,
      root: "/docker/ab",
      mountPoint: "/sys/fs/cgroup/cpu,cpuacct",
      controllers: ["rw", "cpu", "cpuacct"],
    },
  ]);
});

test.each([
  {
    title: "the whole tree is mounted: every group up to the mount point",
    cgroup: "0::/a/b\n",
    mounts: mount("/", "/sys/fs/cgroup", "cgroup2 cgroup2 rw"),
    levels: ["/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a", "/sys/fs/cgroup"],
  },
  {
    title: "the container's own group is mounted: it is the mount point",
    cgroup: "4:memory:/docker/ab\n",
    mounts: mount("/docker/ab", "/sys/fs/cgroup/memory", "cgroup cgroup rw,memory"),
    levels: ["/sys/fs/cgroup/memory"],
  },
  {
    title: "a group inside the container",
    cgroup: "4:memory:/docker/ab/job\n",
    mounts: mount("/docker/ab", "/sys/fs/cgroup/memory", "cgroup cgroup rw,memory"),
    levels: ["/sys/fs/cgroup/memory/job", "/sys/fs/cgroup/memory"],
  },
  {
    title: "mounted twice: the mount that shows more parents",
    cgroup: "0::/a/b\n",
    mounts: mount("/a/b", "/inner", "cgroup2 cgroup2 rw") + mount("/", "/outer", "cgroup2 cgroup2 rw"),
    levels: ["/outer/a/b", "/outer/a", "/outer"],
  },
  {
    title: "hybrid: version 1 has the controller, so version 2 has not",
    cgroup: "4:memory:/v1\n0::/v2\n",
    mounts: mount("/", "/unified", "cgroup2 cgroup2 rw") + mount("/", "/memory", "cgroup cgroup rw,memory"),
    levels: ["/memory/v1", "/memory"],
  },
  {
    title: "a neighbour whose name begins alike is not a parent",
    cgroup: "0::/docker/abc\n",
    mounts: mount("/docker/ab", "/sys/fs/cgroup", "cgroup2 cgroup2 rw"),
    levels: undefined,
  },
  {
    title: "outside the namespace: nothing is known",
    cgroup: "0::/../../other\n",
    mounts: mount("/", "/sys/fs/cgroup", "cgroup2 cgroup2 rw"),
    levels: undefined,
  },
  { title: "nothing is mounted", cgroup: "0::/a\n", mounts: "", levels: undefined },
])("groups are found when $title", ({ cgroup, mounts, levels }) => {
  const path = findCgroup("memory", parseCgroupMemberships(cgroup), parseCgroupMounts(mounts));
  expect(path?.levels).toEqual(levels);
});
