import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { sendEvent } from "./event-channel.js";
import { currentExecution } from "./execution-context.js";

/** Terminals do not exist here; programs that ask for a width get a usual one. */
const columns = 80;

/** Replaces `process.stdout` and `process.stderr` by streams whose text becomes output of the cell that wrote it. */
export function captureStandardStreams(): void {
  for (const name of ["stdout", "stderr"] as const) {
    const stream = createStream(name);
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => stream });
  }
}

function createStream(name: "stdout" | "stderr"): Writable {
  const decoder = new StringDecoder("utf8");
  const stream = new Writable({
    decodeStrings: false,
    // Calling back at once keeps every write synchronous: a cell that spins after it has still been heard.
    write(chunk: string | Buffer, encoding, callback) {
      const text = isText(chunk, encoding) ? chunk : decoder.write(toBytes(chunk, encoding));
      if (text !== "") sendEvent({ type: "stream", id: currentExecution(), name, text });
      callback();
    },
    // Node's own standard streams cannot be ended either: the next cell writes to the same one.
    destroy(_error, callback) {
      callback(null);
    },
    final(callback) {
      callback(Object.assign(new Error(`process.${name} cannot be closed.`), { code: "ERR_STDOUT_CLOSE" }));
    },
    autoDestroy: false,
  });
  const fd = name === "stdout" ? 1 : 2;
  Object.assign(stream, { fd, isTTY: false, columns, _isStdio: true });
  return stream;
}

function isText(chunk: string | Buffer, encoding: BufferEncoding): chunk is string {
  return typeof chunk === "string" && /^utf-?8$/i.test(encoding);
}

function toBytes(chunk: string | Buffer, encoding: BufferEncoding): Buffer {
  return typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;
}
