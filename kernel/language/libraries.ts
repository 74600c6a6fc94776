// Asked in the kernel process: while Node builds a snapshot it does not show all that it has.

/** A part of TypeScript's library, and whether the running Node has what it describes. */
const newerLibraries: readonly (readonly [library: string, present: () => boolean])[] = [
  ["es2024.arraybuffer", () => "transfer" in ArrayBuffer.prototype],
  ["es2024.collection", () => "groupBy" in Map],
  ["es2024.object", () => "groupBy" in Object],
  ["es2024.promise", () => "withResolvers" in Promise],
  ["es2024.regexp", () => "unicodeSets" in RegExp.prototype],
  ["es2024.sharedmemory", () => true],
  ["es2024.string", () => "isWellFormed" in String.prototype],
  ["es2025.collection", () => "union" in Set.prototype],
  ["es2025.float16", () => "Float16Array" in globalThis],
  ["es2025.intl", () => "DurationFormat" in Intl],
  ["es2025.iterator", () => "Iterator" in globalThis],
  ["es2025.promise", () => "try" in Promise],
  ["es2025.regexp", () => "escape" in RegExp],
  ["esnext.array", () => "fromAsync" in Array],
  ["esnext.collection", () => "getOrInsert" in Map.prototype],
  // Node 20 has no DisposableStack, but the `Symbol.dispose` that `using` needs.
  ["esnext.disposable", () => "dispose" in Symbol],
  ["esnext.error", () => "isError" in Error],
  ["esnext.sharedmemory", () => "pause" in Atomics],
  ["esnext.temporal", () => "Temporal" in globalThis],
  ["esnext.typedarrays", () => "toBase64" in Uint8Array.prototype],
];

/** The parts of TypeScript's library that describe the running Node. */
export function nodeLibraries(): string[] {
  return ["es2023", "decorators", ...newerLibraries.filter(([, present]) => present()).map(([library]) => library)];
}
