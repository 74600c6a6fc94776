// From what a run returned to what is written down of it.
import { availableParallelism } from "node:os";
import { stripVTControlCharacters } from "node:util";
import { thinSamples } from "../profiler/thin-samples.js";
import {
  type AttemptReport,
  type CellPlace,
  type CellReport,
  type NotebookReport,
  type OutputDifference,
  type RunReport,
  runReportVersion,
} from "../report/run-report.js";
import { metricsOf, round } from "./cell-metrics.js";
import type { NotebookKernel } from "./kernel-session.js";
import type { Notebook } from "./nbformat.js";
import { type CompareOptions, compareCell } from "./outputs/compare.js";
import { type Attempt, type FileRun, statusOfAttempt } from "./run-file.js";
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
  /** What differs from the stored outputs, for each cell that was compared with them. */
  readonly differences: Differences;
  readonly sourceLines?: SourceLines;
}

/** What a report says of the command. */
export interface ReportOptions extends Pick<RunReport, "program" | "duration"> {
  readonly startTime: Date;
}

/** What differs from the stored outputs, for each cell that was compared with them. */
export type Differences = ReadonlyMap<FinishedCell, readonly OutputDifference[]>;

/** Compares what the cells of a run show with what the notebook held of them. */
export function compareRun(run: FileRun, stored: Notebook, options: CompareOptions): Differences {
  const { result } = run.attempts.at(-1) ?? {};
  // What a cell showed before it failed or was stopped says nothing about what it would have shown.
  const cells = (result?.cells ?? []).filter((cell) => cell !== result?.failed);
  return new Map(
    cells.flatMap((cell) => {
      const differences = compareCell(stored, cell.cell, options);
      return differences ? [[cell, differences] as const] : [];
    }),
  );
}

/** Puts the report of a run together. */
export function buildReport(runs: readonly ReportedRun[], { program, startTime, duration }: ReportOptions): RunReport {
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
    notebooks: runs.map(reportNotebook),
  };
}

function reportNotebook({ run, kernel, repetition, differences, sourceLines }: ReportedRun): NotebookReport {
  const attempts = run.attempts.map((attempt) => reportAttempt(attempt, { differences, sourceLines }));
  const [last, ...earlier] = attempts.reverse();
  if (last === undefined) throw new Error("A notebook that was run has at least one attempt.");
  return {
    path: run.job.path,
    kernel: kernel.name,
    ...("server" in kernel && { server: kernel.server.url }),
    attempts: attempts.length,
    repetition,
    ...last,
    ...(earlier.length > 0 && { earlierAttempts: earlier.reverse() }),
  };
}

function reportAttempt(
  attempt: Attempt,
  { differences, sourceLines }: Pick<ReportedRun, "differences"> & { readonly sourceLines: SourceLines | undefined },
): AttemptReport {
  const { result, notebook } = attempt;
  const cells = result?.cells ?? [];
  const notRun = cellsToRun(notebook).slice(cells.length);
  return {
    status: statusOfAttempt(attempt),
    ...(result && { duration: round(result.duration) }),
    ...(result?.memoryLimit && { memoryLimit: result.memoryLimit }),
    ...("message" in attempt && { message: attempt.message }),
    cells: cells.map((cell) => ({
      ...reportCell(cell, { sourceLines, isFailed: cell === result?.failed }),
      ...differencesOf(cell, differences),
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

function differencesOf(cell: FinishedCell, all: Differences): Pick<CellReport, "differences"> {
  const differences = all.get(cell);
  return differences ? { differences } : {};
}
