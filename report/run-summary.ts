// A run as Markdown, for the summary page of a CI job. Pure.
import { formatBytesShort, formatDuration } from "./format.js";
import type { CellReport, NotebookReport, RunReport } from "./run-report.js";
import { sparkline } from "./text.js";

/** So many cells of a notebook are shown; the rest is in the report. */
const cellLimit = 50;

/** Renders a run as Markdown: a table of the notebooks, and one of the cells of each. `notes` stand at the top. */
export function renderRunSummary(report: RunReport, notes: readonly string[] = []): string {
  const { notebooks } = report;
  const failed = notebooks.filter(({ status }) => status !== "ok").length;
  const count = `${notebooks.length} ${notebooks.length === 1 ? "notebook" : "notebooks"}`;
  return [
    `## ${count} in ${formatDuration(report.duration)}, ${failed === 0 ? "all well" : `${failed} failed`}`,
    ...notes.map((note) => `- ${escapeText(note)}`),
    table(
      ["Notebook", "", "Time", "Highest peak", "Cells"],
      notebooks.map((notebook) => [
        escapeText(notebook.path),
        notebook.status === "ok" ? "ok" : `**${notebook.status}**`,
        notebook.duration === undefined ? "–" : formatDuration(notebook.duration),
        sizeText(highestPeak(notebook)),
        String(notebook.cells.length),
      ]),
    ),
    ...notebooks.map(renderNotebook),
    `<sub>${report.program}, Node ${report.machine.node}, ${report.machine.cpus} CPUs. Memory is RSS of the kernel and all its processes; ~ is sampled.</sub>`,
    "",
  ].join("\n\n");
}

function renderNotebook(notebook: NotebookReport): string {
  const cells = notebook.cells.slice(0, cellLimit);
  const left = notebook.cells.length - cells.length;
  const rows = cells.map((cell) => [
    String(cell.number),
    codeText(cell.title),
    cell.status === "ok" ? "ok" : `**${cell.status}**`,
    formatDuration(cell.metrics.time),
    cell.metrics.cpu === undefined ? "–" : formatDuration(cell.metrics.cpu),
    peakText(cell),
    sizeText(cell.metrics.increment),
    sizeText(cell.metrics.kept),
    cell.samples
      ? sparkline(
          cell.samples.map(([, rss]) => rss),
          { width: 20 },
        )
      : "",
  ]);
  return [
    `<details${notebook.status === "ok" ? "" : " open"}><summary>${escapeText(notebook.path)}</summary>`,
    ...(notebook.message === undefined ? [] : [escapeText(notebook.message)]),
    table(["Cell", "", "", "Time", "CPU", "Peak", "Increment", "Kept", "Memory over time"], rows),
    ...notebook.cells
      .filter(({ error }) => error !== undefined)
      .map(({ number, error = "" }) => `Cell ${number}: ${codeText(error)}`),
    ...(left > 0 ? [`${left} more cells are in the report.`] : []),
    "</details>",
  ].join("\n\n");
}

function highestPeak({ cells }: NotebookReport): number | undefined {
  const peaks = cells.flatMap(({ metrics }) => (metrics.peak === undefined ? [] : [metrics.peak]));
  return peaks.length === 0 ? undefined : Math.max(...peaks);
}

function peakText({ metrics }: CellReport): string {
  return `${metrics.peakIsExact === false ? "~" : ""}${sizeText(metrics.peak)}`;
}

function sizeText(bytes: number | undefined): string {
  return bytes === undefined ? "–" : formatBytesShort(bytes);
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(titles), line(titles.map(() => "---")), ...rows.map(line)].join("\n");
}

function escapeText(text: string): string {
  return text.replace(/[\\`*_[\]<>|#~]/g, "\\$&").replace(/\s+/g, " ");
}

/** Code in a table: a pipe would end the cell, and a backtick the code. */
function codeText(text: string): string {
  const line = text.replace(/\s+/g, " ").replaceAll("|", "\\|").trim();
  if (line === "") return "";
  return line.includes("`") ? `\`\` ${line} \`\`` : `\`${line}\``;
}
