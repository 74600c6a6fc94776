// What a cell did to the system: everything that is counted, before it and after it.
import type { ProbedProcess } from "../kernel-probe.js";
import type { Measured } from "../measured.js";
import { pidOf, readMoment, type SystemMoment } from "./history.js";
import { parseProcessTicks } from "./parse.js";
import { mapMeasured, readingOnce, type System, thisSystem } from "./system.js";

/** What one cell did to the system. Bytes and milliseconds. */
export interface CellUsage {
  readonly duration: number;
  /** Of the process that runs the cells, with all its threads, and of children that it has waited for. */
  readonly cpu: Measured<{ readonly user: number; readonly system: number; readonly children: number }>;
  readonly faults: Measured<{ readonly minor: number; readonly major: number }>;
  /** By calls of the process; from caches or from disks. */
  readonly calls: Measured<{ readonly read: number; readonly written: number }>;
  /** What really came from disks, and is to go there. */
  readonly storage: Measured<{ readonly read: number; readonly written: number }>;
  /** Of everything in the network of this container, not of the cell alone. */
  readonly network: Measured<{ readonly received: number; readonly sent: number }>;
  /** How long something in the control group, or on the machine, waited. */
  readonly waited: {
    readonly cpu: Measured<number>;
    readonly memory: Measured<number>;
    readonly io: Measured<number>;
    /** Whose waiting that is. */
    readonly where: string;
  };
  /** How long its own threads were ready to run and had no CPU. */
  readonly queued: Measured<number>;
  readonly throttled: Measured<number>;
  readonly switches: Measured<{ readonly voluntary: number; readonly involuntary: number }>;
}

/** Runs something and says what that did to the system. */
export async function measureCellUsage<T>(
  processes: () => readonly ProbedProcess[],
  run: () => Promise<T>,
  system: System = thisSystem,
): Promise<{ readonly outcome: T; readonly usage: CellUsage }> {
  const before = await readAround(processes(), system);
  const began = performance.now();
  const outcome = await run();
  const duration = performance.now() - began;
  const after = await readAround(processes(), system);
  return { outcome, usage: usageBetween(before, after, duration) };
}

interface ProcessCounters {
  readonly user: number;
  readonly system: number;
  readonly children: number;
  readonly minor: number;
  readonly major: number;
}

interface InputOutput {
  readonly calls: { readonly read: number; readonly written: number };
  readonly storage: { readonly read: number; readonly written: number };
}

interface ThreadCounters {
  readonly voluntary: number;
  readonly involuntary: number;
  /** Absent where the kernel does not count it. */
  readonly queued?: number;
}

interface Around {
  readonly pid: number;
  readonly moment: SystemMoment;
  readonly process: Measured<ProcessCounters>;
  readonly io: Measured<InputOutput>;
  /** By thread: one that ends takes its counts along. */
  readonly threads: Measured<ReadonlyMap<string, ThreadCounters>>;
}

async function readAround(processes: readonly ProbedProcess[], system: System): Promise<Around> {
  const once = readingOnce(system);
  const pid = pidOf(processes);
  const [stat, io] = await Promise.all([once.readText(`/proc/${pid}/stat`), once.readText(`/proc/${pid}/io`)]);
  return {
    pid,
    moment: await readMoment(processes, { system: once }),
    process: mapMeasured(stat, (text) => found(parseCounters(text), `/proc/${pid}/stat`)),
    io: mapMeasured(io, (text) => found(parseInputOutput(text), `/proc/${pid}/io`)),
    threads: await readThreads(pid, once),
  };
}

function found<T>(value: T | undefined, file: string): Measured<T> {
  return value === undefined ? { missing: `${file} is not as in proc(5)` } : { value };
}

const tick = 10;

/** Reads faults and times out of `/proc/<pid>/stat`. */
function parseCounters(stat: string): ProcessCounters | undefined {
  const ticks = parseProcessTicks(stat);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [minor, major, childUser, childSystem] = [7, 9, 13, 14].map((index) => Number(fields[index]));
  if (ticks === undefined || minor === undefined || major === undefined) return undefined;
  if (childUser === undefined || childSystem === undefined) return undefined;
  if (![minor, major, childUser, childSystem].every(Number.isFinite)) return undefined;
  return {
    user: ticks.user * tick,
    system: ticks.system * tick,
    children: (childUser + childSystem) * tick,
    minor,
    major,
  };
}

/** Reads `/proc/<pid>/io`. */
export function parseInputOutput(text: string): InputOutput | undefined {
  const [read, written, fromDisk, toDisk] = ["rchar", "wchar", "read_bytes", "write_bytes"].map((name) => {
    const value = new RegExp(`^${name}: (\\d+)$`, "m").exec(text)?.[1];
    return value === undefined ? undefined : Number(value);
  });
  if (read === undefined || written === undefined || fromDisk === undefined || toDisk === undefined) return undefined;
  return { calls: { read, written }, storage: { read: fromDisk, written: toDisk } };
}

