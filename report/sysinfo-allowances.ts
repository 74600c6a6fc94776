// The rows of "May use": what there is of everything, and how much of it is taken.
import type { Measured } from "../profiler/measured.js";
import type { Gpu } from "../profiler/system/gpus.js";
import { type Allowance, shareTaken } from "../profiler/system/limit.js";
import type { SystemInfo } from "../profiler/system/system-info.js";
import { formatBytesOf, formatBytesShort, formatCount } from "./format.js";
import type { Section } from "./sysinfo-sections.js";

/** One row of "May use", with its figures as text. */
export interface AllowanceRow {
  readonly section: Section;
  readonly name: string;
  /** Share that is taken; absent where that could not be read. */
  readonly share?: number;
  /** `2.61 of 4.00 GiB`; of what is not there, why. */
  readonly figure: string;
  /** What the limit is called. */
  readonly source: string;
  /** What there is besides: what the machine shows, or what could not be read. */
  readonly besides: string;
  /** Being nearly full means trouble. */
  readonly warns: boolean;
  readonly file?: string;
}

/** Puts every limit and its usage into rows, in the order in which a report shows them. */
export function allowanceRows(info: SystemInfo): readonly AllowanceRow[] {
  return [
    rowOf("memory", "memory", info.memory, { part: bytesOf, whole: formatBytesShort }),
    rowOf("cpu", "CPU", info.cpu, { part: cpusOf, whole: formatCpus, warns: false }),
    ...measuredRow("node", "V8 heap", info.heap, { part: bytesOf, whole: formatBytesShort }),
    ...swapRow(info),
    ...info.disks.map((disk): AllowanceRow => {
      const short = disk.place === "working directory" ? "disk here" : "disk for tmp";
      const mount = "value" in disk.mount ? disk.mount.value : undefined;
      const besides =
        mount === undefined ? "" : `${mount.type} on ${mount.mountPoint}${mount.readOnly ? ", read-only" : ""}`;
      if ("missing" in disk.space) return missingRow("disk", short, disk.space.missing);
      const { size, free, available } = disk.space.value;
      const mayUse = size - free + available;
      return {
        section: "disk",
        name: short,
        share: shareTaken(size - free, mayUse),
        figure: bytesOf(size - free, mayUse),
        source: "file system",
        besides,
        warns: true,
        file: disk.path,
      };
    }),
    ...measuredRow("limits", "open files", info.openFiles, { part: countOf, whole: formatCount }),
    ...measuredRow("limits", "processes", info.tasks, { part: countOf, whole: formatCount }),
    ...gpuRows(info.gpus),
  ];
}

interface RowFormat {
  readonly part: (used: number, whole: number) => string;
  readonly whole: (value: number) => string;
  readonly warns?: boolean;
}

function rowOf(section: Section, name: string, { holds, machine, used }: Allowance, format: RowFormat): AllowanceRow {
  const { part, whole, warns = true } = format;
  const besides = holds.value < machine.value ? `the machine shows ${whole(machine.value)}` : "";
  const common = {
    section,
    name,
    source: holds.name,
    besides,
    warns,
    ...(holds.file !== undefined && { file: holds.file }),
  };
  if ("missing" in used) return { ...common, figure: `— of ${whole(holds.value)}` };
  return { ...common, share: shareTaken(used.value.value, holds.value), figure: part(used.value.value, holds.value) };
}

function measuredRow(
  section: Section,
  name: string,
  allowance: Measured<Allowance>,
  format: RowFormat,
): readonly AllowanceRow[] {
  return "value" in allowance
    ? [rowOf(section, name, allowance.value, format)]
    : [missingRow(section, name, allowance.missing)];
}

function missingRow(section: Section, name: string, reason: string): AllowanceRow {
  return { section, name, figure: "—", source: reason, besides: "", warns: false };
}

function swapRow({ memory: { swap } }: SystemInfo): readonly AllowanceRow[] {
  if ("missing" in swap) return [];
  const figure = swap.value === 0 ? "none" : formatBytesShort(swap.value);
  return [{ section: "memory", name: "swap", figure, source: "may be used besides", besides: "", warns: false }];
}

function gpuRows(gpus: Measured<readonly Gpu[]>): readonly AllowanceRow[] {
  if ("missing" in gpus) {
    return [{ section: "gpu", name: "GPU", figure: "none", source: gpus.missing, besides: "", warns: false }];
  }
  return gpus.value.map(({ name, memory, memoryUsed }, index): AllowanceRow => {
    const row = {
      section: "gpu",
      name: gpus.value.length > 1 ? `GPU ${index}` : "GPU",
      besides: "",
      warns: true,
    } as const;
    if ("missing" in memory) return { ...row, figure: "—", source: `${name}: ${memory.missing}` };
    if ("missing" in memoryUsed) return { ...row, figure: `— of ${formatBytesShort(memory.value)}`, source: name };
    const share = shareTaken(memoryUsed.value, memory.value);
    return { ...row, share, figure: bytesOf(memoryUsed.value, memory.value), source: name };
  });
}

/** `2`, `1.5`, `0.25`: a number of CPUs. */
export function formatCpus(cpus: number): string {
  return String(Math.round(cpus * 100) / 100);
}

function cpusOf(used: number, whole: number): string {
  return `~${used.toFixed(2)} of ${formatCpus(whole)}`;
}

/** In one unit, unless that would make a nothing of what is small beside the whole. */
function bytesOf(used: number, whole: number): string {
  return used > 0 && used < whole / 100
    ? `${formatBytesShort(used)} of ${formatBytesShort(whole)}`
    : formatBytesOf(used, whole);
}

function countOf(used: number, whole: number): string {
  return `${formatCount(used)} of ${formatCount(whole)}`;
}
