import { RunnerError } from "./errors.js";
import { readQuantity } from "./quantity.js";

const units = new Map([
  ["", 1],
  ["b", 1],
  ["kib", 1024],
  ["mib", 1024 ** 2],
  ["gib", 1024 ** 3],
  ["kb", 1e3],
  ["mb", 1e6],
  ["gb", 1e9],
]);

/** The bytes of a size such as `500MiB`, `2 GB` or `1024`; `undefined` when it is none. */
export function readSize(text: string): number | undefined {
  const size = readQuantity(text, units);
  return size === undefined ? undefined : Math.round(size);
}

/** Reads a size above zero; throws a `RunnerError` that names it by `name`. */
export function parseSize(text: string, name: string): number {
  const size = readSize(text);
  if (size !== undefined && size > 0) return size;
  throw new RunnerError(`${name} must be a size above zero, such as 500MiB or 2GB, got "${text}".`);
}
