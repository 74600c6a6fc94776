// How the kernel and its own processes put values on a stream: a 4-byte little-endian length, then that
// many bytes of `v8.serialize`.
import { deserialize, serialize } from "node:v8";

const headerSize = 4;
/** The first byte of whatever `v8.serialize` writes. */
const versionTag = 0xff;

/** Turns one value into a frame; throws a `DataCloneError` for what cannot be cloned. */
export function encodeFrame(value: unknown): Buffer {
  const payload = serialize(value);
  if (payload.length > 0xffff_ffff) {
    throw new RangeError(`A frame holds at most ${0xffff_ffff} bytes, got ${payload.length}.`);
  }
  const frame = Buffer.allocUnsafe(headerSize + payload.length);
  frame.writeUInt32LE(payload.length, 0);
  payload.copy(frame, headerSize);
  return frame;
}

/** Puts the chunks of a stream together again and hands out the values as their frames become whole. */
export class FrameReader {
  // Chunks are joined once a frame is whole, not as they come: a frame of 10 MB arrives in 160 chunks.
  private chunks: Buffer[] = [];
  private available = 0;
  private needed = headerSize;
  private inPayload = false;

  /** Takes the next bytes of the stream; returns the values that are whole by now, oldest first. */
  push(chunk: Uint8Array): unknown[] {
    return [...this.read(chunk)];
  }

  /** As `push`, one value after the other: those before bytes that are no frame are handed out before it throws. */
  *read(chunk: Uint8Array): Generator<unknown, void, undefined> {
    if (chunk.length > 0) {
      this.chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
      this.available += chunk.length;
    }
    while (this.available >= this.needed) {
      const bytes = this.take(this.needed);
      const isPayload = this.inPayload;
      this.needed = isPayload ? headerSize : bytes.readUInt32LE(0);
      this.inPayload = !isPayload;
      if (isPayload) yield deserialize(bytes);
    }
    this.checkBeginning();
  }

  /** What is no frame may say that gigabytes of it follow, and nobody would ever hear of what comes instead. */
  private checkBeginning(): void {
    const first = this.chunks[0]?.[0];
    if (!this.inPayload || first === undefined || first === versionTag) return;
    const { needed } = this;
    this.chunks = [];
    this.available = 0;
    this.needed = headerSize;
    this.inPayload = false;
    throw new Error(`these bytes are no frame of ${needed} bytes`);
  }

  private take(length: number): Buffer {
    const [first] = this.chunks;
    const joined = this.chunks.length === 1 && first ? first : Buffer.concat(this.chunks, this.available);
    this.available -= length;
    this.chunks = this.available > 0 ? [joined.subarray(length)] : [];
    return joined.subarray(0, length);
  }
}
