// Most of what an executor says is text, a line at a time. `v8.serialize` leaves a block outside of the heap behind
// for each: 100,000 lines would be 200 MiB of the very memory that is to be measured. So these frames are written
// by hand, in V8's own format, into one buffer.
import { serialize } from "node:v8";

/** Longer text is rare enough for `v8.serialize`. */
const longestText = 16 * 1024;
/** Room for the longest text in two bytes a character, and for all that stands around it. */
const buffer = Buffer.alloc(2 * longestText + 256);
const sizeOfLength = 4;
/** The first two bytes of whatever this V8 writes: the tag of a version, and which. */
const version = serialize(0).subarray(0, 2);

const beforeId = {
  stdout: Buffer.concat([
    version,
    Buffer.from("o"),
    ...["type", "stream", "name", "stdout", "id"].map(oneByte),
    tag("I"),
  ]),
  stderr: Buffer.concat([
    version,
    Buffer.from("o"),
    ...["type", "stream", "name", "stderr", "id"].map(oneByte),
    tag("I"),
  ]),
} as const;
const beforeText = oneByte("text");
/** The end of an object of four properties. */
const end = Buffer.from([0x7b, 4]);

/**
 * The frame of a `stream` event, in a buffer that the next call writes to again; `undefined` for text that is too long.
 */
export function encodeStreamFrame(id: number, name: "stdout" | "stderr", text: string): Buffer | undefined {
  if (text.length > longestText) return undefined;
  let at = put(beforeId[name], sizeOfLength);
  // V8 keeps the sign of an integer in its last bit.
  at = putVarint(id * 2, at);
  at = put(beforeText, at);
  const isAscii = Buffer.byteLength(text) === text.length;
  buffer[at] = isAscii ? 0x22 : 0x63;
  at = putVarint(isAscii ? text.length : 2 * text.length, at + 1);
  at += buffer.write(text, at, isAscii ? "latin1" : "utf16le");
  at = put(end, at);
  buffer.writeUInt32LE(at - sizeOfLength, 0);
  return buffer.subarray(0, at);
}

function oneByte(text: string): Buffer {
  return Buffer.concat([tag('"'), Buffer.from([text.length]), Buffer.from(text, "latin1")]);
}

function tag(character: string): Buffer {
  return Buffer.from(character, "latin1");
}

function put(bytes: Buffer, at: number): number {
  buffer.set(bytes, at);
  return at + bytes.length;
}

function putVarint(value: number, start: number): number {
  let at = start;
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) {
    buffer[at] = (rest % 128) + 128;
    at += 1;
  }
  buffer[at] = rest;
  return at + 1;
}
