import ts from "typescript";
import { parseCellText } from "./cell-file.js";
import { cellPrefix } from "./cell-text.js";
import { bind, exportsOf, localsOf, nest, parseDiagnosticsOf } from "./internals.js";
import type { ModuleResolution } from "./module-resolution.js";
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
}

/**
 * One cell over the declarations of earlier ones, as a TypeScript program. Light: no builder state, no watching;
 * a program is made when the first question needs one, and hands its structure to the next.
 */
export class CellProgram {
  readonly config: CellProgramConfig;
  private declarationsFile: ts.SourceFile | undefined;
  private sourceFile: ts.SourceFile | undefined;
  private program: ts.Program | undefined;
  private upToDate = false;

  constructor(config: CellProgramConfig) {
    this.config = config;
  }

  /** Takes the next cell; both texts are without the prefix. */
  update(declarations: string, code: string): void {
    const { config } = this;
    if (config.sourceFiles.refresh(config.directory)) {
      config.resolution.clear();
      this.program = undefined;
    }
    const declarationsText = cellPrefix + declarations;
    if (this.declarationsFile?.text !== declarationsText) {
      this.declarationsFile = this.parse(config.declarationsPath, declarationsText);
    }
    this.sourceFile = this.parseCell(cellPrefix + code, this.declarationsFile);
    nest(this.sourceFile, this.declarationsFile);
    this.upToDate = false;
  }

  /** Forgets which files belong together, after one has come into being. */
  forget(): void {
    this.config.resolution.clear();
    this.program = undefined;
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
    if (this.program && this.upToDate) return this.program;
    const { options, sourcePath, declarationsPath } = this.config;
    this.program = ts.createProgram({
      rootNames: [declarationsPath, sourcePath],
      options,
      host: this.host(),
      ...(this.program && { oldProgram: this.program }),
    });
    this.upToDate = true;
    return this.program;
  }

  private parse(path: string, text: string): ts.SourceFile {
    const { target = ts.ScriptTarget.Latest } = this.config.options;
    const file = ts.createSourceFile(path, text, { languageVersion: target }, false);
    bind(file, this.config.options);
    return file;
  }

  private parseCell(text: string, declarations: ts.SourceFile): ts.SourceFile {
    const file = parseCellText(text, declarations, this.config);
    // After a syntax error nothing is exported: the error would be said to be in text that the user never wrote.
    if (parseDiagnosticsOf(file).length > 0) return file;
    const exported = exportsOf(file);
    const names = [...localsOf(file).keys()].filter((name) => !exported.has(name));
    return names.length === 0
      ? file
      : parseCellText(`${text}\nexport { ${names.join(", ")} };`, declarations, this.config);
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
