// What the processes of a kernel take, as Linux tells it.
import { readdirSync, readFileSync } from "node:fs";

/** One process of a tree. */
export interface TreeProcess {
  readonly pid: number;
  readonly command: string;
  /** Its own memory and its share of what it has together with others: bytes. */
  readonly pss: number;
}

/** The process `root` and all that it and those have started; `undefined` where there is no `/proc`. */
export function readProcessTree(root: number): TreeProcess[] | undefined {
  if (process.platform !== "linux") return undefined;
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    // The name of the program stands in parentheses, and may hold any character.
    const parent = /^\d+ \(.*\) \S (\d+)/s.exec(readText(`/proc/${pid}/stat`))?.[1];
    if (parent !== undefined) parents.set(pid, Number(parent));
  }
  const isOfTree = (pid: number): boolean => pid === root || (parents.has(pid) && isOfTree(parents.get(pid) ?? 0));
  return [...parents.keys()].filter(isOfTree).map((pid) => ({
    pid,
    command: readText(`/proc/${pid}/cmdline`).replaceAll("\0", " "),
    pss: Number(/^Pss:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024,
  }));
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // The process has ended since it was listed.
    return "";
  }
}
