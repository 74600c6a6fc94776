import {
  Bool,
  Field,
  Int32,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  tableFromIPC,
  tableToIPC,
} from "apache-arrow";
import { assert, property, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { decodeFrame, encodeFrame, type Sample, sampleColumns } from "../../../profiler/sample-frames.js";

const sample: Sample = {
  time: 1000.5,
  pid: 42,
  rss: 61_440,
  childrenRss: 0,
  heapTotal: 7_000_000,
  heapUsed: Number.NaN,
  external: 1,
  arrayBuffers: 2 ** 40,
  cpu: 120,
};
/** Enough for more than one byte of what is there and what is not. */
const many = Array.from({ length: 21 }, (_, row) => ({
  ...sample,
  time: 1000 + row,
  heapUsed: row % 3 === 0 ? Number.NaN : row,
  cpu: Number.NaN,
}));

test.each([[[]], [[sample]], [[sample, { ...sample, time: 1010.25 }, { ...sample, time: 1020, rss: 7 }]], [many]])(
  "what is written is read again",
  (samples) => {
    expect(decodeFrame(encodeFrame({ samples, through: 1234.5 }))).toEqual({ samples, through: 1234.5 });
  },
);

test.each([[[]], [[sample]], [many]])("apache-arrow reads the same", (samples) => {
  const table = tableFromIPC(encodeFrame({ samples, through: 3 }));
  const rows = samples.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number.isNaN(value) ? null : value])),
  );
  expect(table.toArray().map((row) => row.toJSON())).toEqual(rows);
  expect(table.getChild("heapUsed")?.nullCount).toBe(rows.filter(({ heapUsed }) => heapUsed === null).length);
});

test("the schema names the types and the units, and what has been sent", () => {
  const { schema } = tableFromIPC(encodeFrame({ samples: [sample], through: 1234.567891 }));
  expect(
    schema.fields.map(({ name, type, nullable, metadata }) => [name, `${type}`, nullable, metadata.get("unit")]),
  ).toEqual([
    ["time", "Float64", false, "ms"],
    ["pid", "Int32", false, undefined],
    ["rss", "Float64", false, "bytes"],
    ["childrenRss", "Float64", true, "bytes"],
    ["heapTotal", "Float64", true, "bytes"],
    ["heapUsed", "Float64", true, "bytes"],
    ["external", "Float64", true, "bytes"],
    ["arrayBuffers", "Float64", true, "bytes"],
    ["cpu", "Float64", true, "ms"],
  ]);
  expect(Number(schema.metadata.get("through"))).toBe(1234.567891);
});

test("what apache-arrow writes is read as well, and what a later version adds is passed over", () => {
  const now = tableFromIPC(encodeFrame({ samples: many, through: 3 }));
  const [batch] = now.batches;
  if (batch === undefined) throw new Error("The frame has no record batch.");
  const added = [new Field("swap", new Int32(), true), new Field("paused", new Bool(), true)];
  const fields = [...now.schema.fields, ...added];
  const length = batch.numRows;
  const children = [
    ...batch.data.children,
    makeData({ type: new Int32(), length, data: new Int32Array(length) }),
    makeData({ type: new Bool(), length, data: new Uint8Array(8) }),
  ];
  const schema = new Schema(fields, now.schema.metadata);
  const later = new Table(schema, new RecordBatch(schema, makeData({ type: new Struct(fields), length, children })));
  expect(decodeFrame(Buffer.from(tableToIPC(later, "stream")))).toEqual({ samples: many, through: 3 });
});

test("a frame without one of the columns is none", () => {
  const table = tableFromIPC(encodeFrame({ samples: [sample], through: 3 }));
  const { metadata } = table.schema;
  const fewer = table.select(sampleColumns.filter((name) => name !== "rss"));
  const bytes = tableToIPC(new Table(new Schema(fewer.schema.fields, metadata), fewer.batches), "stream");
  expect(decodeFrame(Buffer.from(bytes))).toBeUndefined();
});

const frame = encodeFrame({ samples: many, through: 3 });

test.each([
  ["nothing", Buffer.alloc(0)],
  ["another kind of message", Buffer.from("CSS1".padEnd(24))],
  ["an end with nothing before it", Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])],
  ["a schema alone", frame.subarray(0, 8 + frame.readUInt32LE(4))],
])("%s is no frame", (_, bytes) => {
  expect(decodeFrame(bytes)).toBeUndefined();
});

test("a frame is known to be cut wherever it is cut", () => {
  // What ends a stream may be missing: the end of the message says the same.
  for (let length = 0; length < frame.length - 16; length++)
    expect(decodeFrame(frame.subarray(0, length))).toBeUndefined();
});

test("no bytes make the reader throw, or build what they cannot hold", () => {
  const schemaEnd = 8 + frame.readUInt32LE(4);
  assert(
    property(uint8Array({ minLength: 1, maxLength: 64 }), (noise) => {
      const broken = Buffer.from(frame);
      for (const [index, byte] of noise.entries()) {
        const at = (byte * 131 + index * 977 + (noise[0] ?? 0)) % (schemaEnd + 700);
        broken[at] = byte;
      }
      const read = decodeFrame(broken);
      expect(read === undefined || read.samples.length <= broken.length / 8).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
