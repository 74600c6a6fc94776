// Keeps a kernel and all its processes below a limit: who holds most is ended before the machine runs out.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { type ProcessRss, type TreeWatch, watchTree } from "../profiler/process-tree.js";
import { formatBytes } from "../report/format.js";
import { createMemoryGroup } from "./memory-group.js";

/** What is known of a limit that was reached. */
export interface MemoryBreach {
  readonly limit: number;
  /** What all processes held together when it was seen, or what the system says they held at most. */
  readonly held?: number;
  /** The process that held most of it, and was ended; absent when the system itself has ended one. */
  readonly process?: ProcessRss & { readonly name: string; readonly isKernel: boolean };
}

/** Holds a limit until it is closed. */
export interface MemoryLimit {
  /** Takes in the kernel's process, as soon as there is one. */
  readonly add: (pid: number) => void;
  /** What was reached since the last time this was asked; nothing when all stayed below the limit. */
  readonly take: () => MemoryBreach | undefined;
  readonly close: () => void;
}

/** How often it is looked: what one process can allocate in that time is some tens of MiB. */
const interval = 20;
/** The memory of a process that was ended is given back within this time; only then is another one ended. */
const graceTime = 500;

/** Holds a kernel below a limit: by a control group where one may be made, and by looking in any case, which tells who it was. */
export function holdMemoryLimit(limit: number): MemoryLimit {
  const group = createMemoryGroup(limit);
  let isInGroup = false;
  let killsBefore = 0;
  let watch: TreeWatch | undefined;
  let breach: MemoryBreach | undefined;
  let timer: NodeJS.Timeout | undefined;
  let quietUntil = 0;

  const look = (root: number, tree: TreeWatch): void => {
    const now = performance.now();
    if (now < quietUntil || !(tree.rss() > limit)) return;
    const processes = tree.processes();
    const held = processes.reduce((sum, { rss }) => sum + rss, 0);
    const [largest] = processes;
    // What was counted may have ended between the two readings.
    if (largest === undefined || held <= limit) return;
    const name = nameOf(largest.pid);
    try {
      process.kill(largest.pid, "SIGKILL");
    } catch (error) {
      // ESRCH: it has ended by itself.
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
      return;
    }
    quietUntil = now + graceTime;
    breach ??= { limit, held, process: { ...largest, name, isKernel: largest.pid === root } };
  };

  return {
    add: (pid) => {
      try {
        group?.add(pid);
        isInGroup = group !== undefined;
      } catch {
        // The group may be ours while the way between it and our own is not: looking has to do.
      }
      const tree = watchTree(pid);
      watch?.close();
      clearInterval(timer);
      watch = tree;
      timer = setInterval(look, interval, pid, tree);
    },
    take: () => {
      const taken = breach;
      breach = undefined;
      const kills = isInGroup ? (group?.kills() ?? 0) : 0;
      const wasKilled = kills > killsBefore;
      killsBefore = kills;
      if (taken || !wasKilled) return taken;
      const held = group?.peak();
      return { limit, ...(held !== undefined && { held }) };
    },
    close: () => {
      clearInterval(timer);
      watch?.close();
      group?.remove();
    },
  };
}

/** A breach for a person: what was reached, by whom, and what became of it. Pure. */
export function describeBreach({ limit, held, process }: MemoryBreach): string {
  const whole = held === undefined ? "all that they may" : formatBytes(held);
  const what = `The kernel and its processes held ${whole}, and --memory-limit is ${formatBytes(limit)}`;
  if (!process) return `${what}: the system has ended the process that held most of it.`;
  const whose = process.isKernel ? "the kernel's own process" : "a process of the kernel";
  return `${what}: ${process.name} (pid ${process.pid}, ${whose}) held ${formatBytes(process.rss)} of it, and was ended.`;
}

/** The command line of a process, shortened: without the folder of its program and the options before what it runs. */
function nameOf(pid: number): string {
  try {
    const [program = "", ...words] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").filter(Boolean);
    const text = [basename(program), ...words.filter((word) => !word.startsWith("--"))].join(" ");
    return text.length > 80 ? `${text.slice(0, 79)}…` : text;
  } catch {
    // It has ended since.
    return "a process";
  }
}
