// What a run leaves in the metadata of its notebook, under the keys that papermill uses, so that whoever reads those
// reads these (papermill 2.6: `metadata.papermill` of the notebook and of each cell).

import { metricsOf } from "./cell-metrics.js";
import type { CodeCell, Metadata, Notebook } from "./nbformat.js";
import type { InjectedParameters } from "./parameters/inject.js";
import type { CellRun, FinishedCell } from "./run-notebook.js";

/** Writes the record of one run into its notebook while it goes on. */
export interface RunRecord {
  readonly onCellStart: (cell: CellRun) => void;
  readonly onCellEnd: (cell: FinishedCell) => void;
  readonly end: () => void;
}

/** What the record says besides times. */
export interface RecordedRun {
  readonly inputPath: string;
  readonly outputPath: string | undefined;
  readonly injected: InjectedParameters;
  /** Which program ran it: `cellscope 0.1.0`. */
  readonly version: string;
}

/** Starts the record: every cell is pending, and stays so when it is never run. */
export function startRecord(notebook: Notebook, cells: readonly CellRun[], run: RecordedRun): RunRecord {
  const began = new Date();
  const record: Metadata = {
    default_parameters: run.injected.defaults,
    duration: null,
    end_time: null,
    environment_variables: {},
    exception: null,
    input_path: run.inputPath,
    output_path: run.outputPath ?? null,
    parameters: run.injected.parameters,
    start_time: began.toISOString(),
    version: run.version,
  };
  notebook.metadata.papermill = record;
  for (const cell of notebook.cells) if (cell.cell_type === "code") delete cell.metadata.papermill;
  for (const { cell } of cells)
    setRecord(cell, { duration: null, end_time: null, exception: null, start_time: null, status: "pending" });
  const starts = new Map<CodeCell, Date>();
  return {
    onCellStart: ({ cell }) => {
      const start = new Date();
      starts.set(cell, start);
      setRecord(cell, {
        duration: null,
        end_time: null,
        exception: null,
        start_time: start.toISOString(),
        status: "running",
      });
    },
    onCellEnd: (finished) => {
      const { cell, status } = finished;
      cell.metadata.cellscope = { ...recordOf(cell), ...metricsOf(finished) };
      const start = starts.get(cell) ?? began;
      const failed = status !== "ok";
      setRecord(cell, { ...timesSince(start), exception: failed, status: failed ? "failed" : "completed" });
      if (failed) record.exception = true;
    },
    end: () => Object.assign(record, timesSince(began), { exception: record.exception === true }),
  };
}

/** What stands under our own key already: a budget, say, that the author set there. */
function recordOf({ metadata }: CodeCell): Metadata {
  const { cellscope } = metadata;
  // It is an object and not null.
  return typeof cellscope === "object" && cellscope !== null ? (cellscope as Metadata) : {};
}

function setRecord(cell: CodeCell, record: Metadata): void {
  cell.metadata.papermill = record;
}

function timesSince(start: Date): { duration: number; end_time: string; start_time: string } {
  const end = new Date();
  // Seconds, as papermill has them.
  return {
    duration: (end.getTime() - start.getTime()) / 1000,
    end_time: end.toISOString(),
    start_time: start.toISOString(),
  };
}
