import ts from "typescript";
import type { Completion } from "../interpreter.js";
import type { MimeBundle } from "../protocol/mime.js";
import { parseCellText } from "./cell-file.js";
import type { CellProgramConfig } from "./cell-program.js";
import { cellPrefix } from "./cell-text.js";
import { complete } from "./completion.js";
import { inspect } from "./inspection.js";
import { bind, nest, setVersion } from "./internals.js";

/** TypeScript's language service over one cell and the declarations of earlier ones; libraries are shared. */
export class CellService {
  private readonly config: CellProgramConfig;
  private readonly service: ts.LanguageService;
  private declarationsText = cellPrefix;
  private sourceText = cellPrefix;
  private version = 0;
  private declarationsFile: ts.SourceFile | undefined;

  constructor(config: CellProgramConfig) {
    this.config = config;
    this.service = ts.createLanguageService(this.host(), this.registry());
  }

  /** The completions at `cursor`, an offset into `code`. */
  complete(declarations: string, code: string, cursor: number): Completion {
    this.update(declarations, code);
    return complete(this.service, this.config.sourcePath, code, cursor);
  }

  /** What is known about what stands at `cursor`. */
  inspect(declarations: string, code: string, cursor: number, detailLevel: 0 | 1): MimeBundle | undefined {
    this.update(declarations, code);
    return inspect(this.service, this.config, code, cursor, detailLevel);
  }

  private update(declarations: string, code: string): void {
    const { sourceFiles, resolution, directory } = this.config;
    if (sourceFiles.refresh(directory)) resolution.clear();
    this.declarationsText = cellPrefix + declarations;
    this.sourceText = cellPrefix + code;
    this.version += 1;
  }

  private parse(path: string): ts.SourceFile | undefined {
    const { config } = this;
    const { target = ts.ScriptTarget.Latest } = config.options;
    if (path === config.sourcePath) {
      const declarations = this.declarations();
      const file = parseCellText(path, this.sourceText, declarations, config);
      setVersion(file, String(this.version));
      nest(file, declarations);
      return file;
    }
    if (path === config.declarationsPath) return this.declarations();
    return config.sourceFiles.get(path, { languageVersion: target });
  }

  private declarations(): ts.SourceFile {
    const { config } = this;
    if (this.declarationsFile?.text !== this.declarationsText) {
      const { target = ts.ScriptTarget.Latest } = config.options;
      this.declarationsFile = ts.createSourceFile(
        config.declarationsPath,
        this.declarationsText,
        { languageVersion: target },
        false,
      );
      setVersion(this.declarationsFile, String(this.version));
      bind(this.declarationsFile, config.options);
    }
    return this.declarationsFile;
  }

  private versionOf(path: string): string {
    const { config } = this;
    if (path === config.sourcePath) return String(this.version);
    const file = this.parse(path) as { readonly version?: string } | undefined;
    return file?.version ?? "";
  }

  private host(): ts.LanguageServiceHost {
    const { config } = this;
    const { directory, libraryDirectory, resolution, options } = config;
    return {
      getProjectVersion: () => String(this.version),
      getCompilationSettings: () => options,
      getScriptFileNames: () => [config.declarationsPath, config.sourcePath],
      getScriptVersion: (path) => this.versionOf(path),
      getScriptSnapshot: (path) => {
        const text = path === config.sourcePath ? this.sourceText : this.parse(path)?.text;
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => directory,
      getDefaultLibFileName: () => `${libraryDirectory}/lib.d.ts`,
      useCaseSensitiveFileNames: () => true,
      getNewLine: () => "\n",
      fileExists: (path) =>
        path === config.sourcePath || path === config.declarationsPath || config.sourceFiles.host.fileExists(path),
      readFile: config.sourceFiles.host.readFile,
      readDirectory: ts.sys.readDirectory,
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
      ...(ts.sys.realpath && { realpath: ts.sys.realpath }),
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

  /** Hands out our parsed files instead of parsing the libraries a second time. */
  private registry(): ts.DocumentRegistry {
    const get = (path: string): ts.SourceFile => {
      const file = this.parse(path);
      if (!file) throw new Error(`TypeScript asked for ${path}, which cannot be read.`);
      return file;
    };
    return {
      acquireDocument: get,
      acquireDocumentWithKey: get,
      updateDocument: get,
      updateDocumentWithKey: get,
      getKeyForCompilationSettings: () => "cells" as ts.DocumentRegistryBucketKey,
      releaseDocument: () => undefined,
      releaseDocumentWithKey: () => undefined,
      reportStats: () => "",
    };
  }
}
