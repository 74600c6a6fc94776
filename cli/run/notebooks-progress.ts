// Several notebooks at once: a line for each that has ended, and on a terminal a bar with those that run.
import type { CellRun, ReadyKernel } from "../../runner/run-notebook.js";
import { formatDuration, formatMemory, type ProgressStream } from "../progress.js";
import type { RunningNotebook } from "./reporter.js";

/** Shows how several notebooks go. */
export interface NotebooksProgress {
  readonly onNotebookStart: (notebook: RunningNotebook) => void;
  readonly onKernelReady: (notebook: RunningNotebook, kernel: Pick<ReadyKernel, "rss">) => void;
  readonly onCellStart: (notebook: RunningNotebook, cell: CellRun) => void;
  readonly onNotebookEnd: (notebook: RunningNotebook) => void;
  /** Writes lines above the bar. */
  readonly print: (text: string) => void;
  readonly end: () => void;
}

/** Shows progress on `stream`; the bar only where it is a terminal. */
export function showNotebooks(stream: ProgressStream, count: number): NotebooksProgress {
  const began = performance.now();
  const running = new Map<string, string>();
  const memory = new Map<string, () => number>();
  let done = 0;
  const erase = (): void => {
    if (stream.isTTY) stream.write(eraseLine);
  };
  const draw = (): void => {
    if (!stream.isTTY) return;
    const elapsed = performance.now() - began;
    const held = [...memory.values()].map((read) => read()).filter((bytes) => bytes > 0);
    const state = { done, count, elapsed, running, memory: held.reduce((sum, bytes) => sum + bytes, 0) };
    stream.write(eraseLine + formatNotebooksBar(state, stream.columns ?? 80));
  };
  const timer = stream.isTTY ? setInterval(draw, redrawInterval) : undefined;
  timer?.unref();
  return {
    onNotebookStart: ({ path, total }) => {
      running.set(path, `0/${total}`);
    },
    onKernelReady: ({ path }, { rss }) => {
      if (rss) memory.set(path, rss);
    },
    onCellStart: ({ path, total }, { number }) => {
      running.set(path, `${number}/${total}`);
    },
    onNotebookEnd: ({ path }) => {
      running.delete(path);
      memory.delete(path);
      done++;
    },
    print: (text) => {
      erase();
      stream.write(text);
      draw();
    },
    end: () => {
      clearInterval(timer);
      erase();
    },
  };
}

/** The bar: how many notebooks are done, for how long, what their kernels hold, and which run. */
export function formatNotebooksBar(
  state: {
    readonly done: number;
    readonly count: number;
    readonly elapsed: number;
    readonly running: ReadonlyMap<string, string>;
    /** Of all kernels that run. */
    readonly memory: number;
  },
  columns: number,
): string {
  const filled = Math.round((barWidth * state.done) / state.count);
  const names = [...state.running].map(([path, cells]) => `${path} ${cells}`).join(", ");
  const bar = "█".repeat(filled) + "░".repeat(barWidth - filled);
  const counted = `${state.done}/${state.count}`;
  const text = [bar, counted, formatDuration(state.elapsed), ...formatMemory(state.memory), names].join("  ");
  return text.length < columns ? text : `${text.slice(0, columns - 2)}…`;
}

const eraseLine = "\r\x1b[2K";
const barWidth = 20;
const redrawInterval = 100;
