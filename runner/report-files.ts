// What a run measured, on disk.
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { renderJUnit } from "../report/junit.js";
import type { RunFinding } from "../report/run-cases.js";
import { type CellMetrics, type RunReport, runReportVersion } from "../report/run-report.js";
import { messageOf, RunnerError } from "./errors.js";

/**
 * Writes a report as what the end of `path` says: an Arrow table with a row for each cell (`.arrow`), JUnit XML
 * (`.xml`), TAP (`.tap`), and else JSON.
 */
export async function writeReport(
  path: string,
  report: RunReport,
  findings: readonly RunFinding[] = [],
): Promise<void> {
  const bytes = await encodeReport(path, report, findings);
  await keep(path, () => writeFile(path, bytes));
}

async function encodeReport(path: string, report: RunReport, findings: readonly RunFinding[]) {
  if (path.endsWith(".arrow")) return encodeReportTable(report);
  if (path.endsWith(".xml")) return renderJUnit(report, findings);
  if (path.endsWith(".tap")) {
    const { renderTap } = await import("../report/tap.js");
    return renderTap(report, findings);
  }
  return `${JSON.stringify(report, null, 1)}\n`;
}

/** Reads a report that `writeReport` wrote as JSON; throws a `RunnerError` when it is something else. */
export async function readReport(path: string): Promise<RunReport> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new RunnerError(`The report ${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
  // Whatever it is, its fields can be asked for.
  const { format, version, notebooks } = Object(value) as Partial<Record<keyof RunReport, unknown>>;
  if (format !== "cellscope-run" || !Array.isArray(notebooks)) {
    throw new RunnerError(`${path} is no report of a run: make one with "cellscope run … --report FILE.json".`);
  }
  if (version !== runReportVersion) {
    throw new RunnerError(
      `${path} is a report of version ${JSON.stringify(version)}; version ${runReportVersion} can be read.`,
    );
  }
  // Written by ourselves, in a version that we know.
  return value as RunReport;
}

/** Adds a text to a file, which need not be there yet. */
export async function appendSummary(path: string, text: string): Promise<void> {
  await keep(path, () => appendFile(path, text));
}

async function keep(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await write();
  } catch (cause) {
    throw new RunnerError(`${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
}

const figures = [
  "time",
  "cpu",
  "baseline",
  "peak",
  "increment",
  "kept",
  "heapUsed",
  "heapKept",
  "arrayBuffers",
  "arrayBuffersKept",
  "gcCount",
  "gcTime",
  "outputSize",
] as const satisfies readonly (keyof CellMetrics)[];

/** An Arrow IPC file with a row for each cell; times in milliseconds, counts as they are, the rest in bytes, null where nothing was measured. */
async function encodeReportTable({ notebooks }: RunReport): Promise<Uint8Array> {
  const arrow = await import("apache-arrow");
  const rows = notebooks.flatMap(({ path, repetition, cells }) => cells.map((cell) => ({ path, repetition, cell })));
  const texts = {
    notebook: rows.map(({ path }) => path),
    cellId: rows.map(({ cell }) => cell.id),
    status: rows.map(({ cell }) => cell.status),
  };
  const columns = Object.fromEntries([
    ...Object.entries(texts).map(([name, values]) => [name, arrow.vectorFromArray(values, new arrow.Utf8())]),
    [
      "repetition",
      arrow.vectorFromArray(
        rows.map(({ repetition }) => repetition),
        new arrow.Int32(),
      ),
    ],
    [
      "cell",
      arrow.vectorFromArray(
        rows.map(({ cell }) => cell.number),
        new arrow.Int32(),
      ),
    ],
    ...figures.map((name) => [
      name,
      arrow.vectorFromArray(
        rows.map(({ cell }) => cell.metrics[name] ?? null),
        new arrow.Float64(),
      ),
    ]),
    [
      "peakIsExact",
      arrow.vectorFromArray(
        rows.map(({ cell }) => cell.metrics.peakIsExact ?? null),
        new arrow.Bool(),
      ),
    ],
  ]);
  return arrow.tableToIPC(new arrow.Table(columns), "file");
}
