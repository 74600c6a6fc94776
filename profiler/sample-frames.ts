// The samples as they travel, each frame an Arrow IPC stream: docs/protocol.md describes them for readers in other languages.
import { decodeStream, encodeSchema, encodeStream, type NumberColumn } from "./arrow/number-stream.js";

/**
 * What one sample says, in the order of the wire: `time` in milliseconds of `process.hrtime`, `pid` of the executor,
 * `cpu` in milliseconds since that process started, the rest in bytes. `NaN` stands for what was not measured.
 */
export const sampleColumns = [
  "time",
  "pid",
  "rss",
  "childrenRss",
  "heapTotal",
  "heapUsed",
  "external",
  "arrayBuffers",
  "cpu",
] as const;

/** One thing that a sample may say. */
export type SampleColumn = (typeof sampleColumns)[number];

/** One moment of an executor and its children. */
export type Sample = Readonly<Record<SampleColumn, number>>;

/** Several samples, oldest first. */
export interface SampleFrame {
  readonly samples: readonly Sample[];
  /** Whatever was sampled up to this time has been sent with this frame or before it. */
  readonly through: number;
}

const times: readonly SampleColumn[] = ["time", "cpu"];
const always: readonly SampleColumn[] = ["time", "pid", "rss"];

/** What the figures of a column are counted in; `pid` is not counted. */
export function unitOf(column: SampleColumn): "ms" | "bytes" {
  return times.includes(column) ? "ms" : "bytes";
}

/** Whether a column has gaps: what is not measured in every sample. */
export function isNullable(column: SampleColumn): boolean {
  return !always.includes(column);
}

const columns: readonly NumberColumn[] = sampleColumns.map((name) => ({
  name,
  type: name === "pid" ? "int32" : "float64",
  nullable: isNullable(name),
  metadata: name === "pid" ? {} : { unit: unitOf(name) },
}));

/** As wide as every time that is written in its place. */
const noTime = "0".repeat(24);
/** The same bytes for every frame, but for the time. */
let schema: { readonly bytes: Buffer; readonly timeAt: number } | undefined;

/** Writes a frame: an Arrow IPC stream of one record batch, with `through` in the metadata of its schema. */
export function encodeFrame({ samples, through }: SampleFrame): Buffer {
  schema ??= prepareSchema();
  const { bytes, timeAt } = schema;
  const frame = encodeStream(
    bytes,
    columns,
    sampleColumns.map((name) => samples.map((sample) => sample[name])),
  );
  // Nanoseconds: the clock has no finer ones.
  frame.write(through.toFixed(6).padStart(noTime.length, "0"), timeAt, "latin1");
  return frame;
}

/** Reads a frame; `undefined` when the bytes are none. Columns that a later version adds are passed over. */
export function decodeFrame(bytes: Buffer): SampleFrame | undefined {
  const table = decodeStream(bytes);
  const through = Number(table?.metadata.get("through") ?? Number.NaN);
  if (table === undefined || Number.isNaN(through)) return undefined;
  const read = sampleColumns.flatMap((name) => {
    const column = table.columns.get(name);
    return column === undefined ? [] : [[name, column] as const];
  });
  if (read.length < sampleColumns.length) return undefined;
  const samples = Array.from(
    { length: table.rows },
    // Every column of the list gets its value: the entries are those of the type.
    (_, row) => Object.fromEntries(read.map(([name, column]) => [name, column[row]])) as Sample,
  );
  return { samples, through };
}

function prepareSchema(): { readonly bytes: Buffer; readonly timeAt: number } {
  const bytes = encodeSchema(columns, { kind: "cellscope samples", through: noTime });
  return { bytes, timeAt: bytes.indexOf(noTime) };
}
