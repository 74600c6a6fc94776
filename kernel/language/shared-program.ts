// A program that several cells share, and that a start-up snapshot may keep for a process in another directory.
import ts from "typescript";
import { lookedUp, resolvedImports } from "./internals.js";
import type { ModuleResolution } from "./module-resolution.js";
import { isOfPackage, type SourceFiles } from "./source-files.js";
import { isSelfContained, type Surroundings, surroundingsOf, surroundsAlike } from "./surroundings.js";

/** So many cells share a program and its checker, which keeps what it has learned of each of them. */
export const cellsOfProgram = 64;

/** A program together with what decides whether the next cell may join it. */
export interface SharedProgram {
  readonly program: ts.Program;
  readonly surroundings: Surroundings;
  /** Nothing in it can change without a package manager. */
  readonly isLasting: boolean;
  /** The declarations name a local file that was not there, and may come into being. */
  readonly missesFile: boolean;
  cells: number;
}

/** A program that has just been made for the cell at `sourcePath`, for later cells to share. */
export function share(program: ts.Program, sourcePath: string, declarations: ts.SourceFile): SharedProgram {
  const own = [sourcePath, declarations.fileName];
  const found = lookedUp(program, declarations);
  const missesFile = [...found].some(([name, module]) => module === undefined && ts.isExternalModuleNameRelative(name));
  const isLasting =
    !missesFile && program.getSourceFiles().every(({ fileName }) => isOfPackage(fileName) || own.includes(fileName));
  // The specifiers that were looked up: what reads like an import may be text.
  const surroundings = { ...surroundingsOf(declarations), specifiers: new Set(found.keys()) };
  return { program, surroundings, isLasting, missesFile, cells: 0 };
}

/** Whether a cell over `declarations` may be one of those that share a program, unless there is JSX in it. */
export function mayJoin(shared: SharedProgram, code: string, declarations: ts.SourceFile): boolean {
  if (!shared.isLasting || shared.cells >= cellsOfProgram || !isSelfContained(code)) return false;
  return surroundsAlike(shared.surroundings, surroundingsOf(declarations));
}

/** The path of a cell that joins: what a program and its checker remember of a file, they remember by its path. */
export function joinedPath(sourcePath: string, count: number): string {
  const dot = sourcePath.lastIndexOf(".");
  return `${sourcePath.slice(0, dot)}#${count}${sourcePath.slice(dot)}`;
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