async function readThreads(pid: number, system: System): Promise<Around["threads"]> {
  const directory = `/proc/${pid}/task`;
  const names = await system.readDirectory(directory);
  if ("missing" in names) return names;
  const threads = await Promise.all(
    names.value.map(async (name) => {
      const [status, schedule] = await Promise.all([
        system.readText(`${directory}/${name}/status`),
        system.readText(`${directory}/${name}/schedstat`),
      ]);
      const counters = "value" in status ? parseSwitches(status.value) : undefined;
      const waited = "value" in schedule ? /^\d+ (\d+) \d+\s*$/.exec(schedule.value)?.[1] : undefined;
      if (counters === undefined) return [];
      return [[name, { ...counters, ...(waited !== undefined && { queued: Number(waited) / 1e6 }) }] as const];
    }),
  );
  return { value: new Map(threads.flat()) };
}

function parseSwitches(status: string): Pick<ThreadCounters, "voluntary" | "involuntary"> | undefined {
  const voluntary = /^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1];
  const involuntary = /^nonvoluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1];
  if (voluntary === undefined || involuntary === undefined) return undefined;
  return { voluntary: Number(voluntary), involuntary: Number(involuntary) };
}

/** Puts two readings around a cell together; pure. */
function usageBetween(before: Around, after: Around, duration: number): CellUsage {
  const [first, last] = [before.moment.counters, after.moment.counters];
  const gone = { missing: "the process that ran the cell ended with it" };
  const alive = before.pid === after.pid;
  const own = <T, U>(pick: (around: Around) => Measured<T>, apply: (start: T, end: T) => U): Measured<U> =>
    alive ? between(pick(before), pick(after), apply) : gone;
  const pressure = (kind: "cpu" | "memory" | "io") =>
    between(first.pressure[kind], last.pressure[kind], (start, end) => Math.max(0, end.some - start.some));
  return {
    duration,
    cpu: own(
      ({ process }) => process,
      (start, end) => ({
        user: end.user - start.user,
        system: end.system - start.system,
        children: end.children - start.children,
      }),
    ),
    faults: own(
      ({ process }) => process,
      (start, end) => ({ minor: end.minor - start.minor, major: end.major - start.major }),
    ),
    calls: own(
      ({ io }) => io,
      (start, end) => transferred(start.calls, end.calls),
    ),
    storage: own(
      ({ io }) => io,
      (start, end) => transferred(start.storage, end.storage),
    ),
    network: between(first.interfaces, last.interfaces, (start, end) => ({
      received: growth(start, end, "received"),
      sent: growth(start, end, "sent"),
    })),
    waited: {
      cpu: pressure("cpu"),
      memory: pressure("memory"),
      io: pressure("io"),
      where: "value" in last.pressure.cpu ? last.pressure.cpu.value.file : "",
    },
    queued: own(
      ({ threads }) => threads,
      (start, end) => sumOver(start, end, "queued"),
    ),
    throttled: between(first.throttling, last.throttling, (start, end) => Math.max(0, end.time - start.time)),
    switches: own(
      ({ threads }) => threads,
      (start, end) => ({
        voluntary: sumOver(start, end, "voluntary"),
        involuntary: sumOver(start, end, "involuntary"),
      }),
    ),
  };
}

function between<T, U>(before: Measured<T>, after: Measured<T>, apply: (start: T, end: T) => U): Measured<U> {
  if ("missing" in before) return before;
  return mapMeasured(after, (end) => ({ value: apply(before.value, end) }));
}

function transferred(
  start: InputOutput["calls"],
  end: InputOutput["calls"],
): { readonly read: number; readonly written: number } {
  return { read: end.read - start.read, written: end.written - start.written };
}

function growth<K extends "received" | "sent">(
  start: readonly ({ readonly name: string } & Readonly<Record<K, number>>)[],
  end: readonly ({ readonly name: string } & Readonly<Record<K, number>>)[],
  key: K,
): number {
  return end.reduce((sum, now) => {
    const then = start.find(({ name }) => name === now.name);
    return sum + (then === undefined ? 0 : Math.max(0, now[key] - then[key]));
  }, 0);
}

function sumOver(
  start: ReadonlyMap<string, ThreadCounters>,
  end: ReadonlyMap<string, ThreadCounters>,
  key: keyof ThreadCounters,
): number {
  let sum = 0;
  for (const [name, counters] of end) sum += (counters[key] ?? 0) - (start.get(name)?.[key] ?? 0);
  return Math.max(0, sum);
}
