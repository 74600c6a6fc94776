// What the report of %sysinfo says in words: the same in its text and in its page.

import type { Measured } from "../profiler/measured.js";
import type { Allowance, Limit } from "../profiler/system/limit.js";
import type { ProcessUsage } from "../profiler/system/processes.js";
import type { SystemInfo } from "../profiler/system/system-info.js";
import { formatBytes, formatBytesShort, formatDuration, formatPercent } from "./format.js";
import { formatCpus } from "./sysinfo-allowances.js";
import { saturationSentence } from "./sysinfo-checks.js";

/** The sentences that answer first: what this kernel may use, what says so, what still fits, and what is short. */
export function sentencesOf(info: SystemInfo): readonly string[] {
  const { memory, cpu } = info;
  const cpus = cpu.machine.value;
  return [
    sentence(memory, formatBytesShort, {
      all: `This kernel may use all ${formatBytesShort(memory.machine.value)} of this machine: no limit is smaller.`,
      shows: `This machine shows ${formatBytesShort(memory.machine.value)}`,
    }),
    sentence(cpu, formatCpus, {
      all: cpus === 1 ? "It may use the machine's only CPU." : `It may use all ${formatCpus(cpus)} CPUs.`,
      shows: `It shows ${formatCpus(cpus)} CPUs`,
    }),
    ...roomLeft(info),
    saturationSentence(info),
  ];
}

function sentence(
  { holds, machine }: Allowance,
  format: (value: number) => string,
  words: { readonly all: string; readonly shows: string },
): string {
  if (holds.value >= machine.value) return words.all;
  return `${words.shows}; this kernel may use ${format(holds.value)} (${originOf(holds)}).`;
}

function roomLeft({ memory: { available, swap, slowedFrom }, heap }: SystemInfo): readonly string[] {
  if ("missing" in available) return [];
  const besides = "value" in swap && swap.value > 0 ? `, and ${formatBytesShort(swap.value)} of swap besides` : "";
  const slowed =
    slowedFrom === undefined
      ? ""
      : ` From ${formatBytesShort(slowedFrom.value)} on the system slows it down (${slowedFrom.name}).`;
  return [
    `A load that is ${formatBytesShort(available.value)} bigger would still fit in memory${besides}${objectsLeft(heap, available.value)}.${slowed}`,
  ];
}

/** JavaScript objects have a limit of their own, which may be nearer than that of the memory. */
function objectsLeft(heap: SystemInfo["heap"], available: number): string {
  if ("missing" in heap || "missing" in heap.value.used) return "";
  const left = heap.value.holds.value - heap.value.used.value.value;
  if (left >= available) return "";
  return `; as JavaScript objects, ${formatBytesShort(Math.max(0, left))} of it (V8's heap limit)`;
}

/** Whose limit it is, and where it is set. */
export function originOf(limit: Limit): string {
  if (limit.kind === "machine") return limit.name;
  if (limit.kind === "process") return `limit of the process, ${limit.name}`;
  const directory = limit.file?.slice(0, limit.file.lastIndexOf("/")) ?? "";
  return `${ownerOf(directory)} limit, ${limit.name} of ${shortPath(directory)}`;
}

/** Names of control groups are long and repeat themselves: the first and the last tell which it is. */
function shortPath(directory: string): string {
  const names = directory.split("/");
  return names.length <= 6 ? directory : [...names.slice(0, 4), "…", ...names.slice(-1)].join("/");
}

/** Why figures are missing, each reason once, with the rows that it stands for. */
export function reasonsOf(processes: readonly ProcessUsage[]): readonly string[] {
  const rows = new Map<string, string[]>();
  for (const process of processes) {
    for (const figure of [process.rss, process.pss, process.cpu, process.cpuSinceStart, process.uptime]) {
      if ("value" in figure) continue;
      const roles = rows.get(figure.missing) ?? [];
      if (!roles.includes(process.role)) rows.set(figure.missing, [...roles, process.role]);
    }
  }
  return [...rows].map(([reason, roles]) => `— of ${roles.join(", ")}: ${reason}.`);
}

/** How the figures were taken. */
export function methodsOf({ memory, cpu, interval, platform }: SystemInfo): readonly string[] {
  const taken =
    "value" in memory.used ? `memory in use: ${memory.used.value.how}` : `memory in use: ${memory.used.missing}`;
  const busy = "value" in cpu.used ? `CPU in use: ${cpu.used.value.how}` : `CPU in use: ${cpu.used.missing}`;
  return [
    `${taken}; ${busy}; ~ over the last ${formatDuration(interval)}.`,
    `${platform.name} ${platform.release}, ${platform.architecture}, Node ${platform.node}.`,
  ];
}

/** The titles of the table of processes. */
export const processColumns = ["process", "pid", "PSS", "RSS", "CPU", "since start", "up"] as const;

/** The cells of the table of processes, with a line for all of them together. */
export function processRows(processes: readonly ProcessUsage[]): readonly (readonly string[])[] {
  const rows = processes.map(({ role, pid, pss, rss, cpu, cpuSinceStart, uptime }) => [
    role,
    String(pid),
    figure(pss, formatBytes),
    figure(rss, formatBytes),
    figure(cpu, (share) => `~${formatPercent(share)}`),
    figure(cpuSinceStart, formatPercent),
    figure(uptime, formatDuration),
  ]);
  // RSS is not added up: what the processes share would count once for each of them.
  const pss = sumOf(processes.map((process) => process.pss));
  const cpu = sumOf(processes.map((process) => process.cpu));
  const together = pss.known === 0 ? "—" : atLeast(pss, formatBytes);
  return [...rows, ["together", "", together, "", cpu.known === 0 ? "—" : `~${atLeast(cpu, formatPercent)}`, "", ""]];
}

/** A sum of what could be read; `complete` when that was everything. */
export interface Sum {
  readonly value: number;
  readonly complete: boolean;
  /** How many figures there were. */
  readonly known: number;
}

/** Adds up what could be read. */
export function sumOf(figures: readonly Measured<number>[]): Sum {
  const known = figures.flatMap((one) => ("value" in one ? [one.value] : []));
  const value = known.reduce((sum, one) => sum + one, 0);
  return { value, complete: known.length === figures.length, known: known.length };
}

/** The sum; with a `+` when it is a lower bound. */
export function atLeast({ value, complete }: Sum, format: (value: number) => string): string {
  return `${format(value)}${complete ? "" : "+"}`;
}

function figure(measured: Measured<number>, format: (value: number) => string): string {
  return "value" in measured ? format(measured.value) : "—";
}

/** Groups are made for containers and by systemd for services and users; their names tell which. */
function ownerOf(directory: string): string {
  const container = /docker|kubepods|containerd|crio|libpod|lxc|podman/.test(directory);
  return !container && /\.(service|slice|scope)(\/|$)/.test(directory) ? "systemd" : "container";
}
