import ts from "typescript";
import { cellPrefix } from "./cell-text.js";
import { bind, exportsOf, importsNothing, localsOf, nest, parseDiagnosticsOf, place } from "./internals.js";
import type { ModuleResolution } from "./module-resolution.js";
import { type KeptProgram, mayTake, type SharedProgram } from "./shared-program.js";
import { isOfPackage, type SourceFiles } from "./source-files.js";
import { isSelfContained, surroundingsOf, surroundsAlike } from "./surroundings.js";

/** The files of a cell, and where everything else comes from. */
export interface CellProgramConfig {
  readonly directory: string;
  readonly sourcePath: string;
  readonly declarationsPath: string;
  readonly options: ts.CompilerOptions;
  readonly libraryDirectory: string;
  readonly sourceFiles: SourceFiles;
  readonly resolution: ModuleResolution;
  /** A program of another directory, to begin with. */
  readonly kept?: KeptProgram;
}

/** So many cells share a program and its checker, which keeps what it has learned of each of them. */
const cellsOfProgram = 64;

/**
 * One cell over the declarations of earlier ones, as a TypeScript program. Light: no builder state, no watching;
 * a program is made when the first question needs one, and hands its structure to the next. A cell that imports
 * nothing joins the program of the cell before it, whose checker knows the libraries already.
 */
export class CellProgram {
  readonly config: CellProgramConfig;
  private declarationsFile: ts.SourceFile | undefined;
  private sourceFile: ts.SourceFile | undefined;
  private shared: SharedProgram | undefined;
  private upToDate = false;
  private joined = 0;

  constructor(config: CellProgramConfig) {
    this.config = config;
  }

  /** Takes the next cell; both texts are without the prefix. */
  update(declarations: string, code: string): void {
    const { config } = this;
    if (config.sourceFiles.refresh(config.directory)) {
      config.resolution.clear();
      this.shared = undefined;
    }
    const declarationsText = cellPrefix + declarations;
    if (this.declarationsFile?.text !== declarationsText) {
      this.declarationsFile = this.parse(config.declarationsPath, declarationsText);
    }
    const joins = this.mayJoin(code, this.declarationsFile);
    this.sourceFile = this.parseCell(cellPrefix + code, joins ? this.nextPath() : config.sourcePath);
    nest(this.sourceFile, this.declarationsFile);
    if (joins) {
      place(this.sourceFile);
      importsNothing(this.sourceFile);
      // If it comes into a program of its own, that one has to find its imports.
      place(this.declarationsFile);
    }
    this.upToDate = joins;
  }

  /** Has the next cell begin with a program of its own. */
  part(): void {
    if (this.shared) this.shared.cells = cellsOfProgram;
  }

  /** The cell: bound, every name that it declares at its top exported. */
  get source(): ts.SourceFile {
    if (!this.sourceFile) throw new Error("There is no cell before the first update.");
    return this.sourceFile;
  }

  /** What earlier cells declared: bound. */
  get declarations(): ts.SourceFile {
    if (!this.declarationsFile) throw new Error("There are no declarations before the first update.");
    return this.declarationsFile;
  }

  /** The program of the cell. */
  current(): ts.Program {
    if (this.shared && this.upToDate) return this.shared.program;
    const { options, sourcePath, declarationsPath } = this.config;
    const program = ts.createProgram({
      rootNames: [declarationsPath, sourcePath],
      options,
      host: this.host(),
      ...(this.shared && { oldProgram: this.shared.program }),
    });
    const isLasting = program
      .getSourceFiles()
      .every(({ fileName }) => isOfPackage(fileName) || fileName === sourcePath || fileName === declarationsPath);
    this.shared = { program, surroundings: surroundingsOf(this.declarations), isLasting, cells: 0 };
    if (this.config.kept) this.config.kept.program = this.shared;
    this.upToDate = true;
    return program;
  }

  private mayJoin(code: string, declarations: ts.SourceFile): boolean {
    this.shared ??= this.takeKept();
    const { shared } = this;
    if (!shared?.isLasting || shared.cells >= cellsOfProgram || !isSelfContained(code)) return false;
    if (!surroundsAlike(shared.surroundings, surroundingsOf(declarations))) return false;
    shared.cells += 1;
    return true;
  }

  private takeKept(): SharedProgram | undefined {
    const { kept } = this.config;
    const program = kept?.program;
    if (!kept || !program) return undefined;
    // Whoever comes after a failure begins anew.
    kept.program = undefined;
    return mayTake(program, this.config) ? { ...program, cells: 0 } : undefined;
  }

  /** What a program and its checker remember of a file, they remember by its path. */
  private nextPath(): string {
    this.joined += 1;
    const { sourcePath } = this.config;
    const dot = sourcePath.lastIndexOf(".");
    return `${sourcePath.slice(0, dot)}#${this.joined}${sourcePath.slice(dot)}`;
  }

  private parse(path: string, text: string): ts.SourceFile {
    const { target = ts.ScriptTarget.Latest } = this.config.options;
    const file = ts.createSourceFile(path, text, { languageVersion: target }, false);
    bind(file, this.config.options);
    return file;
  }

  private parseCell(text: string, path: string): ts.SourceFile {
    const file = this.parse(path, text);
    // After a syntax error nothing is exported: the error would be said to be in text that the user never wrote.
    if (parseDiagnosticsOf(file).length > 0) return file;
    const exported = exportsOf(file);
    const names = [...localsOf(file).keys()].filter((name) => !exported.has(name));
    return names.length === 0 ? file : this.parse(path, `${text}\nexport { ${names.join(", ")} };`);
  }

  private host(): ts.CompilerHost {
    const { config } = this;
    const { directory, libraryDirectory, resolution, sourceFiles, options } = config;
    return {
      getSourceFile: (fileName, languageVersionOrOptions) => {
        if (fileName === config.sourcePath) return this.source;
        if (fileName === config.declarationsPath) return this.declarations;
        return sourceFiles.get(
          fileName,
          typeof languageVersionOrOptions === "object"
            ? languageVersionOrOptions
            : { languageVersion: languageVersionOrOptions },
        );
      },
      getDefaultLibFileName: () => `${libraryDirectory}/lib.d.ts`,
      getDefaultLibLocation: () => libraryDirectory,
      getCurrentDirectory: () => directory,
      getCanonicalFileName: (fileName) => fileName,
      useCaseSensitiveFileNames: () => true,
      getNewLine: () => "\n",
      fileExists: ts.sys.fileExists,
      readFile: ts.sys.readFile,
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
      ...(ts.sys.realpath && { realpath: ts.sys.realpath }),
      writeFile: (fileName) => {
        throw new Error(`A cell's program writes no files, and was asked to write ${fileName}.`);
      },
      // A local file's imports are resolved anew each time: what one names may have come into being. Not so for the
      // two files of the cell, or no program could take over the structure of the one before.
      hasInvalidatedResolutions: (path) =>
        !isOfPackage(path) && path !== config.declarationsPath && path !== config.sourcePath,
      getModuleResolutionCache: () => resolution.cacheOf(options),
      resolveModuleNameLiterals: (literals, containingFile) =>
        literals.map(({ text }) => resolution.resolve(text, containingFile, options)),
      resolveTypeReferenceDirectiveReferences: (references, containingFile) =>
        references.map((reference) =>
          resolution.resolveTypes(
            typeof reference === "string" ? reference : reference.fileName,
            containingFile,
            options,
          ),
        ),
    };
  }
}
