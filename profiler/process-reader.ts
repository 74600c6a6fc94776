// Reads another process's memory and time from /proc, by files that stay open: 3 microseconds a reading,
// and a number that has been given to a new process is never mistaken for the old one.
import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { parseChildren, parseCpuTime, parseNewestPid, parseResidentPages } from "./proc.js";

const buffer = Buffer.alloc(4096);
// A page that is not 4 KiB large is told by comparing this process's pages with its bytes, once.
let pageSize: number | undefined;

/** One process under observation. Every reading is `NaN` when the process is gone or /proc is not there. */
export interface ProcessReader {
  readonly rss: () => number;
  /** Milliseconds since the process started, in steps of 10. */
  readonly cpu: () => number;
  /** RSS of all its descendants together; which they are is looked up at most every `interval` ms, when any process has begun. */
  readonly childrenRss: (now: number) => number;
  readonly close: () => void;
}

/** Opens the files of a process. */
export function openProcessReader(pid: number, interval = 100): ProcessReader {
  const statm = openText(`/proc/${pid}/statm`);
  const stat = openText(`/proc/${pid}/stat`);
  const children = new Map<number, TextFile>();
  let family: Family | undefined;
  let lookedUp = Number.NEGATIVE_INFINITY;
  const lookUp = () => {
    family ??= openFamily(pid);
    // A look takes ten times as long as all the other readings together, and cells that start nothing have hundreds.
    if (!family.mayHaveGrown()) return;
    const present = family.descendants();
    for (const [child, file] of children) {
      if (present.has(child)) continue;
      file.close();
      children.delete(child);
    }
    for (const child of present) if (!children.has(child)) children.set(child, openText(`/proc/${child}/statm`));
  };
  return {
    rss: () => resident(statm.read()),
    cpu: () => {
      const text = stat.read();
      return text === undefined ? Number.NaN : parseCpuTime(text);
    },
    childrenRss: (now) => {
      if (statm.read() === undefined) return Number.NaN;
      if (now - lookedUp >= interval) {
        lookedUp = now;
        lookUp();
      }
      let sum = 0;
      // A child that has just ended holds nothing any more.
      for (const file of children.values()) sum += resident(file.read()) || 0;
      return sum;
    },
    close: () => {
      for (const file of [statm, stat, ...children.values()]) file.close();
      children.clear();
      family?.close();
      family = undefined;
    },
  };
}

/** A file of /proc that stays open. */
export interface TextFile {
  /** What it says now; `undefined` when the process has ended. */
  readonly read: () => string | undefined;
  readonly close: () => void;
}

/** Opens a file of /proc. */
export function openText(path: string): TextFile {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
  } catch {
    // The process is gone, or this system has no /proc: every reading says so by being absent.
    return { read: () => undefined, close: () => undefined };
  }
  return {
    read: () => {
      if (descriptor === undefined) return undefined;
      try {
        return buffer.toString("latin1", 0, readSync(descriptor, buffer, 0, buffer.length, 0));
      } catch {
        // ESRCH: the process has ended since.
        return undefined;
      }
    },
    close: () => {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

function resident(statm: string | undefined): number {
  if (statm === undefined) return Number.NaN;
  pageSize ??= readPageSize();
  return parseResidentPages(statm) * pageSize;
}

function readPageSize(): number {
  const own = openText("/proc/self/statm");
  const ratio = process.memoryUsage.rss() / parseResidentPages(own.read() ?? "");
  own.close();
  // Both readings are moments apart: the nearest power of two is the size.
  return Number.isFinite(ratio) ? 2 ** Math.round(Math.log2(ratio)) : 4096;
}

/** Finds the processes that one started, and that these started, again and again. */
export interface Family {
  readonly descendants: () => Set<number>;
  /** Whether any process or thread of this machine has begun since the last look, or the system does not tell: a hundredth of a look. */
  readonly mayHaveGrown: () => boolean;
  readonly close: () => void;
}

/** Opens the family of a process. Its files stay open: one look costs a third of what it costs to open them each time. */
export function openFamily(pid: number): Family {
  // Linux lists children under the thread that started them.
  let threads = new Map<string, TextFile>();
  const loadavg = openText("/proc/loadavg");
  let newest: number | undefined;
  const childrenOf = (parent: number, seen: Map<string, TextFile>): number[] => {
    try {
      return readdirSync(`/proc/${parent}/task`).flatMap((thread) => {
        const path = `/proc/${parent}/task/${thread}/children`;
        let file = threads.get(path) ?? openText(path);
        let text = file.read();
        if (text === undefined && threads.has(path)) {
          // The number has been given to a new thread.
          file.close();
          file = openText(path);
          text = file.read();
        }
        seen.set(path, file);
        return text === undefined ? [] : parseChildren(text);
      });
    } catch {
      // It ended between two readings.
      return [];
    }
  };
  return {
    descendants: () => {
      // Before the look: what begins in its course may not be in it.
      newest = parseNewestPid(loadavg.read() ?? "");
      const seen = new Map<string, TextFile>();
      const found = new Set<number>();
      const queue = [pid];
      for (let parent = queue.pop(); parent !== undefined; parent = queue.pop()) {
        for (const child of childrenOf(parent, seen)) {
          if (found.has(child)) continue;
          found.add(child);
          queue.push(child);
        }
      }
      for (const [path, file] of threads) if (seen.get(path) !== file) file.close();
      threads = seen;
      return found;
    },
    mayHaveGrown: () => newest === undefined || newest !== parseNewestPid(loadavg.read() ?? ""),
    close: () => {
      loadavg.close();
      for (const file of threads.values()) file.close();
      threads.clear();
    },
  };
}
