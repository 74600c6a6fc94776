import { parse } from "node:path";
import ts from "typescript";

/** The newest syntax that every supported Node runs; what is newer is rewritten by TypeScript. */
const target = ts.ScriptTarget.ES2024;

/** The options for cells; `given` are those of tslab's converter, `libraries` what the running Node has. */
export function compilerOptions(given: ts.CompilerOptions, libraries: readonly string[]): ts.CompilerOptions {
  const options: ts.CompilerOptions = {
    ...given,
    target,
    lib: libraries.map((library) => `lib.${library}.d.ts`),
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
