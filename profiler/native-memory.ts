// What of a process's memory is mapped for what, as /proc/<pid>/smaps tells: the libraries, the code that V8 makes, the
// rest. Read by the kernel from outside, 2 to 20 ms a time.
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Measured } from "./measured.js";

/** Resident bytes of one kind of mapping. */
export interface MappingGroup {
  /** An add-on by its file, or a kind by its words. */
  readonly name: string;
  readonly rss: number;
}

/** One kind of mapping before and after the code. */
export interface NativeGrowth {
  readonly name: string;
  readonly before: number;
  readonly after: number;
}

/** The name of what belongs to no file and cannot be run: V8's heap and buffers are in it. */
export const anonymousName = "anonymous";

/** Reads the mappings of a process. */
export async function readMappings(pid: number): Promise<Measured<readonly MappingGroup[]>> {
  try {
    return { value: groupMappings(await readFile(`/proc/${pid}/smaps`, "latin1")) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { missing: process.platform === "linux" ? reason : "only Linux tells what memory is mapped for" };
  }
}

/** Sums up mappings by what they are for; pure. */
export function groupMappings(smaps: string): readonly MappingGroup[] {
  const sums = new Map<string, number>();
  let name = anonymousName;
  for (const line of smaps.split("\n")) {
    const header = /^[0-9a-f]+-[0-9a-f]+ (\S{4}) \S+ \S+ \d+ *(.*)$/.exec(line);
    if (header !== null) name = nameOf(header[1] ?? "", header[2] ?? "");
    const kibibytes = /^Rss: +(\d+) kB$/.exec(line)?.[1];
    if (kibibytes !== undefined) sums.set(name, (sums.get(name) ?? 0) + Number(kibibytes) * 1024);
  }
  return [...sums].map(([name, rss]) => ({ name, rss }));
}

function nameOf(permissions: string, path: string): string {
  if (path === "[heap]") return "malloc's first arena";
  if (path === "[stack]") return "stack of the main thread";
  if (path.endsWith(".node")) return `add-on ${basename(path)}`;
  if (/\/node(?:js)?$/.test(path)) return "Node itself";
  if (/\.so(?:\.[\d.]+)?$/.test(path)) return "libraries";
  if (path.startsWith("/") && !path.startsWith("/dev/zero") && !path.includes("(deleted)")) return "mapped files";
  if (path.startsWith("/")) return "shared memory";
  return permissions.includes("x") ? "code that V8 made" : anonymousName;
}

/** Puts two readings side by side, the largest growth first; pure. */
export function nativeGrowth(before: readonly MappingGroup[], after: readonly MappingGroup[]): readonly NativeGrowth[] {
  const names = new Set([...after, ...before].map(({ name }) => name));
  const of = (groups: readonly MappingGroup[], name: string) => groups.find((group) => group.name === name)?.rss ?? 0;
  return [...names]
    .map((name) => ({ name, before: of(before, name), after: of(after, name) }))
    .sort((one, other) => other.after - other.before - (one.after - one.before));
}
