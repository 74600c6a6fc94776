// Watches a process and all that it started, from outside: what a runner can say of any kernel on this machine.
import { readFileSync } from "node:fs";
import { readHwm, resetHwm } from "./high-water-mark.js";
import { parseTotalCpuTime } from "./proc.js";
import { descendantsOf, openProcessReader, type ProcessReader } from "./process-reader.js";

/** The memory of a whole tree at one moment. */
export interface TreeSample {
  /** Milliseconds since the watch began. */
  readonly time: number;
  /** RSS of all processes together; pages that they share count in each. */
  readonly rss: number;
}

/** What a tree of processes took while something ran in it. */
export interface TreeReading {
  readonly duration: number;
  /** CPU time of all processes, also of those that have ended since and were waited for. */
  readonly cpu?: number;
  readonly baseline: number;
  /** The highest RSS of all processes together. */
  readonly peak: number;
  /** The system's own high-water marks leave no doubt of more than half a MiB; otherwise `peak` is a lower bound. */
  readonly exact: boolean;
  /** RSS at the end. */
  readonly end: number;
  readonly samples: readonly TreeSample[];
}

/** The memory of one process of a tree. */
export interface ProcessRss {
  readonly pid: number;
  readonly rss: number;
}

/** A watch over a tree of processes. */
export interface TreeWatch {
  /** Sets the high-water marks back; what ran before no longer counts. */
  readonly begin: () => void;
  /** What happened since `begin`; absent where the system does not tell. */
  readonly end: () => TreeReading | undefined;
  /** RSS of the tree now; `NaN` where the system does not tell. */
  readonly rss: () => number;
  /** What each process of the tree holds now, the largest first. */
  readonly processes: () => readonly ProcessRss[];
  readonly close: () => void;
}

/** Half a MiB, and half a percent: what a high-water mark itself may be off by. */
const exactBytes = 512 * 1024;
const exactShare = 0.005;

/** How long what was found to be the tree counts as that. */
const lookUpInterval = 100;

/** So many samples are kept of one watch; then every second one goes and the interval doubles. */
const sampleLimit = 4096;

