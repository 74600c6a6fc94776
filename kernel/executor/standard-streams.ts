import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { sendText } from "./event-channel.js";
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

type Callback = (error?: Error | null) => void;

function createStream(name: "stdout" | "stderr"): Writable {
  const decoder = new StringDecoder("utf8");
  const callLater = createCaller();
  const send = (chunk: unknown, encoding: BufferEncoding) => {
    const text = typeof chunk === "string" && isUtf8(encoding) ? chunk : decoder.write(toBytes(chunk, encoding));
    if (text !== "") sendText(currentExecution(), name, text);
  };
  // It never closes: whoever waits for its end is content with "finish".
  const stream = new Writable({ autoDestroy: false, emitClose: false });
  // A cell may be stopped in the middle of a write, and `Writable` then waits for ever for that write to end. Here
  // nothing is kept from one write to the next; and each is out when it returns, also of a cell that spins after it.
  const write = (chunk: unknown, ...rest: readonly unknown[]): boolean => {
    const { encoding, callback } = readArguments(rest);
    send(chunk, encoding);
    if (callback !== undefined) callLater(callback);
    return true;
  };
  // As with a terminal, the next cell writes to the same stream: it tells that it has finished, and goes on.
  const end = (...args: readonly unknown[]): Writable => {
    const [chunk, ...rest] = typeof args[0] === "function" ? [undefined, ...args] : args;
    const { encoding, callback } = readArguments(rest);
    if (chunk !== undefined && chunk !== null) send(chunk, encoding);
    process.nextTick(() => {
      stream.emit("finish");
      callback?.();
    });
    return stream;
  };
  const fd = name === "stdout" ? 1 : 2;
  return Object.assign(stream, { write, end, destroy: () => stream, fd, isTTY: false, columns, _isStdio: true });
}

/**
 * Makes what calls the callbacks of writes. `console.log` brings the same one each time: a loop that prints a million
 * lines must not leave a million ticks behind.
 */
function createCaller(): (callback: Callback) => void {
  let latest: { readonly callback: Callback; readonly id: number; times: number } | undefined;
  return (callback) => {
    const id = currentExecution();
    if (latest?.callback === callback && latest.id === id) {
      latest.times += 1;
      return;
    }
    const calls = { callback, id, times: 1 };
    latest = calls;
    process.nextTick(() => {
      if (latest === calls) latest = undefined;
      for (let time = 0; time < calls.times; time += 1) callback();
    });
  };
}

function readArguments(rest: readonly unknown[]): {
  readonly encoding: BufferEncoding;
  readonly callback: Callback | undefined;
} {
  const encoding = typeof rest[0] === "string" && Buffer.isEncoding(rest[0]) ? rest[0] : "utf8";
  const last = rest.find((argument) => typeof argument === "function");
  // Whatever is called here gets what a callback of a write gets.
  return { encoding, callback: last as Callback | undefined };
}

function isUtf8(encoding: BufferEncoding): boolean {
  return encoding === "utf8" || encoding === "utf-8";
}

function toBytes(chunk: unknown, encoding: BufferEncoding): Buffer {
  if (typeof chunk === "string") return Buffer.from(chunk, encoding);
  if (ArrayBuffer.isView(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw Object.assign(
    new TypeError(`The "chunk" argument must be a string or a Buffer, TypedArray or DataView, got ${typeof chunk}.`),
    { code: "ERR_INVALID_ARG_TYPE" },
  );
}
