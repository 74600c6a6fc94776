import ts from "typescript";
import { parseCellText } from "./cell-file.js";
import { cellPrefix } from "./cell-text.js";
import { bind, exportsOf, holdsJsx, importsNothing, localsOf, nest, parseDiagnosticsOf, place } from "./internals.js";
import type { ModuleResolution } from "./module-resolution.js";
import { cellsOfProgram, joinedPath, mayJoin, mayTake, type SharedProgram, share } from "./shared-program.js";
import { isOfPackage, type SourceFiles } from "./source-files.js";

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
  readonly offered?: SharedProgram;
  /** Told of every program that is made. */
  readonly keep?: (program: SharedProgram) => void;
}

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
  private offered: SharedProgram | undefined;
  private upToDate = false;
  private joined = 0;
  private packages: number | undefined;

  constructor(config: CellProgramConfig) {
    this.config = config;
    this.offered = config.offered;
  }

  /** Takes the next cell; both texts are without the prefix. */
  update(declarations: string, code: string): void {
    const { config } = this;
    const packages = config.sourceFiles.refresh(config.directory);
    config.resolution.refresh(packages);
    if (packages !== this.packages) this.shared = undefined;
    this.packages = packages;
    const declarationsText = cellPrefix + declarations;
    if (this.declarationsFile?.text !== declarationsText) {
      this.declarationsFile = this.parse(config.declarationsPath, declarationsText);
    }
    this.sourceFile = this.join(code, this.declarationsFile);
    const joins = this.sourceFile !== undefined;
    this.sourceFile ??= this.parseCell(code, this.declarationsFile, config.sourcePath);
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

  /** Forgets which files belong together, after one has come into being. */
  forget(): void {
    this.config.resolution.clear();
    this.shared = undefined;
    this.offered = undefined;
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
    this.shared = share(program, sourcePath, this.declarations);
    this.config.keep?.(this.shared);
    this.upToDate = true;
    return program;
  }

  /** The cell as a file that the program of an earlier one may be asked about, if it may. */
  private join(code: string, declarations: ts.SourceFile): ts.SourceFile | undefined {
    this.shared ??= this.takeOffered();
    const { shared } = this;
    if (!shared || !mayJoin(shared, code, declarations)) return undefined;
    this.joined += 1;
    const file = this.parseCell(code, declarations, joinedPath(this.config.sourcePath, this.joined));
    // JSX brings an import that nobody has written.
    if (holdsJsx(file)) return undefined;
    shared.cells += 1;
    return file;
  }

  private takeOffered(): SharedProgram | undefined {
    const { offered } = this;
    this.offered = undefined;
    return offered && mayTake(offered, this.config) ? { ...offered, cells: 0 } : undefined;
  }

  private parse(path: string, text: string): ts.SourceFile {
    const { target = ts.ScriptTarget.Latest } = this.config.options;
    const file = ts.createSourceFile(path, text, { languageVersion: target }, false);
    bind(file, this.config.options);
    return file;
  }

  private parseCell(code: string, declarations: ts.SourceFile, path: string): ts.SourceFile {
    const text = cellPrefix + code;
    const file = parseCellText(path, text, declarations, this.config);
    // After a syntax error nothing is exported: the error would be said to be in text that the user never wrote.
    if (parseDiagnosticsOf(file).length > 0) return file;
    const exported = exportsOf(file);
    const names = [...localsOf(file).keys()].filter((name) => !exported.has(name));
    return names.length === 0
      ? file
      : parseCellText(path, `${text}\nexport { ${names.join(", ")} };`, declarations, this.config);
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
      fileExists: sourceFiles.host.fileExists,
      readFile: sourceFiles.host.readFile,
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
      ...(ts.sys.realpath && { realpath: ts.sys.realpath }),
      writeFile: (fileName) => {
        throw new Error(`A cell's program writes no files, and was asked to write ${fileName}.`);
      },
      // A local file's imports are resolved anew each time: what one names may have come into being. Not so for the
      // two files of the cell, or no program could take over the structure of the one before.
      hasInvalidatedResolutions: (path) => {
        if (path === config.declarationsPath) return this.shared?.missesFile === true;
        return !isOfPackage(path) && path !== config.sourcePath;
      },
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
