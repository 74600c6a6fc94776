import type { MimeBundle } from "../kernel/protocol/mime.js";
import type { LineCost, LineProfile, LineTable } from "../profiler/lines/line-profile.js";
import type { Measured } from "../profiler/measured.js";
import { colours } from "./colours.js";
import { html, type Markup } from "./html.js";
import {
  allocatedOf,
  cellsOf,
  isLoud,
  type LineColumn,
  lineColumns,
  lineHeadline,
  lineMethods,
} from "./line-profile-words.js";
import { profileMimeType } from "./memory-profile.js";
import { cutText, terminalWidth, textTable } from "./text.js";

/** Renders what lines cost. Pure: the same profile gives the same bundle. */
export function renderLineProfile(profile: Measured<LineProfile>): MimeBundle {
  if ("missing" in profile) {
    const text = `Lines: — (${profile.missing})`;
    return { "text/plain": text, "text/html": html`<div>${text}</div>`.text };
  }
  const { value } = profile;
  return {
    "text/plain": renderText(value),
    "text/html": renderPage(value).text,
    [profileMimeType]: { kind: "lines", ...value },
  };
}

const textWidth = 80;

function renderText(profile: LineProfile): string {
  return [
    ...profile.tables.flatMap((table) => [lineHeadline(table), "", textOf(table), ""]),
    ...lineMethods(profile),
  ].join("\n");
}

function textOf(table: LineTable): string {
  const figures = rowsOf(table).map(({ line, cost }) => [
    String(line),
    ...lineColumns.map((column) => cellsOf(table, cost)[column.key]),
  ]);
  const titles = [
    { title: "Line", align: "end" as const },
    ...lineColumns.map(({ title }) => ({ title, align: "end" as const })),
  ];
  const left = textTable(titles, figures).split("\n");
  const taken = Math.max(...left.map(terminalWidth));
  const room = Math.max(16, textWidth - taken - 2);
  return left
    .map((text, index) => {
      const source = index === 0 ? "Line Contents" : (table.source[index - 1] ?? "");
      return `${text.padEnd(taken)}  ${cutText(source.replaceAll("\t", "  "), room)}`.trimEnd();
    })
    .join("\n");
}

function rowsOf(table: LineTable): readonly { readonly line: number; readonly cost: LineCost | undefined }[] {
  const costs = new Map(table.lines.map((cost) => [cost.line, cost]));
  return table.source.map((_, index) => {
    const line = table.firstLine + index;
    return { line, cost: costs.get(line) };
  });
}

function renderPage(profile: LineProfile): Markup {
  return html`<div>${profile.tables.map((table) => tableOf(table))}
<div>${lineMethods(profile).map((line) => html`<small>${line}</small><br>`)}</div></div>`;
}

function tableOf(table: LineTable): Markup {
  const most = Math.max(0, ...table.lines.map((cost) => allocatedOf(cost)));
  const worst = table.lines.find((cost) => allocatedOf(cost) === most && isLoud(table, cost));
  return html`<div><b>${lineHeadline(table)}</b></div>
<table><thead><tr><th style="text-align: right">Line</th>${lineColumns.map(({ title }) => html`<th style="text-align: right">${title}</th>`)}<th style="text-align: left">Heap, off-heap</th><th style="text-align: left">Line contents</th></tr></thead><tbody>
${rowsOf(table).map(({ line, cost }, index) => rowOf(table, { line, cost, source: table.source[index] ?? "", most, isWorst: cost !== undefined && cost === worst }))}</tbody></table>`;
}

interface Row {
  readonly line: number;
  readonly cost: LineCost | undefined;
  readonly source: string;
  readonly most: number;
  readonly isWorst: boolean;
}

const barWidth = 90;

function rowOf(table: LineTable, { line, cost, source, most, isWorst }: Row): Markup {
  const cells = cellsOf(table, cost);
  // A line that has cost nothing steps back, so that the others stand out.
  const quiet = cost === undefined || !isLoud(table, cost) ? `; color: ${colours.ink}` : "";
  // Blanks at the front would be lost; a style that keeps them does not survive where the notebook is not trusted.
  const indented = source.replaceAll("\t", "  ").replace(/^ +/, (indent) => "\u00a0".repeat(indent.length));
  const figure = (column: LineColumn) =>
    html`<td style="text-align: right${quiet}">${cells[column.key].replaceAll(" ", "\u00a0")}</td>`;
  const number = isWorst
    ? html`<td style="text-align: right; color: ${colours.accent}"><b>▶ ${line}</b></td>`
    : html`<td style="text-align: right; color: ${colours.ink}">${line}</td>`;
  return html`<tr>${number}${lineColumns.map(figure)}<td>${cost && most > 0 && isLoud(table, cost) ? barOf(cost, most) : undefined}</td><td style="text-align: left${quiet}"><code>${isWorst ? html`<b>${indented}</b>` : indented}</code></td></tr>\n`;
}

function barOf({ heap, external }: LineCost, most: number): Markup {
  const piece = (bytes: number, colour: string) => {
    const width = Math.round((bytes / most) * barWidth);
    return width > 0
      ? html`<div style="height: 6px; width: ${width}px; background-color: ${colour}"></div>`
      : undefined;
  };
  return html`${piece(heap, colours.heap)}${piece(external, colours.offHeap)}`;
}
