import type { MimeBundle } from "../kernel/protocol/mime.js";
import type { Allowance, Limit } from "../profiler/system/limit.js";
import type { SystemInfo } from "../profiler/system/system-info.js";
import { formatBytes, formatBytesOf, formatBytesShort, formatCount, formatPercent } from "./format.js";
import { html, type Markup } from "./html.js";
import { imageOf } from "./svg.js";
import { drawSysinfo } from "./sysinfo-picture.js";
import {
  formatCpus,
  methodsOf,
  originOf,
  processColumns,
  processRows,
  reasonsOf,
  sentencesOf,
} from "./sysinfo-words.js";
import { textBar, textTable } from "./text.js";

/** The MIME type of the data of a `%sysinfo` report. */
export const sysinfoMimeType = "application/vnd.cellscope.sysinfo.v1+json";

/** Renders what a kernel may use and what it uses. */
export function renderSysinfo(info: SystemInfo): MimeBundle {
  return {
    "text/plain": renderText(info),
    "text/html": renderPage(info).text,
    [sysinfoMimeType]: info,
  };
}

/** Renders the data alone, for a person or a program that wants the numbers. */
export function renderSysinfoData(info: SystemInfo): MimeBundle {
  return { "text/plain": JSON.stringify(info, null, 2), [sysinfoMimeType]: info };
}

function renderText(info: SystemInfo): string {
  const { memory, cpu, processes } = info;
  const bars = textTable(
    [
      { title: "" },
      { title: "" },
      { title: "in use" },
      { title: "", align: "end" },
      { title: "limit" },
      { title: "set by" },
    ],
    [
      ["memory", ...usageCells(memory, formatBytesOf, formatBytesShort), memory.holds.name, memory.holds.file ?? ""],
      ["CPU", ...usageCells(cpu, cpusOf, formatCpus), cpu.holds.name, cpu.holds.file ?? ""],
    ],
  );
  const table = textTable(
    processColumns.map((title, index) => ({ title, align: index === 0 ? "start" : "end" })),
    processRows(processes),
  );
  return [sentencesOf(info).join("\n"), bars, table, [...reasonsOf(processes), ...methodsOf(info)].join("\n")].join(
    "\n\n",
  );
}

function usageCells(
  { holds, used }: Allowance,
  part: (used: number, whole: number) => string,
  whole: (value: number) => string,
): readonly string[] {
  if ("missing" in used) return ["", `— of ${whole(holds.value)}`, ""];
  const share = used.value.value / holds.value;
  return [textBar(share, 20), part(used.value.value, holds.value), formatPercent(share)];
}

function cpusOf(used: number, whole: number): string {
  return `~${used.toFixed(2)} of ${formatCpus(whole)}`;
}

function renderPage(info: SystemInfo): Markup {
  const [first = "", ...more] = sentencesOf(info);
  const rows = processRows(info.processes);
  return html`<div><div><b>${first}</b>${more.map((sentence) => html`<br>${sentence}`)}</div>
${imageOf(drawSysinfo(info), alternativeText(info))}
<table><thead><tr>${processColumns.map((title, index) => cell("th", title, index))}</tr></thead><tbody>
${rows.map((cells) => html`<tr>${cells.map((text, index) => cell("td", text, index))}</tr>\n`)}</tbody></table>
<details><summary>Every limit that was found</summary><table><thead><tr>${["limit on", "holds at", "set by", "file"].map((title) => cell("th", title, 0))}</tr></thead><tbody>
${limitRows(info.memory, "memory", (limit) => `${formatBytes(limit.value)} (${formatCount(limit.value)} bytes)`)}${limitRows(info.cpu, "CPU", (limit) => formatCpus(limit.value))}</tbody></table></details>
<div>${[...reasonsOf(info.processes), ...methodsOf(info)].map((line) => html`<small>${line}</small><br>`)}</div></div>`;
}

function cell(element: "th" | "td", text: string, column: number): Markup {
  const align = column === 0 ? "left" : "right";
  return element === "th"
    ? html`<th style="text-align: ${align}">${text}</th>`
    : html`<td style="text-align: ${align}">${text}</td>`;
}

function limitRows({ limits, holds }: Allowance, name: string, format: (limit: Limit) => string): readonly Markup[] {
  return limits.map(
    (limit) =>
      html`<tr>${[limit === holds ? `${name}, holds` : name, format(limit), originOf(limit), limit.file ?? "—"].map((text) => cell("td", text, 0))}</tr>\n`,
  );
}

function alternativeText({ memory, cpu }: SystemInfo): string {
  const of = (allowance: Allowance, part: (used: number, whole: number) => string, whole: (value: number) => string) =>
    usageCells(allowance, part, whole)
      .slice(1)
      .filter((text) => text !== "")
      .join(", ");
  return `Memory: ${of(memory, formatBytesOf, formatBytesShort)}. CPU: ${of(cpu, cpusOf, formatCpus)}.`;
}
