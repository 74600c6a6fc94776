import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import ts from "typescript";
import { parsePackageSpecifier, toNodeSpecifier } from "../protocol/package-specifier.js";

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

/** Where modules are looked for. */
export interface ModuleResolutionConfig {
  /** The working directory of the cells. */
  readonly directory: string;
  /** Where the notebook began: its packages stay known after `process.chdir()`. */
  readonly home: string;
  readonly own: OwnPaths;
  readonly host: ts.ModuleResolutionHost;
}

/**
 * Finds what an `import` means: from the file that it stands in, then from where the notebook began, then, for a few
 * packages, from Cellscope.
 */
export class ModuleResolution {
  private readonly directory: string;
  private readonly home: string;
  private readonly own: OwnPaths;
  private readonly host: ts.ModuleResolutionHost;
  private packages: number | undefined;
  private cache: ts.ModuleResolutionCache | undefined;
  private nodeTypes: ts.ResolvedTypeReferenceDirectiveWithFailedLookupLocations | undefined;

  constructor({ directory, home, own, host }: ModuleResolutionConfig) {
    this.directory = directory;
    this.home = home;
    this.own = own;
    this.host = host;
  }

  /** Forgets what was found when packages have changed since: `packages` is what `SourceFiles.refresh` returned. */
  refresh(packages: number): void {
    if (packages !== this.packages) this.clear();
    this.packages = packages;
  }

  /** Forgets what was found. */
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
    const name = toNodeSpecifier(specifier);
    const isRelative = ts.isExternalModuleNameRelative(name);
    const cache = isRelative ? undefined : this.cacheOf(options);
    const found = ts.resolveModuleName(name, containingFile, options, this.host, cache);
    if (found.resolvedModule || isRelative) return found;
    if (this.home !== this.directory && dirname(containingFile) === this.directory) {
      const known = ts.resolveModuleName(name, `${this.home}/cell.ts`, options, this.host, cache);
      if (known.resolvedModule) return known;
    }
    if (!isLent(name)) return found;
    const lent = ts.resolveModuleName(name, `${this.own.packageDirectory}/cell.ts`, options, this.host);
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
    return ts.resolveTypeReferenceDirective(name, containingFile, options, this.host);
  }

  /** The version of a package that cells find; `undefined` when it is not installed. */
  installedVersion(name: string): string | undefined {
    for (const start of new Set([this.directory, this.home])) {
      for (let at = start; ; at = dirname(at)) {
        const version = readVersion(`${at}/node_modules/${name}/package.json`);
        if (version !== undefined) return version;
        if (at === dirname(at)) break;
      }
    }
    return undefined;
  }

  /** What a cell is told when the version that it asks for, as in `npm:zod@3`, is not the one that is installed. */
  checkVersion(specifier: string, satisfies: (version: string, range: string) => boolean): string | undefined {
    const asked = parsePackageSpecifier(specifier);
    if (asked?.version === undefined) return undefined;
    const { name, version } = asked;
    const installed = this.installedVersion(name);
    if (installed === undefined || satisfies(installed, version)) return undefined;
    return `${specifier}: version ${installed} is installed and used. To change it: %npm install ${name}@${version}`;
  }

  private cellscopeModule(): ts.ResolvedModuleFull {
    const resolvedFileName = `${this.own.packageDirectory}/dist/types/cli/cells-module.d.ts`;
    return { resolvedFileName, extension: ts.Extension.Dts, isExternalLibraryImport: true };
  }

  private resolveNodeTypes(options: ts.CompilerOptions): ts.ResolvedTypeReferenceDirectiveWithFailedLookupLocations {
    const beside = ts.resolveTypeReferenceDirective("node", `${this.directory}/cell.ts`, options, this.host);
    if (beside.resolvedTypeReferenceDirective) return beside;
    const typeRoots = [this.own.nodeTypeRoot];
    return ts.resolveTypeReferenceDirective("node", undefined, { ...options, typeRoots }, this.host);
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

function readVersion(path: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(path, "utf8")) as { readonly version?: unknown };
    return typeof version === "string" ? version : "";
  } catch {
    // Not installed here; or in a state of which the import itself will tell.
    return undefined;
  }
}
