// From what a run returned to what is written down of it.
import { availableParallelism } from "node:os";
import { stripVTControlCharacters } from "node:util";
import { thinSamples } from "../profiler/thin-samples.js";
import {
  type CellMetrics,
  type CellReport,
  type NotebookReport,
  type RunReport,
  runReportVersion,
} from "../report/run-report.js";
import type { FileRun } from "./run-file.js";
import type { FinishedCell } from "./run-notebook.js";

/** How many samples of a cell are written down. */
const sampleCount = 60;
const titleLength = 80;

/** One notebook of a run, and which of its repetitions this is. */
export interface ReportedRun {
  readonly run: FileRun;
  readonly kernel: string;
  /** From 1. */
  readonly repetition: number;
}

/** Puts the report of a run together. */
export function buildReport(
  runs: readonly ReportedRun[],
  { program, startTime, duration }: Pick<RunReport, "program" | "duration"> & { readonly startTime: Date },
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
    notebooks: runs.map(reportNotebook),
  };
}

function reportNotebook({ run, kernel, repetition }: ReportedRun): NotebookReport {
  const attempt = run.attempts.at(-1);
  const { result } = attempt ?? {};
  const message = attempt && "message" in attempt ? attempt.message : undefined;
  return {
    path: run.job.path,
    kernel,
    status: result?.status ?? "not started",
    attempts: run.attempts.length,
    repetition,
    ...(result && { duration: round(result.duration) }),
    ...(message !== undefined && { message }),
    cells: (result?.cells ?? []).map(reportCell),
  };
}

function reportCell(finished: FinishedCell): CellReport {
  const { number, cell, status, error, reading } = finished;
  const title = cell.source.split("\n").find((line) => line.trim() !== "") ?? "";
  return {
    number,
    id: cell.id,
    title: title.trim().slice(0, titleLength),
    status,
    ...(error && { error: stripVTControlCharacters(`${error.ename}: ${error.evalue}`) }),
    metrics: metricsOf(finished),
    ...(reading && {
      samples: thinSamples(reading.samples, sampleCount).map(({ time, rss }) => [round(time), rss] as const),
    }),
  };
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
