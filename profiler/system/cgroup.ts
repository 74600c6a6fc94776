// Where in the control groups a process stands. A limit holds for every group below the one that it is set
// on, so each group from the process's own up to the top that is visible counts. See cgroups(7), and
// proc_pid_mountinfo(5) for where the files are: `/sys/fs/cgroup` is a habit and no rule.

/** One line of `/proc/<pid>/cgroup`: a group that the process is in. */
export interface CgroupMembership {
  /** Empty for version 2, which has one group for all controllers. */
  readonly controllers: readonly string[];
  /** As the cgroup namespace of the reader sees it. */
  readonly path: string;
}

/** A mounted hierarchy of groups. */
export interface CgroupMount {
  readonly version: 1 | 2;
  /** The group that is seen at `mountPoint`. */
  readonly root: string;
  readonly mountPoint: string;
  /** Empty for version 2. */
  readonly controllers: readonly string[];
}

/** The groups that one controller counts a process in. */
export interface CgroupPath {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  /** Directories: the process's own group first, then its parents up to `mountPoint`. */
  readonly levels: readonly string[];
}

/** Reads `/proc/<pid>/cgroup`. */
export function parseCgroupMemberships(text: string): readonly CgroupMembership[] {
  return linesOf(text).flatMap((line) => {
    // `4:memory:/docker/ab12`; the path may have colons of its own.
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) return [];
    return [{ controllers: controllers === "" ? [] : controllers.split(","), path }];
  });
}

/** Reads the hierarchies of groups out of `/proc/self/mountinfo`. */
export function parseCgroupMounts(mountinfo: string): readonly CgroupMount[] {
  return linesOf(mountinfo).flatMap((line): readonly CgroupMount[] => {
    // A varying number of optional fields stands before the lonely dash.
    const [mount = "", superBlock = ""] = line.split(" - ");
    const [, , , root, mountPoint] = mount.split(" ");
    const [type, , options = ""] = superBlock.split(" ");
    if (root === undefined || mountPoint === undefined) return [];
    const place = { root: unescapeOctal(root), mountPoint: unescapeOctal(mountPoint) };
    if (type === "cgroup2") return [{ version: 2, ...place, controllers: [] }];
    return type === "cgroup" ? [{ version: 1, ...place, controllers: options.split(",") }] : [];
  });
}

/** Finds the groups of a controller; `undefined` when they are not visible from here. */
export function findCgroup(
  controller: string,
  memberships: readonly CgroupMembership[],
  mounts: readonly CgroupMount[],
): CgroupPath | undefined {
  // A controller that version 1 has taken is not in version 2, also when both are mounted ("hybrid").
  const first = memberships.find(({ controllers }) => controllers.includes(controller));
  if (first !== undefined) {
    return locate(
      first.path,
      mounts.filter(({ controllers }) => controllers.includes(controller)),
    );
  }
  const second = memberships.find(({ controllers }) => controllers.length === 0);
  if (second === undefined) return undefined;
  return locate(
    second.path,
    mounts.filter(({ version }) => version === 2),
  );
}

function locate(path: string, mounts: readonly CgroupMount[]): CgroupPath | undefined {
  const places = mounts.flatMap((mount) => {
    const below = pathBelow(mount.root, path);
    return below === undefined ? [] : [{ mount, below }];
  });
  // The mount that shows the most parents.
  const best = places.sort((one, other) => one.mount.root.length - other.mount.root.length)[0];
  if (best === undefined) return undefined;
  const { version, mountPoint } = best.mount;
  const names = best.below.split("/").filter((name) => name !== "");
  const levels = Array.from({ length: names.length + 1 }, (_, up) =>
    [mountPoint, ...names.slice(0, names.length - up)].join("/"),
  );
  return { version, mountPoint, levels };
}

/** What of `path` lies below `root`; `undefined` when it lies elsewhere, such as outside the namespace (`/../…`). */
function pathBelow(root: string, path: string): string | undefined {
  if (path.split("/").includes("..")) return undefined;
  if (root === "/") return path;
  return path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "");
}
