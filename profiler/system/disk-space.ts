import os from "node:os";
import type { Measured } from "../measured.js";
import { type FileSystemSpace, mapMeasured, type System } from "./system.js";

/** The room on the file system of a place that notebooks write to. */
export interface DiskSpace {
  readonly place: "working directory" | "temporary directory";
  readonly path: string;
  readonly space: Measured<FileSystemSpace>;
  /** Where the file system is mounted, and of which kind it is. */
  readonly mount: Measured<Mount>;
}

/** A mounted file system. */
export interface Mount {
  readonly mountPoint: string;
  readonly type: string;
  /** A device, or what a server calls it. */
  readonly source: string;
  readonly readOnly: boolean;
}

/** Reads the room where a process works and where temporary files go; one entry when that is one file system. */
export async function readDiskSpace(pid: number, system: System): Promise<readonly DiskSpace[]> {
  const [link, mounts] = await Promise.all([system.readLink(`/proc/${pid}/cwd`), readMounts(system)]);
  const here = "value" in link ? link.value : process.cwd();
  const disk = async (place: DiskSpace["place"], path: string): Promise<DiskSpace> => ({
    place,
    path,
    space: await system.readSpace(path),
    mount: mapMeasured(mounts, (all) => mountOf(path, all)),
  });
  const [work, temporary] = await Promise.all([
    disk("working directory", here),
    disk("temporary directory", os.tmpdir()),
  ]);
  return isSame(work, temporary) ? [work] : [work, temporary];
}

function isSame(one: DiskSpace, other: DiskSpace): boolean {
  if (!("value" in one.mount && "value" in other.mount)) return one.path === other.path;
  const [first, second] = [one.mount.value, other.mount.value];
  if (first.mountPoint === second.mountPoint) return true;
  // Containers see parts of one file system at several places.
  const size = ({ space }: DiskSpace) => ("value" in space ? space.value.size : undefined);
  return first.source.startsWith("/") && first.source === second.source && size(one) === size(other);
}

/** Reads what is mounted, as this process sees it. */
export async function readMounts(system: System): Promise<Measured<readonly Mount[]>> {
  if (system.platform !== "linux") return { missing: `${system.platform} has no /proc/self/mountinfo` };
  return mapMeasured(await system.readText("/proc/self/mountinfo"), (text) => ({ value: parseMounts(text) }));
}

/** Reads `/proc/<pid>/mountinfo`; of several mounts on one place the last one is the one that is seen. */
export function parseMounts(mountinfo: string): readonly Mount[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [mount = "", superBlock = ""] = line.split(" - ");
    const [, , , , mountPoint, options = ""] = mount.split(" ");
    const [type, source = ""] = superBlock.split(" ");
    if (mountPoint === undefined || type === undefined || type === "") return [];
    return [
      {
        mountPoint: unescapeOctal(mountPoint),
        type,
        source: unescapeOctal(source),
        readOnly: options.split(",").includes("ro"),
      },
    ];
  });
}

/** The mount that a path is on. */
export function mountOf(path: string, mounts: readonly Mount[]): Measured<Mount> {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const { mountPoint } = mount;
    const holds = mountPoint === "/" || path === mountPoint || path.startsWith(`${mountPoint}/`);
    if (holds && (best === undefined || mountPoint.length >= best.mountPoint.length)) best = mount;
  }
  return best === undefined ? { missing: `no mount of ${path} is visible` } : { value: best };
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
