import { expect, test } from "vitest";
import { decodeFrame, encodeFrame, type Sample } from "../../../profiler/sample-frames.js";

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

test.each([[[]], [[sample]], [[sample, { ...sample, time: 1010.25 }, { ...sample, time: 1020, rss: 7 }]]])(
  "what is written is read again",
  (samples) => {
    expect(decodeFrame(encodeFrame({ samples, through: 1234.5 }))).toEqual({ samples, through: 1234.5 });
  },
);

test("a frame has the bytes that docs/samples.md describes", () => {
  const frame = encodeFrame({ samples: [sample], through: 3 });
  expect(frame.subarray(0, 4).toString("latin1")).toBe("CSS1");
  expect([frame.readUInt32LE(4), frame.readUInt32LE(8), frame.readDoubleLE(16)]).toEqual([9, 1, 3]);
  expect(frame.readDoubleLE(24 + 2 * 8)).toBe(61_440);
});

test("columns that a later version adds are passed over", () => {
  const now = encodeFrame({ samples: [sample], through: 3 });
  const later = Buffer.concat([now, Buffer.alloc(8)]);
  later.writeUInt32LE(10, 4);
  expect(decodeFrame(later)?.samples).toEqual([sample]);
});

test.each([
  ["nothing", Buffer.alloc(0)],
  ["another kind of message", Buffer.from("CSS2".padEnd(24))],
  ["a header whose rows are not there", encodeFrame({ samples: [sample], through: 3 }).subarray(0, 90)],
])("%s is no frame", (_, bytes) => {
  expect(decodeFrame(bytes)).toBeUndefined();
});
