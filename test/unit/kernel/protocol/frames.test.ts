import { expect, test } from "vitest";
import { encodeFrame, FrameReader } from "../../../../kernel/protocol/frames.js";

const values = [1, "text", { a: [undefined, null, 1n], date: new Date(0) }, new Map([["k", new Set([1])]]), ""];
const stream = Buffer.concat(values.map(encodeFrame));

test.each([1, 2, 3, 5, 7, 64, stream.length])("values arrive whole from chunks of %i bytes", (size) => {
  const reader = new FrameReader();
  const arrived: unknown[] = [];
  for (let at = 0; at < stream.length; at += size) arrived.push(...reader.push(stream.subarray(at, at + size)));
  expect(arrived).toEqual(values);
});

test("a value comes with its last byte, not before", () => {
  const frame = encodeFrame({ a: 1 });
  const reader = new FrameReader();
  expect(reader.push(frame.subarray(0, -1))).toEqual([]);
  expect(reader.push(Buffer.alloc(0))).toEqual([]);
  expect(reader.push(frame.subarray(-1))).toEqual([{ a: 1 }]);
});

test("bytes survive, also large ones", () => {
  const bytes = new Uint8Array(3_000_000).map((_, n) => n % 251);
  const frame = encodeFrame({ bytes });
  const reader = new FrameReader();
  const arrived: unknown[] = [];
  for (let at = 0; at < frame.length; at += 65_536) arrived.push(...reader.push(frame.subarray(at, at + 65_536)));
  expect(Buffer.compare((arrived[0] as { bytes: Uint8Array }).bytes, bytes)).toBe(0);
});

test("the length is little-endian and counts the payload", () => {
  const frame = encodeFrame("x");
  expect(frame.readUInt32LE(0)).toBe(frame.length - 4);
});

test("what cannot be cloned is refused", () => {
  expect(() => encodeFrame({ f: () => 1 })).toThrow("could not be cloned");
});

test("a frame that cannot be read does not swallow the next one", () => {
  const reader = new FrameReader();
  expect(() => reader.push(Buffer.from([2, 0, 0, 0, 1, 2]))).toThrow();
  expect(reader.push(encodeFrame(5))).toEqual([5]);
});

test("values before bytes that are no frame are handed out first", () => {
  const arrived: unknown[] = [];
  const chunk = Buffer.concat([encodeFrame(1), encodeFrame(2), Buffer.from([2, 0, 0, 0, 1, 2])]);
  const read = () => {
    for (const value of new FrameReader().read(chunk)) arrived.push(value);
  };
  expect(read).toThrow();
  expect(arrived).toEqual([1, 2]);
});

// "hello" said that 1.8 GB would follow, and was waited for.
test("bytes that are no frame are told from the beginning of a long one", () => {
  const reader = new FrameReader();
  expect(() => reader.push(Buffer.from("hello"))).toThrow("no frame of 1819043176 bytes");
  expect(reader.push(encodeFrame(5))).toEqual([5]);
});
