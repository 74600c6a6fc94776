// Samples as an Arrow table. apache-arrow takes 50 ms and 14 MiB to load, so it is loaded when somebody asks for a table.
import { isNullable, type Sample, type SampleColumn, unitOf } from "./sample-frames.js";

/** The columns of the table: `time` is milliseconds since the start, `cpu` milliseconds since then, the rest bytes. */
export const tableColumns = [
  "time",
  "rss",
  "childrenRss",
  "heapTotal",
  "heapUsed",
  "external",
  "arrayBuffers",
  "cpu",
] as const satisfies readonly SampleColumn[];

/** Makes the bytes of an Arrow IPC stream, or of a file; what was not measured is null. */
export async function encodeSampleTable(
  samples: readonly Sample[],
  began: number,
  format: "stream" | "file" = "stream",
): Promise<Uint8Array> {
  const arrow = await import("apache-arrow");
  const firstCpu = samples.find(({ cpu }) => Number.isFinite(cpu))?.cpu ?? 0;
  const value = (sample: Sample, column: SampleColumn) => {
    if (column === "time") return sample.time - began;
    return column === "cpu" ? sample.cpu - firstCpu : sample[column];
  };
  const type = new arrow.Float64();
  const fields = tableColumns.map((column) => {
    return new arrow.Field(column, type, isNullable(column), new Map([["unit", unitOf(column)]]));
  });
  const children = tableColumns.map((column) => {
    const data = Float64Array.from(samples, (sample) => value(sample, column));
    const nullBitmap = new Uint8Array(Math.ceil(samples.length / 64) * 8);
    let nullCount = 0;
    for (const [row, figure] of data.entries()) {
      if (Number.isNaN(figure)) nullCount += 1;
      else nullBitmap[row >> 3] = (nullBitmap[row >> 3] ?? 0) | (1 << (row & 7));
    }
    return arrow.makeData({ type, length: samples.length, nullCount, nullBitmap, data });
  });
  const schema = new arrow.Schema(fields, new Map([["description", "Memory of one cell, sampled by Cellscope"]]));
  const struct = arrow.makeData({ type: new arrow.Struct(fields), length: samples.length, nullCount: 0, children });
  return arrow.tableToIPC(new arrow.Table(schema, new arrow.RecordBatch(schema, struct)), format);
}
