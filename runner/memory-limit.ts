// Keeps a kernel and all its processes below a limit: who holds most is ended before the machine runs out.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type ProcessRss, type TreeWatch, watchTree } from "../profiler/process-tree.js";
import { formatBytes } from "../report/format.js";
import { createMemoryGroup } from "./memory-group.js";

/** What is known of a limit that was reached. */
export interface MemoryBreach {
  readonly limit: number;
  /** What all processes held together when it was seen, or what the system says they held at most. */
  readonly held?: number;
  /** The process that held most of it when it was last looked at, and was ended; absent when nobody saw one. */
  readonly process?: LimitedProcess;
  /** The system has ended it, which held the limit itself. */
  readonly bySystem?: true;
}

/** A process of a kernel with a limit. */
export interface LimitedProcess extends ProcessRss {
  readonly name: string;
  readonly isKernel: boolean;
}

/** Who holds a limit: the system, by a control group of one of its two versions, or who looks 50 times a second. */
export type LimitHolder = "control group v1" | "control group v2" | "watched";

/** Holds a limit until it is closed. */
export interface MemoryLimit {
  readonly bytes: number;
  /** Takes in the kernel's process, as soon as there is one. */
  readonly add: (pid: number) => void;
  /** What was reached since the last time this was asked; nothing when all stayed below the limit. */
  readonly take: () => MemoryBreach | undefined;
  /** Who holds it, as soon as there is a process. */
  readonly holder: () => LimitHolder;
  /** When no process is left. */
  readonly close: () => Promise<void>;
}

/** How often it is looked: what one process can allocate in that time is some tens of MiB. */
const interval = 20;
/** The memory of a process that was ended is given back within this time; only then is another one ended. */
const graceTime = 500;
/** Who holds more than this share is remembered: the system does not say whom it has ended. */
const largeShare = 0.5;
/** A process that was ended is in its group for a moment longer. */
const removalTime = 1000;

/** Holds a kernel below a limit: by a control group where one may be made, and else by looking, which in any case tells who it was. */
export function holdMemoryLimit(limit: number): MemoryLimit {
  const group = createMemoryGroup(limit);
  let isInGroup = false;
  let killsBefore = 0;
  let watch: TreeWatch | undefined;
  let breach: MemoryBreach | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  let quietUntil = 0;
  let lastLargest: LimitedProcess | undefined;
  const names = new Map<number, string>();

  const look = (root: number, tree: TreeWatch): void => {
    const now = performance.now();
    if (now < quietUntil || !(tree.rss() > (isInGroup ? largeShare * limit : limit))) return;
    const processes = tree.processes();
    const held = processes.reduce((sum, { rss }) => sum + rss, 0);
    const [largest] = processes;
    if (largest === undefined) return;
    const name = names.get(largest.pid) ?? nameOf(largest.pid);
    names.set(largest.pid, name);
    lastLargest = { ...largest, name, isKernel: largest.pid === root };
    // The system holds the limit then, and counts what processes share only once.
    if (isInGroup) return;
    // What was counted may have ended between the two readings.
    if (held <= limit) return;
    try {
      process.kill(largest.pid, "SIGKILL");
    } catch (error) {
      // ESRCH: it has ended by itself.
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
      return;
    }
    quietUntil = now + graceTime;
    breach ??= { limit, held, process: lastLargest };
  };

  return {
    bytes: limit,
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
      const ended = lastLargest && isGone(lastLargest.pid) ? { process: lastLargest } : {};
      return { limit, bySystem: true, ...(held !== undefined && { held }), ...ended };
    },
    holder: () => (isInGroup && group ? `control group v${group.version}` : "watched"),
    close: async () => {
      clearInterval(timer);
      watch?.close();
      const deadline = performance.now() + removalTime;
      while (group && !group.remove() && performance.now() < deadline) await setTimeout(interval);
    },
  };
}

/** A breach for a person: what was reached, by whom, and what became of it. Pure. */
export function describeBreach({ limit, held, process, bySystem }: MemoryBreach): string {
  const whole = held === undefined ? "all that they may" : formatBytes(held);
  const what = `The kernel and its processes held ${whole}, and --memory-limit is ${formatBytes(limit)}`;
  if (!process) return `${what}: the system has ended the process that held most of it.`;
  const whose = process.isKernel ? "the kernel's own process" : "a process of the kernel";
  const who = `${process.name} (pid ${process.pid}, ${whose})`;
  // How much it had in the end, nobody saw.
  if (bySystem) return `${what}: ${who} held most of it, and was ended by the system.`;
  return `${what}: ${who} held ${formatBytes(process.rss)} of it, and was ended.`;
}

function isGone(pid: number): boolean {
  try {
    // Still there as long as nobody has waited for it.
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return true;
  }
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
