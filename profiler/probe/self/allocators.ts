// The functions of JavaScript and Node that take memory outside V8's heap, and how much by their first arguments.

/**
 * By an expression that gives the function; the bytes are absent where the argument does not tell. Of V8's own functions
 * there is only one: setting a break on one makes V8 walk through the whole heap. Typed arrays by length, their copies
 * and slices come to `ArrayBuffer` from inside V8; lists that become typed arrays, and `structuredClone`, do not.
 */
export const allocators: Readonly<Record<string, (first: unknown) => number | undefined>> = {
  ArrayBuffer: sizeOf,
  "Buffer.alloc": sizeOf,
  "Buffer.allocUnsafe": pooled,
  "Buffer.allocUnsafeSlow": sizeOf,
  "Buffer.from": () => undefined,
};

/** Smaller ones are cut from a pool that Node keeps. */
const poolLimit = 4096;
/** When so much of the pool is cut off, Node makes a new one. */
const poolSize = 8192;

/**
 * Says of each call whether it may take memory. Most calls for small Buffers do not, and to find out the stack of each
 * makes more garbage than they are long.
 */
export function watchPool(): (name: string, first: unknown) => boolean {
  let cut = 0;
  return (name, first) => {
    const bytes = name === "Buffer.allocUnsafe" ? sizeOf(first) : name === "Buffer.from" ? lengthOf(first) : undefined;
    if (bytes === undefined || bytes >= poolLimit) return true;
    cut += bytes;
    if (cut < poolSize) return false;
    cut = 0;
    return true;
  };
}

/** Bytes of what a Buffer is made from, where that is near to its length. */
function lengthOf(source: unknown): number | undefined {
  return typeof source === "string" || Array.isArray(source) ? source.length : undefined;
}

function sizeOf(length: unknown): number | undefined {
  return typeof length === "number" && length >= 0 ? length : undefined;
}

function pooled(size: unknown): number | undefined {
  const bytes = sizeOf(size);
  return bytes === undefined || bytes < poolLimit ? undefined : bytes;
}
