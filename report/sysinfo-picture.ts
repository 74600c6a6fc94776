import type { Allowance } from "../profiler/system/limit.js";
import type { ProcessUsage } from "../profiler/system/processes.js";
import type { SystemInfo } from "../profiler/system/system-info.js";
import { colours } from "./colours.js";
import { formatBytes, formatBytesOf, formatBytesShort, formatDuration, formatPercent } from "./format.js";
import { joinMarkup, type Markup } from "./html.js";
import { label, type Picture, picture, pictureWidth, rectangle } from "./svg.js";
import { atLeast, formatCpus, sumOf } from "./sysinfo-words.js";
import { textWidth } from "./text-width.js";

/** A share of the memory from which on the picture asks to be looked at. */
const nearlyFull = 0.8;

const edge = 12;
const right = pictureWidth - edge;
const at = { name: 84, bar: 94, figure: 274, percent: 440, source: 454 } as const;
const barWidth = 170;
const barHeight = 13;
const rowHeight = 22;
const firstRow = 33;

/** Draws what may be used and what is used of it, and what each process of the kernel holds. */
export function drawSysinfo(info: SystemInfo): Picture {
  const limits = [
    limitRow(firstRow, "memory", info.memory, { amount: formatBytesOf, whole: formatBytesShort, warns: true }),
    limitRow(firstRow + rowHeight, "CPU", info.cpu, { amount: cpusOf, whole: formatCpus, warns: false }),
  ];
  const below = firstRow + limits.length * rowHeight + 21;
  const processes = processRows(below + 15, info);
  return picture({ height: below + 15 + processes.length * rowHeight + 4 }, [
    heading(18, "May use", "smallest limit that holds; where it comes from"),
    limits,
    heading(below, "Of that, this kernel", `memory (${memoryKind(info.processes)}), CPU, time since its start`),
    processes,
  ]);
}

function heading(y: number, title: string, explanation: string): Markup {
  return joinMarkup([
    label([edge, y], title, { size: 12, bold: true }),
    label([right, y], explanation, { size: 10.5, anchor: "end" }),
  ]);
}

interface RowStyle {
  readonly amount: (used: number, whole: number) => string;
  readonly whole: (value: number) => string;
  readonly warns: boolean;
}

function limitRow(y: number, name: string, { holds, machine, used }: Allowance, style: RowStyle): Markup {
  const share = "value" in used ? used.value.value / holds.value : undefined;
  const warns = style.warns && share !== undefined && share >= nearlyFull;
  const shown = holds.value < machine.value ? `the machine shows ${style.whole(machine.value)}` : "all that there is";
  return joinMarkup([
    rowName(y, name),
    bar(y, share, warns ? colours.accent : colours.heap),
    rowFigure(y, "value" in used ? style.amount(used.value.value, holds.value) : style.whole(holds.value)),
    share !== undefined &&
      label([at.percent, y + 10], `${warns ? "! " : ""}${formatPercent(share)}`, {
        anchor: "end",
        bold: warns,
        ...(warns && { fill: colours.accent }),
      }),
    label([at.source, y + 10], holds.name, {
      size: 10.5,
      maxWidth: right - at.source - textWidth(shown, { size: 10.5 }) - 10,
    }),
    label([right, y + 10], shown, { size: 10.5, anchor: "end" }),
  ]);
}

const roleColours = { executor: colours.heap, kernel: colours.ink, language: colours.offHeap } as const;

function processRows(y: number, { processes, memory }: SystemInfo): readonly Markup[] {
  const kind = memoryKind(processes);
  const held = processes.map(({ pss, rss }) => (kind === "PSS" ? pss : rss));
  const sum = sumOf(held);
  const rows = processes.map(({ role, pid, cpu, uptime }, index) => {
    const top = y + index * rowHeight;
    const own = held[index] ?? { missing: "" };
    return joinMarkup([
      rowName(top, role),
      bar(top, "value" in own && sum.value > 0 ? own.value / sum.value : undefined, roleColours[role]),
      rowFigure(top, "value" in own ? formatBytes(own.value) : "—"),
      "value" in own && percentOf(top, own.value / memory.holds.value),
      label([at.source, top + 10], `pid ${pid}`, { size: 10.5 }),
      label([right - 95, top + 10], `CPU ${"value" in cpu ? `~${formatPercent(cpu.value)}` : "—"}`, endLabel),
      label([right, top + 10], `up ${"value" in uptime ? formatDuration(uptime.value) : "—"}`, endLabel),
    ]);
  });
  if (kind === "RSS") return rows;
  const last = y + rows.length * rowHeight;
  const together = joinMarkup([
    rowName(last, "together"),
    rowFigure(last, atLeast(sum, formatBytes)),
    percentOf(last, sum.value / memory.holds.value),
    label([at.source, last + 10], `of the ${formatBytesShort(memory.holds.value)} that it may use`, { size: 10.5 }),
  ]);
  return [...rows, together];
}

/** Where the system does not know what is shared, RSS has to do; it is not added up. */
function memoryKind(processes: readonly ProcessUsage[]): "PSS" | "RSS" {
  return processes.some(({ pss }) => "value" in pss) ? "PSS" : "RSS";
}

const endLabel = { size: 10.5, anchor: "end" } as const;

function rowName(y: number, name: string): Markup | undefined {
  return label([at.name, y + 10], name, { anchor: "end", maxWidth: at.name });
}

function rowFigure(y: number, figure: string): Markup | undefined {
  return label([at.figure, y + 10], figure, { bold: true });
}

function percentOf(y: number, share: number): Markup | undefined {
  return label([at.percent, y + 10], formatPercent(share), { anchor: "end" });
}

function bar(y: number, share: number | undefined, fill: string): Markup {
  const box = { x: at.bar, y, width: barWidth, height: barHeight };
  const filled = share === undefined ? 0 : Math.max(2, barWidth * Math.min(1, share));
  return joinMarkup([
    rectangle(box, { radius: 2.5, opacity: 0.18 }),
    filled > 0 && rectangle({ ...box, width: filled }, { radius: 2.5, fill, opacity: 0.9 }),
  ]);
}

function cpusOf(used: number, whole: number): string {
  return `~${used.toFixed(2)} of ${formatCpus(whole)}`;
}