/** Watches the tree that `pid` is the root of; Linux only, elsewhere `end` gives nothing. */
export function watchTree(pid: number, { interval = 20 }: { readonly interval?: number } = {}): TreeWatch {
  const members = new Map<number, Member>();
  let lookedUp = Number.NEGATIVE_INFINITY;
  let run: Run | undefined;
  let timer: NodeJS.Timeout | undefined;

  function lookUp(now: number): void {
    lookedUp = now;
    const present = new Set([pid, ...descendantsOf(pid)]);
    for (const [member, { reader }] of members) {
      if (present.has(member)) continue;
      reader.close();
      members.delete(member);
      if (run) run.hasLost = true;
    }
    for (const member of present) {
      if (members.has(member)) continue;
      const reader = openProcessReader(member);
      // What begins while something runs held nothing before, and its mark counts from its own beginning.
      members.set(member, { reader, lowest: run ? 0 : reader.rss(), isMarked: run !== undefined });
    }
  }

  function read(): number {
    const now = performance.now();
    if (now - lookedUp >= lookUpInterval) lookUp(now);
    let sum = Number.NaN;
    for (const member of members.values()) {
      const rss = member.reader.rss();
      if (!(rss > 0)) {
        // It has ended, and holds nothing any more.
        lookedUp = Number.NEGATIVE_INFINITY;
        continue;
      }
      member.lowest = Math.min(member.lowest, rss);
      sum = Number.isNaN(sum) ? rss : sum + rss;
    }
    return sum;
  }

  function sample(): void {
    const rss = read();
    if (!run || Number.isNaN(rss)) return;
    run.samples.push({ time: performance.now() - run.began, rss });
    run.highest = Math.max(run.highest, rss);
    if (run.samples.length < sampleLimit) return;
    run.samples = run.samples.filter((_, index) => index % 2 === 0);
    run.interval *= 2;
    schedule(run.interval);
  }

  function schedule(time: number): void {
    clearInterval(timer);
    timer = setInterval(sample, time);
    timer.unref();
  }

  return {
    begin: () => {
      lookUp(performance.now());
      const baseline = read();
      if (Number.isNaN(baseline)) return;
      for (const [member, state] of members) {
        state.lowest = state.reader.rss();
        state.isMarked = resetHwm(member);
      }
      const cpu = sumCpu(members.keys());
      const began = performance.now();
      run = {
        began,
        baseline,
        highest: baseline,
        cpu,
        interval,
        hasLost: false,
        samples: [{ time: 0, rss: baseline }],
      };
      schedule(interval);
    },
    end: () => {
      clearInterval(timer);
      if (!run) return undefined;
      lookUp(performance.now());
      sample();
      const { began, baseline, samples, hasLost, highest } = run;
      const cpu = sumCpu(members.keys()) - run.cpu;
      run = undefined;
      const marks = readMarks(members);
      const bounds =
        marks && !hasLost ? peakBounds(marks, highest) : { least: highest, most: Number.POSITIVE_INFINITY };
      const isBounded = Number.isFinite(bounds.most);
      const exact = isBounded && bounds.most - bounds.least <= Math.max(exactBytes, bounds.most * exactShare);
      return {
        duration: performance.now() - began,
        ...(Number.isFinite(cpu) && !hasLost ? { cpu } : {}),
        baseline,
        peak: exact ? Math.max(bounds.most, highest) : bounds.least,
        exact,
        end: samples.at(-1)?.rss ?? baseline,
        samples,
      };
    },
    rss: read,
    processes: () => {
      lookUp(performance.now());
      return [...members]
        .map(([member, { reader }]) => ({ pid: member, rss: reader.rss() }))
        .filter(({ rss }) => rss > 0)
        .sort((one, other) => other.rss - one.rss);
    },
    close: () => {
      clearInterval(timer);
      for (const { reader } of members.values()) reader.close();
      members.clear();
    },
  };
}

/** What one process of a tree has had at least and at most while something ran. */
export interface ProcessMarks {
  readonly lowest: number;
  readonly hwm: number;
}

/**
 * Between which two figures the peak of a tree lies: at most all its processes were at their own highest at once; at
 * least one of them was, while the others held what they never went below; and it is never under what was seen.
 */
export function peakBounds(
  marks: readonly ProcessMarks[],
  seen: number,
): { readonly least: number; readonly most: number } {
  const most = marks.reduce((sum, { hwm }) => sum + hwm, 0);
  const floor = marks.reduce((sum, { lowest }) => sum + lowest, 0);
  const least = Math.max(seen, ...marks.map(({ hwm, lowest }) => floor - lowest + hwm));
  return { least, most: Math.max(most, least) };
}

interface Member {
  readonly reader: ProcessReader;
  lowest: number;
  /** Its mark counts from `begin` on. */
  isMarked: boolean;
}

interface Run {
  readonly began: number;
  readonly baseline: number;
  readonly cpu: number;
  highest: number;
  interval: number;
  /** A process ended, and took its mark with it. */
  hasLost: boolean;
  samples: TreeSample[];
}

function readMarks(members: ReadonlyMap<number, Member>): ProcessMarks[] | undefined {
  const marks: ProcessMarks[] = [];
  for (const [pid, { lowest, isMarked }] of members) {
    const hwm = readHwm(pid);
    if (!isMarked || "missing" in hwm) return undefined;
    marks.push({ lowest, hwm: hwm.value });
  }
  return marks;
}

function sumCpu(pids: Iterable<number>): number {
  let sum = 0;
  for (const pid of pids) sum += parseTotalCpuTime(readText(`/proc/${pid}/stat`)) || 0;
  return sum;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    // The process has ended: its text is empty, and says so.
    return "";
  }
}
