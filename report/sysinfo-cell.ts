import type { MimeBundle } from "../kernel/protocol/mime.js";
import type { Measured } from "../profiler/measured.js";
import type { CellUsage } from "../profiler/system/cell-usage.js";
import { formatBytes, formatCount, formatDuration, formatPercent } from "./format.js";
import { html } from "./html.js";
import { textTable } from "./text.js";

/** Renders what a cell did to the system. */
export function renderCellUsage(usage: CellUsage): MimeBundle {
  const rows = rowsOf(usage);
  const title = titleOf(usage);
  const footer = footerOf(usage);
  return {
    "text/plain": [
      title,
      textTable(
        ["", "this cell", ""].map((column) => ({ title: column })),
        rows,
      ),
      footer,
    ].join("\n\n"),
    "text/html": html`<div><div><b>${title}</b></div>
<table><tbody>
${rows.map(([name, figure, besides]) => html`<tr><th style="text-align: left">${name}</th><td style="text-align: right">${figure}</td><td style="text-align: left">${besides}</td></tr>\n`)}</tbody></table>
<div><small>${footer}</small></div></div>`.text,
    "application/vnd.cellscope.sysinfo.v1+json": { cell: usage },
  };
}

function titleOf({ duration, cpu }: CellUsage): string {
  if ("missing" in cpu) return `This cell took ${formatDuration(duration)}.`;
  const time = cpu.value.user + cpu.value.system + cpu.value.children;
  // Rates of what is counted in ticks of 10 ms say nothing of a cell that is over sooner.
  const share = duration >= 50 ? ` (${formatPercent(time / duration)} of one CPU)` : "";
  return `This cell took ${formatDuration(duration)}, and ${formatDuration(time)} of CPU time${share}.`;
}

type Row = readonly [name: string, figure: string, besides: string];

function rowsOf(usage: CellUsage): readonly Row[] {
  const { cpu, faults, calls, storage, network, waited, queued, throttled, switches } = usage;
  const pair = <T>(name: string, measured: Measured<T>, say: (value: T) => readonly [string, string]): Row => {
    if ("missing" in measured) return [name, "—", measured.missing];
    const [figure, besides] = say(measured.value);
    return [name, figure, besides];
  };
  const transfer = ({ read, written }: { readonly read: number; readonly written: number }) =>
    [`${formatBytes(read)} read`, `${formatBytes(written)} written`] as const;
  return [
    pair("CPU time", cpu, ({ user, system, children }) => [
      `${formatDuration(user)} user`,
      `${formatDuration(system)} system${children > 0 ? `, ${formatDuration(children)} in child processes` : ""}`,
    ]),
    pair("by calls", calls, transfer),
    pair("from and to disks", storage, transfer),
    pair("network", network, ({ received, sent }) => [
      `${formatBytes(received)} received`,
      `${formatBytes(sent)} sent`,
    ]),
    pair("page faults", faults, ({ minor, major }) => [
      `${formatCount(major)} from disk`,
      `${formatCount(minor)} without reading`,
    ]),
    pair("waited for a CPU", queued, (time) => [formatDuration(time), "its own threads together"]),
    pair("throttled", throttled, (time) => [formatDuration(time), "by the CPU quota"]),
    pair("context switches", switches, ({ voluntary, involuntary }) => [
      `${formatCount(voluntary)} to wait`,
      `${formatCount(involuntary)} because others had their turn`,
    ]),
    pair("pressure, CPU", waited.cpu, (time) => [formatDuration(time), "somebody waited for a CPU"]),
    pair("pressure, memory", waited.memory, (time) => [formatDuration(time), "somebody waited for memory"]),
    pair("pressure, disk", waited.io, (time) => [formatDuration(time), "somebody waited for a disk"]),
  ];
}

function footerOf({ waited }: CellUsage): string {
  const where = waited.where === "" ? "" : ` Pressure is of all processes that ${waited.where} counts.`;
  return `CPU time is counted in steps of 10 ms. Network is of everything in this container's network but the loopback.${where}`;
}
