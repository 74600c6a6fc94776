import { tableFromIPC } from "apache-arrow";
import { expect, test } from "vitest";
import type { Sample } from "../../../profiler/sample-frames.js";
import { encodeSampleTable, tableColumns } from "../../../profiler/sample-table.js";

const seen: Sample = {
  time: 1010,
  pid: 1,
  rss: 100,
  childrenRss: 0,
  heapTotal: 60,
  heapUsed: 50,
  external: 20,
  arrayBuffers: 10,
  cpu: 130,
};
const fromOutside: Sample = {
  ...seen,
  time: 1000,
  heapTotal: Number.NaN,
  heapUsed: Number.NaN,
  external: Number.NaN,
  arrayBuffers: Number.NaN,
  cpu: 120,
};

test("a table has a row for each sample, times from the start, and null for what was not measured", async () => {
  const table = tableFromIPC(await encodeSampleTable([fromOutside, seen], 995));
  expect(table.toArray().map((row) => row.toJSON())).toEqual([
    { time: 5, rss: 100, childrenRss: 0, heapTotal: null, heapUsed: null, external: null, arrayBuffers: null, cpu: 0 },
    { time: 15, rss: 100, childrenRss: 0, heapTotal: 60, heapUsed: 50, external: 20, arrayBuffers: 10, cpu: 10 },
  ]);
});

test("every column names its unit", async () => {
  const { schema } = tableFromIPC(await encodeSampleTable([seen], 0));
  expect(schema.fields.map(({ name, metadata }) => [name, metadata.get("unit")])).toEqual(
    tableColumns.map((name) => [name, name === "time" || name === "cpu" ? "ms" : "bytes"]),
  );
});

test("no sample gives an empty table with all columns", async () => {
  const table = tableFromIPC(await encodeSampleTable([], 0));
  expect([table.numRows, table.numCols]).toEqual([0, tableColumns.length]);
});

test("more than a few rows keep their nulls in place", async () => {
  const samples = Array.from({ length: 131 }, (_, index) => ({
    ...(index % 3 === 0 ? seen : fromOutside),
    time: index,
  }));
  const column = tableFromIPC(await encodeSampleTable(samples, 0)).getChild("heapUsed");
  expect(Array.from(column ?? [])).toEqual(samples.map((_, index) => (index % 3 === 0 ? 50 : null)));
});
