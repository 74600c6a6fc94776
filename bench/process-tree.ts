// What processes and all that they started take, as Linux tells it.
import { readdirSync, readFileSync } from "node:fs";
import { openFamily, openProcessReader, type ProcessReader } from "../profiler/process-reader.js";

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
    pss: readPss(pid),
  }));
}

/** What a tree of processes took while it was watched. */
export interface TreeFigures {
  /** CPU time of all processes, each up to 20 ms before its end; milliseconds. */
  readonly cpu: number;
  /** The most that all held at once: bytes of RSS, in which shared pages count once for each process. */
  readonly rss: number;
  /** The same in shares of what is shared. Reading it costs the processes some milliseconds: 0 unless it was asked for. */
  readonly pss: number;
}

/** Watches the tree of `root` until the function that it returns is called. */
export function watchFigures(root: number, { pss: withPss = false } = {}): () => TreeFigures {
  const family = openFamily(root);
  const readers = new Map<number, ProcessReader>();
  const cpu = new Map<ProcessReader, number>();
  let [rss, pss, looks] = [0, 0, 0];
  const look = (): void => {
    if (looks++ % looksForFamily === 0 || family.mayHaveGrown()) {
      for (const pid of [root, ...family.descendants()]) {
        if (!readers.has(pid)) readers.set(pid, openProcessReader(pid));
      }
    }
    let sum = 0;
    for (const [pid, reader] of readers) {
      const held = reader.rss();
      if (held > 0) sum += held;
      const time = reader.cpu();
      if (time >= 0) cpu.set(reader, time);
      else {
        // It is gone, and its number may be given away again.
        reader.close();
        readers.delete(pid);
      }
    }
    rss = Math.max(rss, sum);
    if (withPss)
      pss = Math.max(
        pss,
        [...readers.keys()].reduce((all, pid) => all + readPss(pid), 0),
      );
  };
  look();
  const timer = setInterval(look, withPss ? 50 : 20);
  return () => {
    clearInterval(timer);
    for (const reader of readers.values()) reader.close();
    family.close();
    return { cpu: [...cpu.values()].reduce((all, time) => all + time, 0), rss, pss };
  };
}

const looksForFamily = 5;

function readPss(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // The process has ended since it was listed.
    return "";
  }
}
