// Notebooks as tests of vitest: the door `cellscope/vitest`.
import { resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, test } from "vitest";
import { formatDifference } from "../report/output-difference.js";
import type { OutputDifference } from "../report/run-report.js";
import { findNotebooks } from "./find-notebooks.js";
import { type NotebookOptions, runNotebook } from "./library.js";
import { formatNotebook, type Notebook, parseNotebook } from "./nbformat.js";
import { readNotebook } from "./notebook-file.js";
import { compareCell } from "./outputs/compare.js";
import { type CellRun, cellsToRun, endsRun, type FinishedCell } from "./run-notebook.js";
import { blamedLine, fileLine, readSourceLines, type SourceLines } from "./source-lines.js";

/** How notebooks are tested: as `runNotebook` runs them, but for what concerns the file. */
export interface NotebookTestOptions extends Omit<NotebookOptions, "output" | "save" | "signal"> {
  /** Time for each cell that sets no limit of its own (default: a minute). */
  readonly cellTimeout?: number;
}

/**
 * Makes a test for each cell of the notebooks that a path, a folder or a pattern means, relative to the working
 * directory. Each notebook is run once, by a kernel of its own.
 */
export function notebooks(patterns: string | readonly string[], options: NotebookTestOptions = {}): void {
  const operands = typeof patterns === "string" ? [patterns] : patterns;
  describe(operands.join(", "), async () => {
    for (const { path } of await findNotebooks(operands, process.cwd())) {
      const notebook = await readNotebook(path);
      const lines = await readSourceLines(path);
      describe(path, () => defineTests({ path, notebook, lines }, options));
    }
  });
}

interface NotebookFile {
  readonly path: string;
  readonly notebook: Notebook;
  readonly lines: SourceLines;
}

const defaultTimeout = 60_000;
/** The kernel is given 5 seconds to end, and is killed then. */
const closingLimit = 30_000;
/** Cells have time limits of their own. */
const unlimited = 0;

function defineTests(file: NotebookFile, options: NotebookTestOptions): void {
  const { path, notebook } = file;
  const { compare = false } = options;
  const stored = parseNotebook(formatNotebook(notebook), path);
  const controller = new AbortController();
  const cells = cellsToRun(notebook).map((cell) => ({ cell, end: new Ending() }));
  const ends = new Map(cells.map(({ cell, end }) => [cell.cell.id, end]));
  let run: Promise<void> | undefined;

  beforeAll(() => {
    run = runNotebook(path, {
      cellTimeout: defaultTimeout,
      ...options,
      signal: controller.signal,
      onCellEnd: async (finished) => {
        await options.onCellEnd?.(finished);
        ends.get(finished.cell.id)?.reach(finished);
      },
    }).then(
      ({ failed }) => {
        // A cell that sets parameters is in no file, and has no test of its own.
        const isTested = !failed || ends.has(failed.cell.id);
        if (!isTested) for (const { end } of cells) end.fail(failureOf(failed, file));
        for (const { end } of cells) end.miss(failed ? `cell ${failed.number} ended the run` : "the run was ended");
      },
      (error: unknown) => {
        for (const { end } of cells) end.fail(error);
      },
    );
  });
  for (const { cell, end } of cells) {
    test(nameOf(cell), { timeout: unlimited }, async ({ skip }) => {
      const outcome = await end.reached;
      if ("missed" in outcome) return skip(`not reached: ${outcome.missed}`);
      const { finished } = outcome;
      if (endsRun(finished, options)) throw failureOf(finished, file);
      const differences =
        compare === false ? undefined : compareCell(stored, finished.cell, compare === true ? {} : compare);
      if (differences && differences.length > 0) throw differenceError(differences, finished, file);
    });
  }
  afterAll(async () => {
    controller.abort();
    await run;
  }, closingLimit);
}

/** How a cell ended, or why it was not reached. */
type Outcome = { readonly finished: FinishedCell } | { readonly missed: string };

/** What is going to be known of a cell; only the first that is told counts. */
class Ending {
  readonly reached: Promise<Outcome>;
  reach: (finished: FinishedCell) => void = () => undefined;
  miss: (reason: string) => void = () => undefined;
  fail: (error: unknown) => void = () => undefined;

  constructor() {
    this.reached = new Promise((fulfil, reject) => {
      this.reach = (finished) => fulfil({ finished });
      this.miss = (missed) => fulfil({ missed });
      this.fail = reject;
    });
    // Whoever waits is told; a test that is left out does not wait.
    this.reached.catch(() => undefined);
  }
}

function nameOf({ number, cell }: CellRun): string {
  const line = cell.source.split("\n").find((text) => text.trim() !== "") ?? "";
  return `${number}: ${line.trim()}`;
}

function failureOf({ cell, status, error }: FinishedCell, { path, lines }: NotebookFile): Error {
  const traceback = error?.traceback.map((line) => stripVTControlCharacters(line)) ?? [
    `The cell has the status ${status}.`,
  ];
  const name = error?.ename ?? status;
  return errorAt(name, traceback.join("\n"), path, fileLine(lines.get(cell.id), blamedLine(traceback)));
}

function differenceError(differences: readonly OutputDifference[], { cell }: FinishedCell, file: NotebookFile): Error {
  const text = differences.flatMap(formatDifference).join("\n");
  const message = `The outputs differ from those in the notebook.\n${text}`;
  return errorAt("OutputsDiffer", message, file.path, fileLine(file.lines.get(cell.id)));
}

/** An error whose stack leads to the notebook's file, of which vitest then shows the lines. */
function errorAt(name: string, message: string, path: string, line = 1): Error {
  const error = new Error(message);
  error.name = name;
  error.stack = `${name}: ${message}\n    at notebook (${resolve(path)}:${line}:1)`;
  return error;
}
