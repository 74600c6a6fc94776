import type { MimeBundle } from "../kernel/protocol/mime.js";
import type { Measured } from "../profiler/measured.js";
import type { TopProcess, TopProcesses } from "../profiler/system/top.js";
import { formatBytes, formatDuration, formatPercent } from "./format.js";
import { html } from "./html.js";
import { textTable } from "./text.js";

const columns = ["", "pid", "PSS", "RSS", "CPU", "threads", "what it is", "command"] as const;
const figureColumns = new Set([1, 2, 3, 4, 5]);
const longestCommand = 100;

/** Renders the processes that take the most; those of this kernel are marked by `▸` and by what they are. */
export function renderTop(measured: Measured<TopProcesses>): MimeBundle {
  if ("missing" in measured) return { "text/plain": `No processes can be shown: ${measured.missing}.` };
  const { by, processes, seen, interval } = measured.value;
  const rows = processes.map(cellsOf);
  const title = `The ${processes.length} of ${seen} processes that take the most ${by === "cpu" ? "CPU time" : "memory"}`;
  const footer = `▸ belongs to this kernel; CPU ~ over ${formatDuration(interval)}; PSS only where it may be read; secrets and other users' command lines are not shown.`;
  return {
    "text/plain": [
      title,
      textTable(
        columns.map((column, index) => ({ title: column, align: figureColumns.has(index) ? "end" : "start" })),
        rows,
      ),
      footer,
    ].join("\n\n"),
    "text/html": html`<div><div><b>${title}</b></div>
<table><thead><tr>${columns.map((column, index) => html`<th style="text-align: ${alignOf(index)}">${column}</th>`)}</tr></thead><tbody>
${rows.map((cells, row) => html`<tr>${cells.map((text, index) => html`<td style="text-align: ${alignOf(index)}">${processes[row]?.role === undefined ? unbroken(text, index) : html`<b>${unbroken(text, index)}</b>`}</td>`)}</tr>\n`)}</tbody></table>
<div><small>${footer}</small></div></div>`.text,
    "application/vnd.cellscope.sysinfo.v1+json": { top: measured.value },
  };
}

/** A figure stays on the line of its unit; styles that say so do not survive every front end. */
function unbroken(text: string, column: number): string {
  return figureColumns.has(column) ? text.replaceAll(" ", "\u00a0") : text;
}

function alignOf(column: number): "right" | "left" {
  return figureColumns.has(column) ? "right" : "left";
}

function cellsOf({ pid, role, name, command, rss, pss, cpu, threads }: TopProcess): readonly string[] {
  const line = "value" in command && command.value !== "" ? command.value : "";
  const what = line === "" ? `${name}${"missing" in command ? ` (${command.missing})` : ""}` : line;
  return [
    role === undefined ? "" : "▸",
    String(pid),
    figure(pss, formatBytes),
    figure(rss, formatBytes),
    figure(cpu, (share) => `~${formatPercent(share)}`),
    String(threads),
    role ?? "",
    oneLine(what),
  ];
}

function figure(measured: Measured<number>, format: (value: number) => string): string {
  return "value" in measured ? format(measured.value) : "—";
}

/** A command line may hold anything, also what would disturb a terminal. */
function oneLine(text: string): string {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  return line.length > longestCommand ? `${line.slice(0, longestCommand - 1)}…` : line;
}
