// A program that several cells share, and that a start-up snapshot may keep for a process in another directory.
import ts from "typescript";
import { resolvedImports } from "./internals.js";
import type { ModuleResolution } from "./module-resolution.js";
import { isOfPackage, type SourceFiles } from "./source-files.js";
import type { Surroundings } from "./surroundings.js";

/** A program together with what decides whether the next cell may join it. */
export interface SharedProgram {
  readonly program: ts.Program;
  readonly surroundings: Surroundings;
  /** Nothing in it can change without a package manager. */
  readonly isLasting: boolean;
  cells: number;
}

/** What a program would have been made with. */
interface Setting {
  readonly options: ts.CompilerOptions;
  readonly sourceFiles: SourceFiles;
  readonly resolution: ModuleResolution;
}

/** Whether a program that was made elsewhere is the one that would be made with `setting`, but for the cell. */
export function mayTake({ program, isLasting, surroundings }: SharedProgram, setting: Setting): boolean {
  const { options, sourceFiles, resolution } = setting;
  if (!isLasting || surroundings.specifiers.size > 0) return false;
  const made = program.getCompilerOptions();
  if (describe(made) !== describe(options)) return false;
  const nodeTypes = resolution.resolveTypes("node", "", options).resolvedTypeReferenceDirective?.resolvedFileName;
  if (nodeTypes === undefined || !program.getSourceFile(nodeTypes)) return false;
  return program.getSourceFiles().every((file) => {
    if (!isOfPackage(file.fileName)) return true;
    const languageVersion = options.target ?? ts.ScriptTarget.Latest;
    if (sourceFiles.get(file.fileName, { languageVersion }) !== file) return false;
    return [...resolvedImports(program, file)].every(
      ([specifier, { resolvedFileName }]) =>
        resolution.resolve(specifier, file.fileName, options).resolvedModule?.resolvedFileName === resolvedFileName,
    );
  });
}

// Nothing is ever written there.
function describe({ outDir: _outDir, ...options }: ts.CompilerOptions): string {
  return JSON.stringify(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)));
}
