import type { Verdict } from "../profiler/system/check-list.js";
import type { ProcessUsage } from "../profiler/system/processes.js";
import type { SystemInfo } from "../profiler/system/system-info.js";
import { colours } from "./colours.js";
import { formatBytes, formatBytesShort, formatDuration, formatPercent } from "./format.js";
import { joinMarkup, type Markup } from "./html.js";
import { label, type Picture, picture, pictureWidth, polyline, rectangle } from "./svg.js";
import { type AllowanceRow, allowanceRows } from "./sysinfo-allowances.js";
import { type ResourceVerdict, verdictsOf, verdictWords } from "./sysinfo-checks.js";
import { type SysinfoView, shows, showsVerdict } from "./sysinfo-sections.js";
import { atLeast, sumOf } from "./sysinfo-words.js";
import { textWidth } from "./text-width.js";

/** A share from which on the picture asks to be looked at. */
const nearlyFull = 0.8;

const edge = 12;
const right = pictureWidth - edge;
const at = { name: 84, bar: 94, figure: 274, percent: 440, source: 454, curve: 150, sentence: 244 } as const;
const barWidth = 170;
const barHeight = 13;
const rowHeight = 22;

/** Draws what may be used and what is used of it, what is short, and what each process of the kernel holds. */
export function drawSysinfo(info: SystemInfo, view: SysinfoView = {}): Picture {
  const allowances = allowanceRows(info).filter(({ section }) => shows(view, section));
  const verdicts = verdictsOf(info).filter(({ resource }) => showsVerdict(view, resource));
  const parts: {
    readonly title: string;
    readonly explanation: string;
    readonly rows: (y: number) => readonly Markup[];
  }[] = [
    {
      title: "May use",
      explanation: "smallest limit that holds; where it comes from",
      rows: (y) => allowances.map((row, index) => limitRow(y + index * rowHeight, row)),
    },
    {
      title: "Saturated?",
      explanation: `the last ${formatDuration(info.interval)}, by the USE method${curvesSince(info)}`,
      rows: (y) => verdicts.map((verdict, index) => verdictRow(y + index * rowHeight, verdict, info)),
    },
    {
      title: "Of that, this kernel",
      explanation: `memory (${memoryKind(info.processes)}), CPU, time since its start`,
      rows: (y) => (shows(view, "processes") ? processRows(y, info) : []),
    },
  ];
  let y = 18;
  const shapes: Markup[] = [];
  for (const { title, explanation, rows } of parts) {
    const drawn = rows(y + 15);
    if (drawn.length === 0) continue;
    shapes.push(heading(y, title, explanation), ...drawn);
    y += 15 + drawn.length * rowHeight + 21;
  }
  return picture({ height: Math.max(20, y - 20) }, shapes);
}

function heading(y: number, title: string, explanation: string): Markup {
  return joinMarkup([
    label([edge, y], title, { size: 12, bold: true }),
    label([right, y], explanation, { size: 10.5, anchor: "end" }),
  ]);
}

function limitRow(y: number, { name, share, figure, source, besides, warns }: AllowanceRow): Markup {
  const warned = warns && share !== undefined && share >= nearlyFull;
  return joinMarkup([
    rowName(y, name),
    bar(y, share, warned ? colours.accent : colours.heap),
    rowFigure(y, figure),
    share !== undefined &&
      label([at.percent, y + 10], `${warned ? "! " : ""}${formatPercent(share)}`, {
        anchor: "end",
        bold: warned,
        ...(warned && { fill: colours.accent }),
      }),
    label([at.source, y + 10], source, {
      size: 10.5,
      maxWidth: right - at.source - (besides === "" ? 0 : textWidth(besides, { size: 10.5 }) + 10),
    }),
    besides !== "" && label([right, y + 10], besides, { size: 10.5, anchor: "end", maxWidth: right - at.source - 70 }),
  ]);
}

const verdictColours: Readonly<Record<Verdict, string>> = { ok: colours.good, look: colours.accent, bad: colours.bad };

function verdictRow(y: number, { resource, verdict, sentences }: ResourceVerdict, { trends }: SystemInfo): Markup {
  const fill = verdict === undefined ? colours.ink : verdictColours[verdict];
  const shares = trends.find((trend) => trend.resource === resource)?.shares ?? [];
  return joinMarkup([
    rowName(y, resource),
    label([at.bar, y + 10], verdict === undefined ? "—" : verdictWords[verdict], { bold: true, fill }),
    shares.length > 1 && curve(y, shares, fill),
    label([at.sentence, y + 10], sentences[0] ?? "", { maxWidth: right - at.sentence }),
  ]);
}

function curve(y: number, shares: readonly number[], stroke: string): Markup {
  const [width, height] = [at.sentence - at.curve - 12, 12];
  const points = shares.map(
    (share, index) => [at.curve + (index * width) / (shares.length - 1), y + height - share * (height - 1)] as const,
  );
  return joinMarkup([
    rectangle({ x: at.curve, y, width, height: barHeight }, { radius: 2.5, opacity: 0.1 }),
    polyline(points, { stroke, width: 1.3 }),
  ]);
}

function curvesSince({ trends }: SystemInfo): string {
  return trends.some(({ shares }) => shares.length > 1) ? "; curves: since the history began, 5 min at most" : "";
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
