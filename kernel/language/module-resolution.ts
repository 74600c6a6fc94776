import ts from "typescript";

/** Where Cellscope itself is installed, for what a notebook may use without having it. */
export interface OwnPaths {
  /** The folder of the parsed libraries: `typescript/lib`. */
  readonly typeScriptLibrary: string;
  /** Cellscope's own package. */
  readonly packageDirectory: string;
  /** The folder with the `node` types to use where the notebook has none, such as `node_modules/@types`. */
  readonly nodeTypeRoot: string;
}

/** Packages that cells may import though the notebook's directory does not have them. */
const lentPackages = ["tslab", "apache-arrow"];

/** Finds what an `import` means: from the file that it stands in, then, for a few packages, from Cellscope. */
export class ModuleResolution {
  private readonly directory: string;
  private readonly own: OwnPaths;
  private cache: ts.ModuleResolutionCache | undefined;
  private nodeTypes: ts.ResolvedTypeReferenceDirectiveWithFailedLookupLocations | undefined;

  constructor(directory: string, own: OwnPaths) {
    this.directory = directory;
    this.own = own;
  }

  /** Forgets what was found, after packages have changed. */
  clear(): void {
    this.cache = undefined;
    this.nodeTypes = undefined;
  }

  /** Resolves the specifier of an import or of a re-export. */
  resolve(
    specifier: string,
    containingFile: string,
    options: ts.CompilerOptions,
  ): ts.ResolvedModuleWithFailedLookupLocations {
    // The executor serves it, whatever is installed: in a cell the name means what the cell can do.
    if (specifier === "cellscope") return { resolvedModule: this.cellscopeModule() };
    const cache = ts.isExternalModuleNameRelative(specifier) ? undefined : this.cacheOf(options);
    const found = ts.resolveModuleName(specifier, containingFile, options, ts.sys, cache);
    if (found.resolvedModule || !isLent(specifier)) return found;
    const lent = ts.resolveModuleName(specifier, `${this.own.packageDirectory}/cell.ts`, options, ts.sys);
    // Cellscope finds itself without a `node_modules` in between, and is a package for cells all the same.
    return lent.resolvedModule
      ? { ...lent, resolvedModule: { ...lent.resolvedModule, isExternalLibraryImport: true } }
      : lent;
  }

  /** Resolves `types` and `/// <reference types>`. */
  resolveTypes(
    name: string,
    containingFile: string,
    options: ts.CompilerOptions,
  ): ts.ResolvedTypeReferenceDirectiveWithFailedLookupLocations {
    // One version of Node's types for all: those beside the notebook, also for packages that bring another.
    if (name === "node") {
      this.nodeTypes ??= this.resolveNodeTypes(options);
      return this.nodeTypes;
    }
    return ts.resolveTypeReferenceDirective(name, containingFile, options, ts.sys);
  }

  private cellscopeModule(): ts.ResolvedModuleFull {
    const resolvedFileName = `${this.own.packageDirectory}/dist/types/cli/cells-module.d.ts`;
    return { resolvedFileName, extension: ts.Extension.Dts, isExternalLibraryImport: true };
  }

  private resolveNodeTypes(options: ts.CompilerOptions): ts.ResolvedTypeReferenceDirectiveWithFailedLookupLocations {
    const beside = ts.resolveTypeReferenceDirective("node", `${this.directory}/cell.ts`, options, ts.sys);
    if (beside.resolvedTypeReferenceDirective) return beside;
    const typeRoots = [this.own.nodeTypeRoot];
    return ts.resolveTypeReferenceDirective("node", undefined, { ...options, typeRoots }, ts.sys);
  }

  /** What is known of packages, until they change. */
  cacheOf(options: ts.CompilerOptions): ts.ModuleResolutionCache {
    this.cache ??= ts.createModuleResolutionCache(this.directory, (name) => name, options);
    return this.cache;
  }
}

function isLent(specifier: string): boolean {
  return lentPackages.some((name) => specifier === name || specifier.startsWith(`${name}/`));
}
