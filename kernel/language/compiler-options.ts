import { parse } from "node:path";
import ts from "typescript";

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
  // While a snapshot is built there is no Atomics on Node 20.
  ["esnext.sharedmemory", () => typeof Atomics === "object" && "pause" in Atomics],
  ["esnext.temporal", () => "Temporal" in globalThis],
  ["esnext.typedarrays", () => "toBase64" in Uint8Array.prototype],
];

/** The newest syntax that every supported Node runs; what is newer is rewritten by TypeScript. */
const target = ts.ScriptTarget.ES2024;

/** The options for cells; `given` are those of tslab's converter. */
export function compilerOptions(given: ts.CompilerOptions): ts.CompilerOptions {
  const options: ts.CompilerOptions = {
    ...given,
    target,
    lib: libraries(),
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    // Node resolves by this condition; TypeScript's "bundler" leaves it out.
    customConditions: ["node"],
    types: ["node"],
    // As in tslab: a cell may leave types away, and notebooks written for it run unchanged.
    strict: false,
    // The decorators of the language. tslab's older ones exclude them.
    experimentalDecorators: false,
    // A local JavaScript file is run, not judged.
    checkJs: false,
    sourceMap: true,
    // Local files may be anywhere, also beside the notebook's directory.
    rootDir: parse(given.rootDir ?? "/").root || "/",
    // Local imports are rewritten to absolute paths, so the extension may be there.
    allowImportingTsExtensions: true,
    ignoreDeprecations: "6.0",
  };
  // The first two are the fork's alone; the types of Node are found by `ModuleResolution`.
  for (const name of ["noImplicitUseStrict", "disableTopLevelAwait", "typeRoots"]) delete options[name];
  return options;
}

function libraries(): string[] {
  const newer = newerLibraries.filter(([, present]) => present()).map(([library]) => library);
  return ["es2023", "decorators", ...newer].map((library) => `lib.${library}.d.ts`);
}
