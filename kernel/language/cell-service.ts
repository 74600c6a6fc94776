import ts from "typescript";
import type { Completion } from "../interpreter.js";
import type { MimeBundle } from "../protocol/mime.js";
import { parseCellText } from "./cell-file.js";
import type { CellProgramConfig } from "./cell-program.js";
import { cellPrefix } from "./cell-text.js";
import { atWord, complete, type MemberPlace, memberPlaceAt, type Offer, offerAt } from "./completion.js";
import { inspect } from "./inspection.js";
import { bind, handOut, holdsJsx, importsNothing, nest, place, type ServiceHost, setVersion } from "./internals.js";
import { joinedPath, mayJoin, type SharedProgram, share } from "./shared-program.js";
import { isOfPackage } from "./source-files.js";
import { isSelfContained } from "./surroundings.js";

/** The members of an expression, and with what they were found. */
interface OfferedMembers {
  readonly place: MemberPlace;
  readonly declarations: string;
  readonly shared: SharedProgram;
  readonly offer: Offer;
}

/**
 * TypeScript's language service over one cell and the declarations of earlier ones; libraries are shared. What is
 * typed joins the program of the request before it, as a cell does: `CellProgram`. The program is the service's own,
 * since a checker that has seen half of a cell keeps to itself what it has given up on.
 */
export class CellService {
  private readonly config: CellProgramConfig;
  private service: ts.LanguageService;
  private declarationsText = cellPrefix;
  private sourceText = cellPrefix;
  private version = 0;
  private declarationsVersion = 0;
  private declarationsFile: ts.SourceFile | undefined;
  private shared: SharedProgram | undefined;
  /** What the program hands out beside its own files: the cell that joined, and the declarations over it. */
  private readonly handedOut = new Map<string, ts.SourceFile>();
  private joined = 0;
  /** Under which the text is known, while it is. */
  private path: string | undefined;
  private packages: number | undefined;
  private members: OfferedMembers | undefined;

  constructor(config: CellProgramConfig) {
    this.config = config;
    this.service = ts.createLanguageService(this.host(), this.registry());
  }

  /** The completions at `cursor`, an offset into `code`. */
  complete(declarations: string, code: string, cursor: number): Completion {
    this.refresh();
    const place = memberPlaceAt(code, cursor);
    return complete(
      this.offerOfBefore(declarations, place) ?? this.offer(declarations, code, cursor, place),
      code,
      cursor,
    );
  }

  /** What was offered at a member's place before the last letters were typed, as long as nothing else has changed. */
  private offerOfBefore(declarations: string, place: MemberPlace | undefined): Offer | undefined {
    const { members, shared } = this;
    if (!place || !members || members.shared !== shared || !shared?.isLasting) return undefined;
    const isThere = members.place.before === place.before && members.place.after === place.after;
    return isThere && members.declarations === declarations ? members.offer : undefined;
  }

  private offer(declarations: string, code: string, cursor: number, place: MemberPlace | undefined): Offer {
    const path = this.update(declarations, code);
    const offer = offerAt(this.service, path, cursor);
    const { shared } = this;
    const mayLast = place !== undefined && shared?.isLasting === true && offer.areAtWord && offer.names.length > 0;
    this.members = mayLast ? { place, declarations, shared, offer: atWord(offer) } : undefined;
    return offer;
  }

  /** What is known about what stands at `cursor`. */
  inspect(declarations: string, code: string, cursor: number, detailLevel: 0 | 1): MimeBundle | undefined {
    this.refresh();
    const sourcePath = this.update(declarations, code);
    return inspect(this.service, { ...this.config, sourcePath }, code, cursor, detailLevel);
  }

  /** Looks at what has been installed since the last request. */
  private refresh(): void {
    const { sourceFiles, resolution, directory } = this.config;
    const packages = sourceFiles.refresh(directory);
    resolution.refresh(packages);
    // A program takes over from the one before it what its imports mean.
    if (this.shared && packages !== this.packages) {
      this.shared = undefined;
      this.service = ts.createLanguageService(this.host(), this.registry());
    }
    this.packages = packages;
  }

  /** Takes the next text, and returns the path under which the service knows it. */
  private update(declarations: string, code: string): string {
    const isKnown = this.declarationsText === cellPrefix + declarations && this.sourceText === cellPrefix + code;
    // Front ends ask for the tooltip of what they have just completed.
    if (isKnown && this.path !== undefined && this.shared?.isLasting) return this.path;
    this.path = undefined;
    this.declarationsText = cellPrefix + declarations;
    this.sourceText = cellPrefix + code;
    this.path = this.join(code)?.fileName ?? this.begin(code);
    return this.path;
  }

  /** A new program, with the text as the file that it is made for. */
  private begin(code: string): string {
    const { sourcePath } = this.config;
    this.handedOut.clear();
    this.version += 1;
    const program = this.service.getProgram();
    if (program) {
      const shared = share(program, sourcePath, this.declarations());
      // What the text itself brings in, by an import or for all to see, is not there for the next one.
      this.shared = { ...shared, isLasting: shared.isLasting && isSelfContained(code) };
      handOut(program, this.handedOut);
    }
    return sourcePath;
  }

  /** The text as a file of the program that there is, if it may be one. */
  private join(code: string): ts.SourceFile | undefined {
    const { config, shared } = this;
    const declarations = this.declarations();
    if (!shared || !mayJoin(shared, code, declarations)) return undefined;
    this.joined += 1;
    const file = parseCellText(joinedPath(config.sourcePath, this.joined), this.sourceText, declarations, config);
    // JSX brings an import that nobody has written.
    if (holdsJsx(file)) return undefined;
    shared.cells += 1;
    nest(file, declarations);
    place(file);
    importsNothing(file);
    place(declarations);
    this.handedOut.clear();
    this.handedOut.set(file.fileName, file);
    this.handedOut.set(declarations.fileName, declarations);
    return file;
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
      this.declarationsVersion += 1;
      setVersion(this.declarationsFile, String(this.declarationsVersion));
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

  private host(): ServiceHost {
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
      // As in `CellProgram`.
      hasInvalidatedResolutions: (path) => {
        if (path === config.declarationsPath) return this.shared?.missesFile === true;
        return !isOfPackage(path) && path !== config.sourcePath;
      },
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
