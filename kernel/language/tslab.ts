// TypeScript for cells, on tslab's converter. The only file that knows tslab.
import { type ConverterOptions, createConverter } from "tslab/dist/converter.js";
import type { Completeness, Completion } from "../interpreter.js";
import type { MimeBundle } from "../protocol/mime.js";
import { CellService } from "./cell-service.js";
import { createWithState } from "./compiler.js";
import { readCompleteness } from "./completeness.js";
import { mergeDeclarations } from "./declarations.js";
import { nodeLibraries } from "./libraries.js";
import { ModuleResolution, type OwnPaths } from "./module-resolution.js";
import type { Conversion } from "./requests.js";
import type { KeptProgram } from "./shared-program.js";
import { SourceFiles } from "./source-files.js";

/** Where cells are, and what a converter is made with. */
export interface TypeScriptConfig {
  readonly own: OwnPaths;
  /** The parts of TypeScript's library that describe the running Node. */
  readonly libraries?: readonly string[];
  /** Parsed libraries; may come from a start-up snapshot. */
  readonly sourceFiles?: SourceFiles;
  /** The latest program; may come from a start-up snapshot. */
  readonly kept?: KeptProgram;
  readonly converter?: Pick<ConverterOptions, "isJS">;
}

/** The answers to the requests of `Language`, at once and in this thread. */
export interface TypeScript {
  readonly convert: (declarations: string, code: string) => Conversion;
  readonly mergeDeclarations: typeof mergeDeclarations;
  readonly complete: (declarations: string, code: string, cursor: number) => Completion;
  readonly inspect: (declarations: string, code: string, cursor: number, detailLevel: 0 | 1) => MimeBundle | undefined;
  readonly isComplete: (code: string) => Completeness;
}

/** Makes TypeScript ready for cells in the working directory of the process. */
export function createTypeScript({
  own,
  libraries = nodeLibraries(),
  sourceFiles = new SourceFiles(),
  kept = { program: undefined },
  converter,
}: TypeScriptConfig): TypeScript {
  const start = () => {
    const resolution = new ModuleResolution(process.cwd().replaceAll("\\", "/"), own);
    const config = { sourceFiles, resolution, libraryDirectory: own.typeScriptLibrary, libraries, kept };
    return createWithState(config, () => createConverter(converter));
  };
  let current = start();
  let service: CellService | undefined;
  const cellService = () => {
    service ??= new CellService(current.state.cells.config);
    return service;
  };
  return {
    convert: (declarations, code) => {
      const { converter, state } = current;
      state.converted = undefined;
      state.diagnostics = [];
      try {
        converter.convert(declarations, code);
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
  };
}
