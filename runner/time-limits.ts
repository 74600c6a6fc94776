// How long cells and notebooks may run: what the notebook itself says about it, and the signal that stops a cell.
import { formatLimit, parseTimeLimit } from "./duration.js";
import { type Cell, type CodeCell, type Notebook, tagsOf } from "./nbformat.js";

/** Why a cell was stopped. */
export type StopReason = { readonly kind: "interrupted" } | { readonly kind: "timeout"; readonly message: string };

/** A time limit, and where it was set. */
export interface TimeLimit {
  readonly time: number;
  readonly source: string;
}

/** What watches over one cell while it runs. */
export interface CellLimits {
  /** Aborted when the cell is to be stopped. */
  readonly signal: AbortSignal;
  /** Why, once it is. */
  readonly reason: () => StopReason | undefined;
  readonly release: () => void;
}

/** The limit of a cell: its tag `timeout=30`, its metadata `execution.timeout` in seconds, or else `fallback`. */
export function cellTimeLimit(cell: CodeCell, fallback: TimeLimit | undefined): TimeLimit | undefined {
  for (const tag of tagsOf(cell)) {
    const text = /^timeout[=:](.*)$/.exec(tag)?.[1];
    if (text !== undefined) return { time: parseTimeLimit(text, `The tag "${tag}" of a cell`), source: "its tag" };
  }
  return metadataTimeLimit(cell.metadata.execution, "A cell's metadata execution.timeout", "its metadata") ?? fallback;
}

/** The limit of each cell that a notebook's own metadata sets, as nbmake reads it: `execution.timeout`, in seconds. */
export function notebookTimeLimit({ metadata }: Notebook): TimeLimit | undefined {
  return metadataTimeLimit(metadata.execution, "The notebook's metadata execution.timeout", "the notebook's metadata");
}

/** Throws a `RunnerError` when a limit that a notebook sets cannot be understood: before the run, not in its middle. */
export function checkTimeLimits(notebook: Notebook): void {
  notebookTimeLimit(notebook);
  for (const cell of notebook.cells) if (isCode(cell)) cellTimeLimit(cell, undefined);
}

/** Watches a cell that is about to run. */
export function watchCell(limits: {
  readonly signal?: AbortSignal | undefined;
  readonly cell?: TimeLimit | undefined;
  /** On the clock of `performance.now()`, with the limit that it comes from. */
  readonly deadline?: { readonly at: number; readonly limit: TimeLimit } | undefined;
}): CellLimits {
  const controller = new AbortController();
  let reason: StopReason | undefined;
  const stop = (why: StopReason): void => {
    reason ??= why;
    controller.abort();
  };
  const timers: NodeJS.Timeout[] = [];
  const { signal, cell, deadline } = limits;
  if (cell) {
    const message = `The cell ran longer than ${formatLimit(cell.time)} (${cell.source}), and was stopped.`;
    timers.push(setTimeout(stop, cell.time, { kind: "timeout", message }));
  }
  if (deadline) {
    const { time, source } = deadline.limit;
    const message = `The notebook ran longer than ${formatLimit(time)} (${source}), and was stopped in this cell.`;
    timers.push(setTimeout(stop, Math.max(0, deadline.at - performance.now()), { kind: "timeout", message }));
  }
  const interrupt = (): void => stop({ kind: "interrupted" });
  if (signal?.aborted) interrupt();
  signal?.addEventListener("abort", interrupt);
  return {
    signal: controller.signal,
    reason: () => reason,
    release: () => {
      for (const timer of timers) clearTimeout(timer);
      signal?.removeEventListener("abort", interrupt);
    },
  };
}

function metadataTimeLimit(execution: unknown, name: string, source: string): TimeLimit | undefined {
  if (typeof execution !== "object" || execution === null || !("timeout" in execution)) return undefined;
  const { timeout } = execution;
  // nbclient's "no limit".
  if (timeout === null || timeout === -1) return undefined;
  return { time: parseTimeLimit(String(timeout), name), source };
}

function isCode(cell: Cell): cell is CodeCell {
  return cell.cell_type === "code";
}
