// From what a run returned to what is written down of it.
import { availableParallelism } from "node:os";
import { stripVTControlCharacters } from "node:util";
import { thinSamples } from "../profiler/thin-samples.js";
import {
  type CellMetrics,
  type CellPlace,
  type CellReport,
  type NotebookReport,
  type RunReport,
  runReportVersion,
} from "../report/run-report.js";
import type { NotebookKernel } from "./kernel-session.js";
import type { Notebook } from "./nbformat.js";
import { type CompareOptions, compareCell } from "./outputs/compare.js";
import type { FileRun } from "./run-file.js";
import { type CellRun, cellsToRun, type FinishedCell } from "./run-notebook.js";
import { blamedLine, fileLine, type SourceLines } from "./source-lines.js";

/** How many samples of a cell are written down. */
const sampleCount = 60;
const titleLength = 80;

/** One notebook of a run, and which of its repetitions this is. */
export interface ReportedRun {
  readonly run: FileRun;
  readonly kernel: NotebookKernel;
  /** From 1. */
  readonly repetition: number;
  /** The notebook as it was read, with the outputs that this run's are compared with. */
  readonly stored?: Notebook;
  readonly sourceLines?: SourceLines;
}

/** What a report says of the command. */
export interface ReportOptions extends Pick<RunReport, "program" | "duration"> {
  readonly startTime: Date;
  /** Compares the outputs of notebooks whose stored ones are known. */
  readonly compare?: CompareOptions | undefined;
}

/** Puts the report of a run together. */
export function buildReport(
  runs: readonly ReportedRun[],
  { program, startTime, duration, compare }: ReportOptions,
): RunReport {
  return {
    format: "cellscope-run",
    version: runReportVersion,
    program,
    startTime: startTime.toISOString(),
    duration: round(duration),
    machine: {
      platform: `${process.platform} ${process.arch}`,
      node: process.versions.node,
      cpus: availableParallelism(),
    },
    notebooks: runs.map((run) => reportNotebook(run, compare)),
  };
}

function reportNotebook(reported: ReportedRun, compare: CompareOptions | undefined): NotebookReport {
  const { run, kernel, repetition, stored, sourceLines } = reported;
  const attempt = run.attempts.at(-1);
  const { result } = attempt ?? {};
  const message = attempt && "message" in attempt ? attempt.message : undefined;
  const cells = result?.cells ?? [];
  const notRun = attempt ? cellsToRun(attempt.notebook).slice(cells.length) : [];
  return {
    path: run.job.path,
    kernel: kernel.name,
    ...("server" in kernel && { server: kernel.server.url }),
    status: result?.status ?? (attempt && "isUnsaved" in attempt ? "not saved" : "not started"),
    attempts: run.attempts.length,
    repetition,
    ...(result && { duration: round(result.duration) }),
    ...(message !== undefined && { message }),
    cells: cells.map((cell) => ({
      ...reportCell(cell, { sourceLines, isFailed: cell === result?.failed }),
      // What a cell showed before it failed or was stopped says nothing about what it would have shown.
      ...(compare && stored && cell !== result?.failed && describeDifferences(cell, stored, compare)),
    })),
    ...(notRun.length > 0 && { notRun: notRun.map((cell) => placeOf(cell, sourceLines)) }),
  };
}

function placeOf({ number, cell }: CellRun, sourceLines: SourceLines | undefined, sourceLine?: number): CellPlace {
  const title = cell.source.split("\n").find((text) => text.trim() !== "") ?? "";
  const line = fileLine(sourceLines?.get(cell.id), sourceLine);
  return { number, id: cell.id, title: title.trim().slice(0, titleLength), ...(line !== undefined && { line }) };
}

function reportCell(
  finished: FinishedCell,
  { sourceLines, isFailed }: { readonly sourceLines: SourceLines | undefined; readonly isFailed: boolean },
): CellReport {
  const { status, error, reading } = finished;
  const traceback = error && stripVTControlCharacters(error.traceback.join("\n"));
  return {
    ...placeOf(finished, sourceLines, traceback === undefined ? undefined : blamedLine([traceback])),
    status,
    ...(error && { error: stripVTControlCharacters(`${error.ename}: ${error.evalue}`) }),
    ...(status !== "ok" && !isFailed && { isAllowed: true as const }),
    ...(isFailed && traceback !== undefined && { traceback }),
    metrics: metricsOf(finished),
    ...(reading && {
      samples: thinSamples(reading.samples, sampleCount).map(({ time, rss }) => [round(time), rss] as const),
    }),
  };
}

function describeDifferences(
  { cell }: FinishedCell,
  stored: Notebook,
  compare: CompareOptions,
): Pick<CellReport, "differences"> {
  const differences = compareCell(stored, cell, compare);
  return differences ? { differences } : {};
}

/** The figures of a cell that was run. */
export function metricsOf({ duration, outputSize, reading }: FinishedCell): CellMetrics {
  return {
    time: round(duration),
    ...(reading && {
      ...(reading.cpu !== undefined && { cpu: round(reading.cpu) }),
      baseline: reading.baseline,
      peak: reading.peak,
      peakIsExact: reading.exact,
      increment: reading.peak - reading.baseline,
      kept: reading.end - reading.baseline,
    }),
    outputSize,
  };
}

/** To a hundredth of a millisecond: what is beyond was never measured. */
function round(time: number): number {
  return Math.round(time * 100) / 100;
}
