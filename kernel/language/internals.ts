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

interface CompilerInternals {
  readonly bindSourceFile: (file: ts.SourceFile, options: ts.CompilerOptions) => void;
  readonly nullTransformationContext: unknown;
  readonly setUILocale: (locale: string | undefined) => void;
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

/** Sets what the language service compares to see that a file has changed. */
export function setVersion(file: ts.SourceFile, version: string): void {
  internalsOf(file).version = version;
}

/** What the imports of `file` were resolved to, by specifier. */
export function resolvedImports(program: ts.Program, file: ts.SourceFile): ReadonlyMap<string, ts.ResolvedModuleFull> {
  const resolved = new Map<string, ts.ResolvedModuleFull>();
  const { path } = file as unknown as { readonly path: string };
  (program as unknown as ProgramInternals).resolvedModules?.get(path)?.forEach(({ resolvedModule }, name) => {
    if (resolvedModule) resolved.set(name, resolvedModule);
  });
  return resolved;
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
