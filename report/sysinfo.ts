import type { MimeBundle } from "../kernel/protocol/mime.js";
import type { Allowance, Limit } from "../profiler/system/limit.js";
import type { SystemInfo } from "../profiler/system/system-info.js";
import { formatBytes, formatCount, formatDuration, formatPercent } from "./format.js";
import { html, type Markup } from "./html.js";
import { imageOf } from "./svg.js";
import { allowanceRows, formatCpus } from "./sysinfo-allowances.js";
import { checkColumns, checkRows, verdictsOf, verdictWords } from "./sysinfo-checks.js";
import { drawSysinfo } from "./sysinfo-picture.js";
import { isInFull, type SysinfoView, shows, showsVerdict } from "./sysinfo-sections.js";
import { methodsOf, originOf, processColumns, processRows, reasonsOf, sentencesOf } from "./sysinfo-words.js";
import { sparkline, textBar, textTable } from "./text.js";

/** The MIME type of the data of a `%sysinfo` report. */
export const sysinfoMimeType = "application/vnd.cellscope.sysinfo.v1+json";

/** Renders what a kernel may use, what it uses, and what is short. */
export function renderSysinfo(info: SystemInfo, view: SysinfoView = {}): MimeBundle {
  return {
    "text/plain": renderText(info, view),
    "text/html": renderPage(info, view).text,
    [sysinfoMimeType]: shownOf(info, view),
  };
}

/** A report of one section does not carry the checks and the curves of the others. */
function shownOf(info: SystemInfo, view: SysinfoView): SystemInfo {
  return {
    ...info,
    checks: info.checks.filter(({ resource }) => showsVerdict(view, resource)),
    trends: info.trends.filter(({ resource }) => showsVerdict(view, resource)),
  };
}

/** Renders the data alone, for a person or a program that wants the numbers. */
export function renderSysinfoData(info: SystemInfo): MimeBundle {
  return { "text/plain": JSON.stringify(info, null, 2), [sysinfoMimeType]: info };
}

/** The report as text alone, for a terminal. */
export function formatSysinfo(info: SystemInfo, view: SysinfoView = {}): string {
  return renderText(info, view);
}

