import type { MimeBundle } from "../../protocol/mime.js";
import { type ArrowColumns, readArrowColumns } from "./arrow-data.js";
import { formatArrowValue, isNumeric } from "./arrow-value.js";
import { escapeMarkup } from "./markup.js";
import type { Offer } from "./offer.js";

const shownRows = 20;
const shownColumns = 30;

/** The first rows of an Arrow Table, RecordBatch or Vector, as an aligned text and as an HTML table. */
export const offerArrowTable: Offer = (value) => {
  const table = readArrowColumns(value);
  return table === undefined ? undefined : renderArrowTable(table);
};

interface ShownColumn {
  readonly name: string;
  readonly type: string;
  readonly isNumeric: boolean;
  readonly cells: readonly { readonly text: string; readonly isNull: boolean }[];
}

function renderArrowTable({ rows, columns, bytes }: ArrowColumns): MimeBundle {
  const shown = columns.slice(0, shownColumns).map(({ name, type, vector }): ShownColumn => {
    const values = Array.from({ length: Math.min(rows, shownRows) }, (_, row) => vector.get(row));
    return {
      name,
      type: String(type),
      isNumeric: isNumeric(type),
      cells: values.map((value) => ({ text: formatArrowValue(value, type), isNull: value === null })),
    };
  });
  const summary = summarize({ rows, columns: columns.length, bytes });
  return { "text/plain": renderText(shown, summary), "text/html": renderHtml(shown, summary) };
}

function summarize({ rows, columns, bytes }: Readonly<Record<"rows" | "columns" | "bytes", number>>): string {
  const left = [
    ...(rows > shownRows ? [`the first ${shownRows} rows`] : []),
    ...(columns > shownColumns ? [`the first ${shownColumns} columns`] : []),
  ];
  const size = `${count(rows, "row")} × ${count(columns, "column")}, ${formatSize(bytes)}`;
  return left.length === 0 ? size : `${size}; shown: ${left.join(" and ")}`;
}

function renderText(columns: readonly ShownColumn[], summary: string): string {
  const blocks = columns.map(({ name, type, isNumeric: toRight, cells }) => {
    const lines = [...(name === "" ? [] : [name]), type, ...cells.map(({ text }) => text)];
    const width = Math.max(...lines.map(widthOf));
    return lines.map((line) => {
      const space = " ".repeat(width - widthOf(line));
      return toRight ? space + line : line + space;
    });
  });
  const lines = (blocks[0] ?? []).map((_, at) => blocks.map((block) => block[at] ?? "").join("  "));
  return [...lines.map((line) => line.trimEnd()), summary].join("\n");
}

// No colours and no style sheet: the front end's own table is legible on its light and dark pages, and untrusted
// notebooks keep it.
function renderHtml(columns: readonly ShownColumn[], summary: string): string {
  const align = ({ isNumeric: toRight }: ShownColumn) => ` style="text-align: ${toRight ? "right" : "left"}"`;
  const head = columns.map((column) => {
    const name = column.name === "" ? "" : `${escapeMarkup(column.name)}<br>`;
    return `<th${align(column)}>${name}<small>${escapeMarkup(column.type)}</small></th>`;
  });
  const rows = (columns[0]?.cells ?? []).map((_, row) => {
    const cells = columns.map((column) => {
      const cell = column.cells[row];
      const text = escapeMarkup(cell?.text ?? "");
      return `<td${align(column)}>${cell?.isNull === true ? `<i>${text}</i>` : text}</td>`;
    });
    return `<tr>${cells.join("")}</tr>`;
  });
  return `<table><thead><tr>${head.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table><p>${escapeMarkup(summary)}</p>`;
}

function widthOf(text: string): number {
  return [...text].length;
}

function count(number: number, word: string): string {
  return `${number.toLocaleString("en-US")} ${word}${number === 1 ? "" : "s"}`;
}

function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"] as const;
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1] ?? ""}`;
}
