// The processes that can be seen from here, by what they take.
import { setTimeout as delay } from "node:timers/promises";
import type { ProbedProcess } from "../kernel-probe.js";
import type { Measured } from "../measured.js";
import { maskArguments } from "./mask.js";
import { parseKibibytes, parseProcessTicks } from "./parse.js";
import { mapMeasured, type System, thisSystem } from "./system.js";

/** A process of this machine or container. Bytes. */
export interface TopProcess {
  readonly pid: number;
  /** What it is to this kernel; absent for a stranger. */
  readonly role?: ProbedProcess["role"] | "started by a cell" | "started by the kernel";
  readonly name: string;
  /** The command line, without what looks like a secret; that of another user is missing. */
  readonly command: Measured<string>;
  readonly rss: Measured<number>;
  readonly pss: Measured<number>;
  /** Share of one CPU while it was watched. */
  readonly cpu: Measured<number>;
  readonly threads: number;
}

/** The processes that take the most, and how many were seen. */
export interface TopProcesses {
  readonly by: TopOrder;
  readonly processes: readonly TopProcess[];
  readonly seen: number;
  /** Milliseconds. */
  readonly interval: number;
}

/** What processes are ordered by. */
export type TopOrder = "memory" | "cpu";

const tick = 10;

/** Watches every process that can be seen for `interval` milliseconds, and returns those that take the most. */
export async function measureTop(
  own: readonly ProbedProcess[],
  options: {
    readonly count: number;
    readonly by: TopOrder;
    readonly interval?: number;
    /** Leave out the strangers. */
    readonly only?: "own";
    readonly system?: System;
    /** Whose command lines may be shown; the user of this process when absent. */
    readonly user?: number;
  },
): Promise<Measured<TopProcesses>> {
  const { count, by, interval = 500, only, system = thisSystem, user = process.getuid?.() } = options;
  if (system.platform !== "linux") return { missing: `processes are listed on Linux only, not on ${system.platform}` };
  const began = performance.now();
  const before = await readAll(system);
  if ("missing" in before) return before;
  await delay(interval);
  const elapsed = performance.now() - began;
  const after = await readAll(system);
  if ("missing" in after) return after;
  const all = [...after.value.values()].flatMap((stat) => {
    const role = roleOf(stat.pid, own, after.value);
    if (only === "own" && role === undefined) return [];
    const start = before.value.get(stat.pid);
    const time = start === undefined ? stat.time : stat.time - start.time;
    return [{ ...stat, cpu: Math.max(0, time) / elapsed, role }];
  });
  const most = all.sort((one, other) =>
    by === "cpu" ? other.cpu - one.cpu || other.pages - one.pages : other.pages - one.pages,
  );
  const processes = most.slice(0, count).map((stat) => describe(stat, stat.role, user, system));
  return { value: { by, processes: await Promise.all(processes), seen: all.length, interval: elapsed } };
}

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  /** CPU time in milliseconds. */
  readonly time: number;
  readonly pages: number;
  readonly threads: number;
}

async function readAll(system: System): Promise<Measured<ReadonlyMap<number, ProcessStat>>> {
  const names = await system.readDirectory("/proc");
  if ("missing" in names) return names;
  const pids = names.value.filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => system.readText(`/proc/${pid}/stat`)));
  return {
    value: new Map(
      stats.flatMap((text) => {
        // A process that has ended since is no process any more.
        const stat = "value" in text ? parseProcessStat(text.value) : undefined;
        return stat === undefined ? [] : [[stat.pid, stat] as const];
      }),
    ),
  };
}

/** Reads `/proc/<pid>/stat`; `undefined` when it is not of that form. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const ticks = parseProcessTicks(text);
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  const fields = text.slice(close + 2).split(" ");
  const [pid, parent, threads, pages] = [text.slice(0, open), fields[1], fields[17], fields[21]].map(Number);
  if (ticks === undefined || pid === undefined || parent === undefined) return undefined;
  if (threads === undefined || pages === undefined) return undefined;
  if (![pid, parent, threads, pages].every(Number.isFinite)) return undefined;
  return { pid, parent, name: text.slice(open + 1, close), time: (ticks.user + ticks.system) * tick, pages, threads };
}

function roleOf(pid: number, own: readonly ProbedProcess[], all: ReadonlyMap<number, ProcessStat>): TopProcess["role"] {
  const ownRole = (one: number) => own.find((process) => process.pid === one)?.role;
  const role = ownRole(pid);
  if (role !== undefined) return role;
  const visited = new Set<number>();
  for (let at = all.get(pid)?.parent; at !== undefined && !visited.has(at); at = all.get(at)?.parent) {
    visited.add(at);
    const above = ownRole(at);
    if (above !== undefined) return above === "executor" ? "started by a cell" : "started by the kernel";
  }
  return undefined;
}

async function describe(
  stat: ProcessStat & { readonly cpu: number },
  role: TopProcess["role"],
  user: number | undefined,
  system: System,
): Promise<TopProcess> {
  const { pid, name, cpu, threads } = stat;
  const [status, rollup, line] = await Promise.all([
    system.readText(`/proc/${pid}/status`),
    system.readText(`/proc/${pid}/smaps_rollup`),
    system.readText(`/proc/${pid}/cmdline`),
  ]);
  const owner = "value" in status ? /^Uid:\s+(\d+)/m.exec(status.value)?.[1] : undefined;
  const isOwn = owner !== undefined && Number(owner) === user;
  return {
    pid,
    ...(role !== undefined && { role }),
    name,
    // How our own are started is no news, and long.
    command: isOurs(role)
      ? { value: `cellscope ${role}` }
      : isOwn
        ? mapMeasured(line, (text) => ({ value: maskArguments(text.split("\0").filter(Boolean)).join(" ") }))
        : { missing: "of another user" },
    rss: mapMeasured(status, (text) => sizeOf(text, "VmRSS", "a thread of the system's own has no memory")),
    pss: mapMeasured(rollup, (text) => sizeOf(text, "Pss", "no Pss in smaps_rollup")),
    cpu: { value: cpu },
    threads,
  };
}

function isOurs(role: TopProcess["role"]): role is ProbedProcess["role"] {
  return role === "kernel" || role === "executor" || role === "language";
}

function sizeOf(text: string, field: string, missing: string): Measured<number> {
  const value = parseKibibytes(text, field);
  return value === undefined ? { missing } : { value };
}
