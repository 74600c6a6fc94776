// What TypeScript has and does not put into its types. Everything that relies on it goes through here.
import ts from "typescript";

interface SourceFileInternals {
  /** The names that a file declares at its top, once it is bound. */
  readonly locals?: ts.SymbolTable;
  readonly parseDiagnostics: readonly ts.DiagnosticWithLocation[];
  parent?: ts.SourceFile;
  version?: string;
  path?: string;
  resolvedPath?: string;
  originalFileName?: string;
  imports?: readonly ts.StringLiteralLike[];
  moduleAugmentations?: readonly ts.Node[];
  ambientModuleNames?: readonly string[];
  /** What comments at the top of the file ask for, by name in lower case. */
  pragmas: ReadonlyMap<string, unknown>;
  /** What kinds of syntax there are in the file. */
  readonly transformFlags: number;
}

interface NodeInternals {
  readonly locals?: ts.SymbolTable;
}

interface ProgramInternals {
  readonly resolvedModules?: ReadonlyMap<
    string,
    {
      readonly forEach: (visit: (resolution: ts.ResolvedModuleWithFailedLookupLocations, name: string) => void) => void;
    }
  >;
}

/** What a language service asks beside what its type says. */
export interface ServiceHost extends ts.LanguageServiceHost {
  /** Whether what the imports of a file mean has to be found anew, though the file is the same. */
  readonly hasInvalidatedResolutions: (path: string) => boolean;
}

interface CompilerInternals {
  readonly bindSourceFile: (file: ts.SourceFile, options: ts.CompilerOptions) => void;
  readonly nullTransformationContext: unknown;
  readonly TransformFlags: { readonly ContainsJsx: number };
  readonly setUILocale: (locale: string | undefined) => void;
  readonly VersionRange: {
    readonly tryParse: (text: string) => { readonly test: (version: string) => boolean } | undefined;
  };
  readonly Version: { readonly tryParse: (text: string) => unknown };
}

const compiler = ts as unknown as CompilerInternals;

/** Gives the nodes of a file their parents and its names their symbols; does nothing the second time. */
export function bind(file: ts.SourceFile, options: ts.CompilerOptions): void {
  if (internalsOf(file).locals === undefined) compiler.bindSourceFile(file, options);
}

/** The names that a bound file declares at its top; not what `declare global` and `declare module "x"` add. */
export function localsOf(file: ts.SourceFile): ReadonlyMap<string, ts.Symbol> {
  const names = new Map<string, ts.Symbol>();
  for (const [key, symbol] of internalsOf(file).locals ?? []) {
    const isNamed = symbol.declarations?.some((declaration) => {
      const name = ts.getNameOfDeclaration(declaration);
      const isGlobal = ts.isModuleDeclaration(declaration) && declaration.flags & ts.NodeFlags.GlobalAugmentation;
      return name !== undefined && ts.isIdentifier(name) && !isGlobal;
    });
    if (isNamed) names.set(ts.unescapeLeadingUnderscores(key), symbol);
  }
  return names;
}

/** Whether `scope`, a node of a bound file, declares `name` itself. */
export function declaresLocal(scope: ts.Node, name: string): boolean {
  return (scope as unknown as NodeInternals).locals?.has(ts.escapeLeadingUnderscores(name)) === true;
}

/** The names that a bound module exports. */
export function exportsOf(file: ts.SourceFile): ReadonlySet<string> {
  const { symbol } = file as unknown as { readonly symbol?: ts.Symbol };
  return new Set([...(symbol?.exports?.keys() ?? [])].map((key) => ts.unescapeLeadingUnderscores(key)));
}

/** What the parser found wrong with a file. */
export function parseDiagnosticsOf(file: ts.SourceFile): readonly ts.DiagnosticWithLocation[] {
  return internalsOf(file).parseDiagnostics;
}

/** What the comments at the top of a file ask of the compiler, by name in lower case. */
export function pragmasOf(file: ts.SourceFile): ReadonlyMap<string, unknown> {
  return internalsOf(file).pragmas;
}

/** Has a file ask for `pragmas`, whatever its comments say. */
export function setPragmas(file: ts.SourceFile, pragmas: ReadonlyMap<string, unknown>): void {
  internalsOf(file).pragmas = pragmas;
}

/** Whether a version lies in a range, as npm writes both; true for a tag, which names no version. */
export function isInRange(version: string, range: string): boolean {
  if (compiler.Version.tryParse(version) === undefined) return true;
  return compiler.VersionRange.tryParse(range)?.test(version) ?? true;
}

/** Makes the names of `outer` visible in `file`, as if it stood inside. */
export function nest(file: ts.SourceFile, outer: ts.SourceFile): void {
  internalsOf(file).parent = outer;
}

/** Gives a file the place in a finished program that the program gives its own files. */
export function place(file: ts.SourceFile): void {
  const internals = internalsOf(file);
  internals.path = file.fileName;
  internals.resolvedPath = file.fileName;
  internals.originalFileName = file.fileName;
}

/** Tells a program that a file imports nothing and adds to no module. */
export function importsNothing(file: ts.SourceFile): void {
  const internals = internalsOf(file);
  internals.imports = [];
  internals.moduleAugmentations = [];
  internals.ambientModuleNames = [];
}

/** Has a program hand out `files` by their paths, beside those that it was made of or in their place. */
export function handOut(program: ts.Program, files: ReadonlyMap<string, ts.SourceFile>): void {
  const own = program.getSourceFile;
  program.getSourceFile = (path) => files.get(path) ?? own(path);
}

/** Whether there is any JSX in a file. */
export function holdsJsx(file: ts.SourceFile): boolean {
  return (internalsOf(file).transformFlags & compiler.TransformFlags.ContainsJsx) !== 0;
}

/** Sets what the language service compares to see that a file has changed. */
export function setVersion(file: ts.SourceFile, version: string): void {
  internalsOf(file).version = version;
}

/** What the imports of `file` were resolved to, by specifier. */
export function resolvedImports(program: ts.Program, file: ts.SourceFile): ReadonlyMap<string, ts.ResolvedModuleFull> {
  return new Map([...lookedUp(program, file)].flatMap(([name, module]) => (module ? [[name, module] as const] : [])));
}

/** The specifiers that a program has looked up for `file`; those that it did not find have no module. */
export function lookedUp(
  program: ts.Program,
  file: ts.SourceFile,
): ReadonlyMap<string, ts.ResolvedModuleFull | undefined> {
  const specifiers = new Map<string, ts.ResolvedModuleFull | undefined>();
  const { path = "" } = internalsOf(file);
  (program as unknown as ProgramInternals).resolvedModules?.get(path)?.forEach(({ resolvedModule }, name) => {
    specifiers.set(name, resolvedModule);
  });
  return specifiers;
}

/** What a transformer works in outside of an emit. */
export const { nullTransformationContext } = compiler;

/** Lets go of the one object that is partly native, and cannot be put into a snapshot: how completions are sorted. */
export function forgetCollator(): void {
  // Forgotten when the language changes.
  compiler.setUILocale("en");
  compiler.setUILocale(undefined);
}

function internalsOf(file: ts.SourceFile): SourceFileInternals {
  return file as unknown as SourceFileInternals;
}
