// TypeScript for cells, on tslab's converter. The only file that knows tslab.
import { type ConverterOptions, createConverter } from "tslab/dist/converter.js";
import { getCodeMetadata } from "tslab/dist/metadata.js";
import type { Completeness, Completion } from "../interpreter.js";
import type { MimeBundle } from "../protocol/mime.js";
import { CellService } from "./cell-service.js";
import { createWithState } from "./compiler.js";
import { readCompleteness } from "./completeness.js";
import { absolutePaths, mergeDeclarations } from "./declarations.js";
import { diagnoseModule } from "./diagnose.js";
import { nodeLibraries } from "./libraries.js";
import { addLineProbes } from "./line-probes/line-probes.js";
import { ModuleResolution, type OwnPaths } from "./module-resolution.js";
import type { Conversion } from "./requests.js";
import type { SharedProgram } from "./shared-program.js";
import { SourceFiles } from "./source-files.js";

/** Where cells are, and what a converter is made with. */
export interface TypeScriptConfig {
  readonly own: OwnPaths;
  /** The parts of TypeScript's library that describe the running Node. */
  readonly libraries?: readonly string[];
  /** Parsed libraries; may come from a start-up snapshot. */
  readonly sourceFiles?: SourceFiles;
  /** A program of another directory, to begin with; comes from a start-up snapshot. */
  readonly offered?: SharedProgram;
  /** Told of every program that is made. */
  readonly keep?: (program: SharedProgram) => void;
  readonly converter?: Pick<ConverterOptions, "isJS">;
}

/** The answers to the requests of `Language`, at once and in this thread. */
export interface TypeScript {
  readonly convert: (declarations: string, code: string) => Conversion;
  /** Gives a module of a cell back to a process that has been started anew. */
  readonly define: (path: string, code: string) => void;
  readonly enter: (declarations: string, directory: string) => string;
  readonly mergeDeclarations: typeof mergeDeclarations;
  readonly complete: (declarations: string, code: string, cursor: number) => Completion;
  readonly inspect: (declarations: string, code: string, cursor: number, detailLevel: 0 | 1) => MimeBundle | undefined;
  readonly isComplete: (code: string) => Completeness;
  readonly probe: typeof addLineProbes;
}

/** Makes TypeScript ready for cells in the working directory of the process. */
export function createTypeScript({
  own,
  libraries = nodeLibraries(),
  sourceFiles = new SourceFiles(),
  offered,
  keep,
  converter,
}: TypeScriptConfig): TypeScript {
  const here = () => process.cwd().replaceAll("\\", "/");
  const home = here();
  const start = (beginning?: SharedProgram) => {
    const resolution = new ModuleResolution({ directory: here(), home, own, host: sourceFiles.host });
    const config = {
      sourceFiles,
      resolution,
      libraryDirectory: own.typeScriptLibrary,
      libraries,
      ...(beginning && { offered: beginning }),
      ...(keep && { keep }),
    };
    return createWithState(config, () => createConverter(converter));
  };
  // Whoever comes after a failure begins anew.
  let current = start(offered);
  let service: CellService | undefined;
  const cellService = () => {
    service ??= new CellService(current.state.cells.config);
    return service;
  };
  const define = (path: string, code: string) => {
    // Whatever it holds, it is a module.
    sourceFiles.define(path, `${code}\nexport {};`);
    current.state.cells.forget();
    service = undefined;
  };
  return {
    define,
    enter: (declarations, directory) => {
      const before = here();
      try {
        process.chdir(directory);
      } catch {
        // It has been deleted since: what was known where cells were before stays known.
        return declarations;
      }
      current = start();
      service = undefined;
      return absolutePaths(declarations, before);
    },
    convert: (declarations, code) => {
      const module = readModule(code);
      if (module !== undefined) {
        const path = `${here()}/${module.name}.${converter?.isJS ? "js" : "ts"}${module.jsx ? "x" : ""}`;
        define(path, code);
        return { status: "module", path, diagnostics: diagnoseModule(current.state.cells, declarations, path) };
      }
      const { converter: cells, state } = current;
      state.converted = undefined;
      state.diagnostics = [];
      try {
        cells.convert(declarations, code);
      } catch (error) {
        // In the middle of a conversion the converter is in no state to begin another one.
        current = start();
        service = undefined;
        throw error;
      }
      return state.converted ?? { status: "diagnostics", diagnostics: state.diagnostics };
    },
    mergeDeclarations,
    complete: (declarations, code, cursor) => cellService().complete(declarations, code, cursor),
    inspect: (declarations, code, cursor, detailLevel) =>
      cellService().inspect(declarations, code, cursor, detailLevel),
    isComplete: (code) => readCompleteness(code),
    probe: addLineProbes,
  };
}

/** The name that a comment with `@module` above the code of a cell gives to it, as tslab reads it. */
function readModule(code: string): { readonly name: string; readonly jsx: boolean } | undefined {
  if (!/@module\b/.test(code)) return undefined;
  const { module: name, jsx = false } = getCodeMetadata(code);
  return name === undefined ? undefined : { name, jsx };
}
