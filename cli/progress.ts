// What a run shows while it goes on: one bar on a terminal, one line a cell in a log.

import { formatBytesShort } from "../report/format.js";
import type { CodeCell } from "../runner/nbformat.js";
import type { CellRun, FinishedCell, ReadyKernel, RunResult, RunStatus } from "../runner/run-notebook.js";

/** Where progress is shown. */
export interface ProgressStream {
  readonly write: (text: string) => unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Shows how a run goes. */
export interface Progress {
  /** `rss` says what the kernel and all its processes hold. */
  readonly onKernelReady: (kernel: Pick<ReadyKernel, "rss">) => void;
  readonly onCellStart: (cell: CellRun) => void;
  readonly onCellEnd: (cell: FinishedCell) => void;
  /** Takes the bar away until it is drawn again; what is written next stands in its place. */
  readonly clear: () => void;
  /** Takes the bar away for good. */
  readonly end: () => void;
}

/** Shows progress on `stream`: a bar when it is a terminal, lines otherwise. */
export function showProgress(stream: ProgressStream, total: number): Progress {
  return stream.isTTY ? showBar(stream, total) : showLines(stream, total);
}

/** One finished cell as one line of a log. */
export function formatCellLine(finished: FinishedCell, total: number): string {
  const width = String(total).length;
  const { number, status, duration, cell } = finished;
  const peak = peakOf(cell);
  const parts = [
    `${String(number).padStart(width)}/${total}`,
    formatDuration(duration).padStart(7),
    ...(peak === undefined ? [] : [peak]),
    ...(status === "ok" ? [] : [status.toUpperCase()]),
    firstLineOf(cell),
  ];
  return parts.join("  ");
}

/** What came out of a run, in one sentence. */
export function formatSummary({ status, cells, failed, duration }: RunResult, total: number): string {
  const time = formatDuration(duration);
  const failures = cells.filter((cell) => cell.status !== "ok").length;
  if (status === "interrupted") return `Interrupted in cell ${cells.length} of ${total}, after ${time}.`;
  if (failed) {
    const how = describeEnd(status, failed);
    return `Cell ${failed.number} of ${total} ${how}, after ${time}.`;
  }
  const allowed = failures === 0 ? "" : `, ${failures} of them failed as allowed`;
  return `${total} ${total === 1 ? "cell" : "cells"} in ${time}${allowed}.`;
}

function describeEnd(status: RunStatus, { error }: FinishedCell): string {
  // It is not to blame for a kernel that somebody has ended.
  const wasShutDown = error !== undefined && /^the kernel was shut down/i.test(error.evalue);
  if (status === "died") return wasShutDown ? "lost its kernel" : "took the kernel down";
  return status === "timeout" ? "ran out of time" : "failed";
}

/** A time for people: `0.42 s`, `2 min 03 s`. */
export function formatDuration(duration: number): string {
  const seconds = duration / 1000;
  if (seconds < 60) return `${seconds.toFixed(2)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** The bar for the cell that runs, as wide as the terminal and no wider; `memory` is `NaN` where it is not known. */
export function formatBar(cell: CellRun, total: number, elapsed: number, memory: number, columns: number): string {
  const done = Math.round((barWidth * (cell.number - 1)) / total);
  const bar = "█".repeat(done) + "░".repeat(barWidth - done);
  const parts = [`${cell.number}/${total}`, formatDuration(elapsed), ...formatMemory(memory), firstLineOf(cell.cell)];
  return shorten([bar, ...parts].join("  "), columns - 1);
}

/** What a bar says of memory: nothing where it is not known. */
export function formatMemory(bytes: number): string[] {
  return bytes > 0 ? [formatBytesShort(bytes)] : [];
}

const barWidth = 20;
const redrawInterval = 100;

function showLines(stream: ProgressStream, total: number): Progress {
  return {
    onKernelReady: () => undefined,
    onCellStart: () => undefined,
    onCellEnd: (finished) => stream.write(`${formatCellLine(finished, total)}\n`),
    clear: () => undefined,
    end: () => undefined,
  };
}

function showBar(stream: ProgressStream, total: number): Progress {
  const eraseLine = "\r\x1b[2K";
  let running: { readonly cell: CellRun; readonly began: number } | undefined;
  let readMemory = (): number => Number.NaN;
  const draw = (): void => {
    if (!running) return;
    const elapsed = performance.now() - running.began;
    stream.write(eraseLine + formatBar(running.cell, total, elapsed, readMemory(), stream.columns ?? 80));
  };
  const timer = setInterval(draw, redrawInterval);
  timer.unref();
  return {
    onKernelReady: ({ rss }) => {
      if (rss) readMemory = rss;
    },
    onCellStart: (cell) => {
      running = { cell, began: performance.now() };
      draw();
    },
    onCellEnd: ({ number }) => {
      // The kernel is being ended then, and no cell runs.
      if (number < total) return;
      stream.write(eraseLine);
      running = undefined;
    },
    clear: () => {
      if (running) stream.write(eraseLine);
    },
    end: () => {
      clearInterval(timer);
      if (running) stream.write(eraseLine);
      running = undefined;
    },
  };
}

/** The first line of code, without what would disturb a terminal. */
function firstLineOf({ source }: CodeCell): string {
  const line = source.split("\n").find((text) => text.trim() !== "") ?? "";
  return shorten(line.replace(/[\x00-\x1f\x7f]+/g, " ").trim(), 60);
}

/** The peak that a report in the outputs tells, as it stands in its first line. */
function peakOf({ outputs }: CodeCell): string | undefined {
  for (const output of outputs) {
    if (output.output_type !== "display_data") continue;
    const text = output.data["text/plain"];
    const isReport = "application/vnd.cellscope.profile.v1+json" in output.data && typeof text === "string";
    const size = isReport ? /^peak memory: ([^,\n]+)/.exec(text)?.[1] : undefined;
    if (size !== undefined) return `peak ${size}`;
  }
  return undefined;
}

function shorten(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text;
}
