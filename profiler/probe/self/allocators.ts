// The functions of JavaScript and Node that take memory outside V8's heap, and how much by their first arguments.

/** By an expression that gives the function; the bytes are absent where the arguments do not tell. */
export const allocators: Readonly<Record<string, (first: unknown) => number | undefined>> = {
  // Typed arrays by length, and copies of most kinds, come here from inside V8.
  ArrayBuffer: (length) => sizeOf(length),
  SharedArrayBuffer: (length) => sizeOf(length),
  "WebAssembly.Memory": (type) => pagesOf((type as { readonly initial?: unknown } | undefined)?.initial),
  "WebAssembly.Memory.prototype.grow": (pages) => pagesOf(pages),
  "Buffer.alloc": (size) => sizeOf(size),
  "Buffer.allocUnsafe": (size) => pooled(size),
  "Buffer.allocUnsafeSlow": (size) => sizeOf(size),
  "Buffer.from": () => undefined,
  structuredClone: () => undefined,
  "TextEncoder.prototype.encode": () => undefined,
  // These take lists and other arrays past `ArrayBuffer`. `Uint8Array` does too, and stands behind every small Buffer:
  // to break on it would cost more than it tells.
  Float64Array: ofElements(8),
  Float32Array: ofElements(4),
  Int32Array: ofElements(4),
  Uint32Array: ofElements(4),
  Int16Array: ofElements(2),
  Uint16Array: ofElements(2),
  BigInt64Array: ofElements(8),
  BigUint64Array: ofElements(8),
};

/** Those whose memory V8 does not count on every version: what their arguments say is all that is known. */
export const uncountedAllocators: ReadonlySet<string> = new Set([
  "SharedArrayBuffer",
  "WebAssembly.Memory",
  "WebAssembly.Memory.prototype.grow",
]);

const wasmPage = 65_536;
/** Smaller ones are cut from a pool that Node keeps. */
const poolLimit = 4096;

function sizeOf(length: unknown): number | undefined {
  return typeof length === "number" && length >= 0 ? length : undefined;
}

function pooled(size: unknown): number | undefined {
  const bytes = sizeOf(size);
  return bytes === undefined || bytes < poolLimit ? undefined : bytes;
}

function pagesOf(pages: unknown): number | undefined {
  return typeof pages === "number" ? pages * wasmPage : undefined;
}

/** A length comes to `ArrayBuffer` later, and a buffer is there already: only lists count here. */
function ofElements(size: number): (first: unknown) => number | undefined {
  return (source) => {
    if (typeof source !== "object" || source === null || source instanceof ArrayBuffer) return 0;
    const { length } = source as { readonly length?: unknown };
    return typeof length === "number" ? length * size : undefined;
  };
}
