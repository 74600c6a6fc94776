// Watches a process and all that it started, from outside: what a runner can say of any kernel on this machine.
import { resetHwm } from "./high-water-mark.js";
import { parseHwm, parseTotalCpuTime } from "./proc.js";
import { openFamily, openProcessReader, openText, type ProcessReader, type TextFile } from "./process-reader.js";

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
  /** Asks anew for what `begin` and `end` tell of; only where that takes its time, which they do not. */
  readonly freshen?: () => Promise<void>;
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

/** A tree that was looked up this recently is not looked up again at a beginning: what is new since belongs to what begins. */
const freshTime = 10;

/** So many samples are kept of one watch; then every second one goes and the interval doubles. */
const sampleLimit = 4096;

/** Watches the tree that `pid` is the root of; Linux only, elsewhere `end` gives nothing. */
export function watchTree(pid: number, { interval = 20 }: { readonly interval?: number } = {}): TreeWatch {
  const members = new Map<number, Member>();
  const family = openFamily(pid);
  let lookedUp = Number.NEGATIVE_INFINITY;
  let run: Run | undefined;
  let timer: NodeJS.Timeout | undefined;

  /** Looks the tree up, unless it was just now and nothing has begun or ended since: most cells are short and start nothing. */
  function renew(now: number): void {
    const isFresh = now - lookedUp < lookUpInterval && !family.mayHaveGrown();
    if (isFresh && [...members.values()].every(({ reader }) => reader.rss() > 0)) return;
    lookUp(now);
  }

  function lookUp(now: number): void {
    lookedUp = now;
    const present = new Set([pid, ...family.descendants()]);
    for (const [member, state] of members) {
      if (present.has(member)) continue;
      closeMember(state);
      members.delete(member);
      if (run) run.hasLost = true;
    }
    for (const member of present) {
      if (members.has(member)) continue;
      const reader = openProcessReader(member);
      // What begins while something runs held nothing before, and its mark counts from its own beginning.
      members.set(member, {
        reader,
        status: openText(`/proc/${member}/status`),
        stat: openText(`/proc/${member}/stat`),
        lowest: run ? 0 : reader.rss(),
        isMarked: run !== undefined,
      });
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
      const now = performance.now();
      if (now - lookedUp >= freshTime) renew(now);
      const baseline = read();
      if (Number.isNaN(baseline)) return;
      for (const [member, state] of members) {
        state.lowest = state.reader.rss();
        state.isMarked = resetHwm(member);
      }
      const cpu = sumCpu(members);
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
      renew(performance.now());
      sample();
      const { began, baseline, samples, hasLost, highest } = run;
      const cpu = sumCpu(members) - run.cpu;
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
      for (const member of members.values()) closeMember(member);
      members.clear();
      family.close();
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
  readonly status: TextFile;
  readonly stat: TextFile;
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
  for (const { status, lowest, isMarked } of members.values()) {
    const hwm = parseHwm(status.read() ?? "");
    if (!isMarked || "missing" in hwm) return undefined;
    marks.push({ lowest, hwm: hwm.value });
  }
  return marks;
}

function sumCpu(members: ReadonlyMap<number, Member>): number {
  let sum = 0;
  for (const { stat } of members.values()) sum += parseTotalCpuTime(stat.read() ?? "") || 0;
  return sum;
}

function closeMember({ reader, status, stat }: Member): void {
  for (const file of [reader, status, stat]) file.close();
}
