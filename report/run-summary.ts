// A run as Markdown, for the summary page of a CI job. Pure.
import { formatBytesShort, formatDuration } from "./format.js";
import { describeDifference, isDifferent } from "./output-difference.js";
import type { CellReport, NotebookReport, RunReport } from "./run-report.js";
import { sparkline } from "./text.js";

/** So many cells of a notebook are shown; the rest is in the report. */
const cellLimit = 50;

/** Renders a run as Markdown: a table of the notebooks, and one of the cells of each. `notes` stand at the top. */
export function renderRunSummary(report: RunReport, notes: readonly string[] = []): string {
  const { notebooks } = report;
  const failed = notebooks.filter((notebook) => outcomeOf(notebook) !== "ok").length;
  const count = `${notebooks.length} ${notebooks.length === 1 ? "notebook" : "notebooks"}`;
  return [
    `## ${count} in ${formatDuration(report.duration)}, ${failed === 0 ? "all well" : `${failed} failed`}`,
    ...notes.map((note) => `- ${escapeText(note)}`),
    table(
      ["Notebook", "", "Time", "Highest peak", "Cells"],
      notebooks.map((notebook) => [
        escapeText(notebook.path),
        emphasize(outcomeOf(notebook)),
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
  const hasHeap = cells.some(({ metrics }) => metrics.heapUsed !== undefined);
  const rows = cells.map((cell) => [
    String(cell.number),
    codeText(cell.title),
    emphasize(outcomeOfCell(cell)),
    formatDuration(cell.metrics.time),
    cell.metrics.cpu === undefined ? "–" : formatDuration(cell.metrics.cpu),
    peakText(cell),
    sizeText(cell.metrics.increment),
    sizeText(cell.metrics.kept),
    ...(hasHeap ? [sizeText(cell.metrics.heapUsed), sizeText(cell.metrics.arrayBuffers), collectorText(cell)] : []),
    cell.samples
      ? sparkline(
          cell.samples.map(([, rss]) => rss),
          { width: 20 },
        )
      : "",
  ]);
  return [
    `<details${outcomeOf(notebook) === "ok" ? "" : " open"}><summary>${escapeText(notebook.path)}</summary>`,
    ...(notebook.message === undefined ? [] : [escapeText(notebook.message)]),
    ...renderAttempts(notebook),
    ...(notebook.memoryLimit ? [describeLimit(notebook.memoryLimit)] : []),
    ...(notebook.server === undefined
      ? []
      : [`It ran on ${escapeText(notebook.server)}: memory and CPU time cannot be seen from here.`]),
    table(
      [
        ...["Cell", "", "", "Time", "CPU", "Peak", "Increment", "Kept"],
        ...(hasHeap ? ["Heap", "ArrayBuffers", "GC"] : []),
        "Memory over time",
      ],
      rows,
    ),
    ...notebook.cells
      .filter(({ error }) => error !== undefined)
      .map(({ number, error = "" }) => `Cell ${number}: ${codeText(error)}`),
    ...notebook.cells.filter(isDifferent).map(renderDifferences),
    ...(left > 0 ? [`${left} more cells are in the report.`] : []),
    "</details>",
  ].join("\n\n");
}

function describeLimit({ bytes, holder }: NonNullable<NotebookReport["memoryLimit"]>): string {
  const how = holder === "watched" ? "by looking 50 times a second" : `by the system, in a ${holder}`;
  return `Its kernel was held below ${formatBytesShort(bytes)} ${how}.`;
}

/** What became of the attempts before the one that counts. */
function renderAttempts({ attempts, earlierAttempts = [] }: NotebookReport): string[] {
  if (earlierAttempts.length === 0) return [];
  const lines = earlierAttempts.map(({ status, duration, message, cells }, index) => {
    const failed = cells.find(({ traceback }) => traceback !== undefined);
    const where = failed ? ` in cell ${failed.number}: ${codeText(failed.error ?? failed.status)}` : "";
    const reason = failed || message === undefined ? "" : `: ${escapeText(message)}`;
    const time = duration === undefined ? "" : ` after ${formatDuration(duration)}`;
    return `- Attempt ${index + 1} of ${attempts}: **${status}**${time}${where}${reason}`;
  });
  return [[...lines, `- Attempt ${attempts} of ${attempts}: below`].join("\n")];
}

/** A fence longer than any in the text, which could otherwise end it. */
function renderDifferences({ number, differences = [] }: CellReport): string {
  const text = differences.flatMap(({ lines, ...place }) => [describeDifference(place), ...lines]).join("\n");
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `Outputs of cell ${number}:\n\n${fence}diff\n${text}\n${fence}`;
}

function outcomeOf({ status, cells }: NotebookReport): string {
  return status === "ok" && cells.some(isDifferent) ? "differs" : status;
}

function outcomeOfCell(cell: CellReport): string {
  if (cell.status !== "ok" && !cell.isAllowed) return cell.status;
  if (isDifferent(cell)) return "differs";
  return cell.isAllowed ? allowed : cell.status;
}

const allowed = "failed as allowed";

function emphasize(outcome: string): string {
  return outcome === "ok" || outcome === allowed ? outcome : `**${outcome}**`;
}

function highestPeak({ cells }: NotebookReport): number | undefined {
  const peaks = cells.flatMap(({ metrics }) => (metrics.peak === undefined ? [] : [metrics.peak]));
  return peaks.length === 0 ? undefined : Math.max(...peaks);
}

function peakText({ metrics }: CellReport): string {
  return `${metrics.peakIsExact === false ? "~" : ""}${sizeText(metrics.peak)}`;
}

function collectorText({ metrics: { gcCount, gcTime } }: CellReport): string {
  if (gcCount === undefined || gcTime === undefined) return "–";
  return gcCount === 0 ? "0" : `${gcCount}, ${formatDuration(gcTime)}`;
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