function renderText(info: SystemInfo, view: SysinfoView): string {
  const parts = [
    sentencesOf(info).join("\n"),
    allowanceText(info, view),
    verdictText(info, view),
    isInFull(view) ? checkText(info, view) : "",
    view.all === true ? limitText(info) : "",
    shows(view, "processes") && info.processes.length > 0 ? processText(info) : "",
    [...(shows(view, "processes") ? reasonsOf(info.processes) : []), ...methodsOf(info)].join("\n"),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function allowanceText(info: SystemInfo, view: SysinfoView): string {
  const rows = allowanceRows(info).filter(({ section }) => shows(view, section));
  if (rows.length === 0) return "";
  return textTable(
    [
      { title: "may use" },
      { title: "" },
      { title: "in use" },
      { title: "", align: "end" },
      { title: "limit" },
      { title: "set by" },
    ],
    rows.map(({ name, share, figure, source, besides, file }) => [
      name,
      share === undefined ? "" : textBar(share, 20),
      figure,
      share === undefined ? "" : formatPercent(share),
      source,
      [file ?? "", besides].filter((text) => text !== "").join("; "),
    ]),
  );
}

function verdictText(info: SystemInfo, view: SysinfoView): string {
  const verdicts = verdictsOf(info).filter(({ resource }) => showsVerdict(view, resource));
  if (verdicts.length === 0) return "";
  const rows = verdicts.map(({ resource, verdict, sentences }) => [
    resource,
    verdict === undefined ? "—" : verdictWords[verdict],
    sparkline(info.trends.find((trend) => trend.resource === resource)?.shares ?? [], { width: 20, max: 1 }),
    sentences.join("; "),
  ]);
  return textTable(
    [
      { title: "saturated?" },
      { title: "" },
      { title: "" },
      { title: `over the last ${formatDuration(info.interval)}` },
    ],
    rows,
  );
}

function checkText(info: SystemInfo, view: SysinfoView): string {
  const checks = info.checks.filter(({ resource }) => showsVerdict(view, resource));
  if (checks.length === 0) return "";
  return textTable(
    checkColumns.map((title) => ({ title, align: title === "figure" ? "end" : "start" })),
    checkRows(checks),
  );
}

function limitText(info: SystemInfo): string {
  return textTable(
    limitColumns.map((title) => ({ title })),
    limitCells(info),
  );
}

function processText({ processes }: SystemInfo): string {
  return textTable(
    processColumns.map((title, index) => ({ title, align: index === 0 ? "start" : "end" })),
    processRows(processes),
  );
}

function renderPage(info: SystemInfo, view: SysinfoView): Markup {
  const [first = "", ...more] = sentencesOf(info);
  const checks = info.checks.filter(({ resource }) => showsVerdict(view, resource));
  const open = isInFull(view);
  const processes = shows(view, "processes") && info.processes.length > 0 ? processRows(info.processes) : [];
  return html`<div><div><b>${first}</b>${more.map((sentence) => html`<br>${sentence}`)}</div>
${imageOf(drawSysinfo(info, view), alternativeText(info, view))}
${
  processes.length > 0 &&
  folded(
    "The processes of this kernel",
    view.sections?.includes("processes") ?? false,
    table(processColumns, processes, (column) => column > 0),
  )
}
${
  checks.length > 0 &&
  folded(
    "Every figure behind the verdicts",
    open,
    table(checkColumns, checkRows(checks), (column) => column === 3),
  )
}
${folded(
  "Every limit that was found",
  view.all === true,
  table(limitColumns, limitCells(info), () => false),
)}
<div>${[...(shows(view, "processes") ? reasonsOf(info.processes) : []), ...methodsOf(info)].map((line) => html`<small>${line}</small><br>`)}</div></div>`;
}

function folded(title: string, open: boolean, content: Markup): Markup {
  return open
    ? html`<details open><summary>${title}</summary>${content}</details>`
    : html`<details><summary>${title}</summary>${content}</details>`;
}

function table(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  isFigure: (column: number) => boolean,
): Markup {
  const align = (column: number) => (isFigure(column) ? "right" : "left");
  return html`<table><thead><tr>${titles.map((title, column) => html`<th style="text-align: ${align(column)}">${title}</th>`)}</tr></thead><tbody>
${rows.map((cells) => html`<tr>${cells.map((text, column) => html`<td style="text-align: ${align(column)}">${text}</td>`)}</tr>\n`)}</tbody></table>`;
}

const limitColumns = ["limit on", "holds at", "set by", "file"] as const;

function limitCells({ memory, cpu, openFiles, tasks }: SystemInfo): readonly (readonly string[])[] {
  const bytes = ({ value }: Limit) => `${formatBytes(value)} (${formatCount(value)} bytes)`;
  const count = ({ value }: Limit) => formatCount(value);
  return [
    ...limitsOf(memory, "memory", bytes),
    ...limitsOf(cpu, "CPU", ({ value }) => formatCpus(value)),
    ...("value" in openFiles ? limitsOf(openFiles.value, "open files", count) : []),
    ...("value" in tasks ? limitsOf(tasks.value, "processes", count) : []),
  ];
}

function limitsOf(
  { limits, holds }: Allowance,
  name: string,
  format: (limit: Limit) => string,
): readonly (readonly string[])[] {
  return limits.map((limit) => [
    limit === holds ? `${name}, holds` : name,
    format(limit),
    originOf(limit),
    limit.file ?? "—",
  ]);
}

function alternativeText(info: SystemInfo, view: SysinfoView): string {
  const used = allowanceRows(info)
    .filter(({ section }) => shows(view, section))
    .map(({ name, figure, share }) => `${name} ${figure}${share === undefined ? "" : ` (${formatPercent(share)})`}`);
  const verdicts = verdictsOf(info)
    .filter(({ resource }) => showsVerdict(view, resource))
    .map(({ resource, verdict }) => `${resource} ${verdict ?? "unknown"}`);
  return [used.join("; "), verdicts.join("; ")].filter((text) => text !== "").join(". ");
}
