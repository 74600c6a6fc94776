// What cells may `require`: local modules that the language process compiled, our own modules, and the packages
// of the notebook's directory.
import { existsSync, readFileSync, statSync } from "node:fs";
import Module, { createRequire, type ImportAttributes, isBuiltin } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import { parsePackageSpecifier, toNodeSpecifier } from "../protocol/package-specifier.js";
import * as cellscopeModule from "./cellscope-module.js";
import type { Command } from "./link.js";
import { explainMissing } from "./missing-module.js";
import { requireOwn } from "./own-packages.js";
import { resolveForImport } from "./package-imports.js";
import type { SourceMaps } from "./source-maps.js";
import { tslabModule } from "./tslab-module.js";

type CompiledModule = Extract<Command, { readonly type: "execute" }>["modules"][number];

/** What code uses to load modules. */
export interface CellRequire extends NodeJS.Require {
  /** Loads what an import means, where a package has something else for `require`. */
  readonly import: NodeJS.Require;
  /** What `import.meta.resolve` tells. */
  readonly resolveUrl: (id: string) => string;
}

type Import = (specifier: string, options: { readonly with: ImportAttributes }) => Promise<unknown>;

interface LocalModule {
  readonly compiled: CompiledModule;
  /** Paths of the local modules that loaded it. */
  readonly importers: Set<string>;
  loaded?: Module;
}

interface LoadOptions {
  readonly directory: string;
  readonly nodeRequire: NodeJS.Require;
  readonly importer: string | undefined;
  readonly kind: "require" | "import";
}

const served: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["tslab", tslabModule],
  ["cellscope", { __esModule: true, ...cellscopeModule }],
]);
/** Packages that a notebook may use without having installed them. */
const lentPackages = ["apache-arrow"];
const extensions = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"];

/** The modules that cells load, and the functions by which they load them. */
export class NotebookModules {
  private readonly sourceMaps: SourceMaps;
  /** Where the notebook began: its packages stay known after `process.chdir()`. */
  private readonly home = process.cwd();
  private readonly local = new Map<string, LocalModule>();
  private readonly requires = new Map<string, CellRequire>();
  private readonly imports = new Map<string, Import>();
  private readonly nodeRequires = new Map<string, NodeJS.Require>();

  constructor(sourceMaps: SourceMaps) {
    this.sourceMaps = sourceMaps;
  }

  /** Takes modules that are new or changed; they and what imported them are loaded again by the next import. */
  update(modules: readonly CompiledModule[]): void {
    for (const compiled of modules) {
      const importers = this.local.get(compiled.path)?.importers ?? new Set<string>();
      this.local.set(compiled.path, { compiled, importers });
      this.sourceMaps.add(compiled.path, compiled.path, compiled.sourceMap);
      this.unload(importers);
    }
  }

  /** The `require` of the cells in `directory`. */
  requireFrom(directory: string): CellRequire {
    const known = this.requires.get(directory);
    if (known !== undefined) return known;
    const require = this.createRequire(directory);
    this.requires.set(directory, require);
    return require;
  }

  private createRequire(directory: string, importer?: string): CellRequire {
    const nodeRequire = createRequire(join(directory, "cell.js"));
    const make = (kind: "require" | "import") =>
      Object.assign((id: string) => this.load(id, { directory, nodeRequire, importer, kind }), {
        resolve: nodeRequire.resolve,
        cache: nodeRequire.cache,
        main: nodeRequire.main,
        // Deprecated, yet part of what `require` is.
        extensions: nodeRequire.extensions,
        resolveUrl: (id: string) => this.resolveUrl(id, directory, nodeRequire),
      });
    return Object.assign(make("require"), { import: make("import") });
  }

  /** What `import()` in a script of `directory` does; the result is a module namespace or a `vm.Module`. */
  async importFrom(directory: string, specifier: string, attributes: ImportAttributes): Promise<vm.Module> {
    const id = toNodeSpecifier(specifier);
    const local = this.resolveLocal(id, directory);
    if (local !== undefined) return asModule(this.loadLocal(local));
    if (served.has(id)) return asModule(served.get(id));
    try {
      const base = this.baseOf(id, directory);
      if (base === undefined && !mayKnow(id, directory)) throw notFound(id);
      // Node takes a module namespace here as well; only the type does not say so.
      return (await this.importOf(base ?? directory)(id, { with: attributes })) as vm.Module;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      if (isLent(id)) return asModule(requireOwn(id));
      throw explainMissing(error, specifier);
    }
  }

  private load(specifier: string, { directory, nodeRequire, importer, kind }: LoadOptions): unknown {
    const id = toNodeSpecifier(specifier);
    const local = this.resolveLocal(id, directory);
    if (local !== undefined) {
      if (importer !== undefined) local.importers.add(importer);
      return this.loadLocal(local).exports;
    }
    if (served.has(id)) return served.get(id);
    try {
      return this.loadPackage(id, directory, nodeRequire, kind);
    } catch (error) {
      if (codeOf(error) === "ERR_REQUIRE_ASYNC_MODULE") throw explainAwaiting(error, specifier);
      if (!isNotFound(error)) throw error;
      if (isLent(id)) return requireOwn(id);
      throw explainMissing(error, specifier);
    }
  }

  private loadPackage(id: string, directory: string, nodeRequire: NodeJS.Require, kind: "require" | "import"): unknown {
    const base = this.baseOf(id, directory);
    if (base === undefined) {
      if (!mayKnow(id, directory)) throw notFound(id);
      return nodeRequire(id);
    }
    const require = base === directory ? nodeRequire : this.nodeRequireOf(base);
    const file = kind === "import" ? resolveForImport(id, base) : undefined;
    if (file !== undefined) return require(file);
    try {
      return require(id);
    } catch (error) {
      // Packages whose `exports` know only the condition `import`: Node can load the file that they mean.
      const only = isNotExported(error) ? resolveForImport(id, base) : undefined;
      if (only === undefined) throw error;
      return require(only);
    }
  }

  private resolveUrl(specifier: string, directory: string, nodeRequire: NodeJS.Require): string {
    const id = toNodeSpecifier(specifier);
    if (/^(?:node|file|data|https?):/.test(id)) return id;
    const base = this.baseOf(id, directory);
    const file = base === undefined ? undefined : resolveForImport(id, base);
    const path = this.resolveLocal(id, directory)?.compiled.path ?? file ?? nodeRequire.resolve(id);
    return isAbsolute(path) ? pathToFileURL(path).href : `node:${path}`;
  }

  /**
   * The directory whose `node_modules` has the package that `id` names: asked of the disk each time, and of Node only
   * then. Node 20 remembers for good that a package was not there, in every folder in which it has looked for it.
   */
  private baseOf(id: string, directory: string): string | undefined {
    const name = parsePackageSpecifier(id)?.name;
    if (name === undefined || isBuiltin(id)) return undefined;
    for (const start of new Set([directory, this.home])) {
      for (let at = start; ; at = dirname(at)) {
        if (statSync(join(at, "node_modules", name), { throwIfNoEntry: false })?.isDirectory()) return at;
        if (at === dirname(at)) break;
      }
    }
    return undefined;
  }

  private nodeRequireOf(directory: string): NodeJS.Require {
    const known = this.nodeRequires.get(directory);
    if (known !== undefined) return known;
    const require = createRequire(join(directory, "cell.js"));
    this.nodeRequires.set(directory, require);
    return require;
  }

  private unload(paths: ReadonlySet<string>): void {
    for (const path of paths) {
      const module = this.local.get(path);
      // One that is not loaded has been here before, or has nothing to forget.
      if (module?.loaded === undefined) continue;
      delete module.loaded;
      this.unload(module.importers);
    }
  }

  private resolveLocal(id: string, directory: string): LocalModule | undefined {
    const isPath = id.startsWith("./") || id.startsWith("../") || id === "." || id === ".." || isAbsolute(id);
    if (!isPath || this.local.size === 0) return undefined;
    const path = resolve(directory, id);
    // TypeScript's way to name a module is by the JavaScript file that it would become.
    const candidates = [path, path.replace(/\.([cm]?)js(x?)$/, ".$1ts$2")];
    for (const extension of extensions) candidates.push(path + extension, join(path, `index${extension}`));
    for (const candidate of candidates) {
      const found = this.local.get(candidate);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private loadLocal(local: LocalModule): Module {
    if (local.loaded !== undefined) return local.loaded;
    const { path, code } = local.compiled;
    const module = new Module(path);
    module.filename = path;
    // Set before the code runs: modules may import each other in a circle.
    local.loaded = module;
    try {
      if (path.endsWith(".json")) module.exports = JSON.parse(code);
      else this.run(module, code);
    } catch (error) {
      delete local.loaded;
      throw error;
    }
    module.loaded = true;
    return module;
  }

  private run(module: Module, code: string): void {
    const { filename } = module;
    const directory = dirname(filename);
    const compiled = vm.compileFunction(code, ["exports", "require", "module", "__filename", "__dirname"], {
      filename,
      importModuleDynamically: (specifier, _script, attributes) =>
        this.importFrom(directory, specifier, attributes ?? {}),
    });
    const require = this.createRequire(directory, filename);
    compiled.call(module.exports, module.exports, require, module, filename, directory);
  }

  /** Node's own `import()`, as a file in `directory` has it. */
  private importOf(directory: string): Import {
    const known = this.imports.get(directory);
    if (known !== undefined) return known;
    const script = new vm.Script("(specifier, options) => import(specifier, options)", {
      filename: pathToFileURL(join(directory, "cell.js")).href,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    const imports: Import = script.runInThisContext();
    this.imports.set(directory, imports);
    return imports;
  }
}

/** A CommonJS module as `import()` shows it: its properties by name, all of it as `default`. */
async function asModule(exports: unknown): Promise<vm.Module> {
  const whole = exports instanceof Module ? exports.exports : exports;
  const isObject = (typeof whole === "object" && whole !== null) || typeof whole === "function";
  const properties: Readonly<Record<string, unknown>> = isObject ? (whole as Record<string, unknown>) : {};
  const names = Object.keys(properties).filter((name) => name !== "default" && name !== "__esModule");
  const isEsm = properties.__esModule === true;
  const module = new vm.SyntheticModule(["default", ...names], () => {
    module.setExport("default", isEsm && "default" in properties ? properties.default : whole);
    for (const name of names) module.setExport(name, properties[name]);
  });
  await module.link(() => {
    throw new Error("A module made of values imports nothing.");
  });
  await module.evaluate();
  return module;
}

/** Whether Node may find, otherwise than in a `node_modules` folder, the package that `id` names. */
function mayKnow(id: string, directory: string): boolean {
  const name = parsePackageSpecifier(id)?.name;
  if (name === undefined || isBuiltin(id)) return true;
  // In a folder of NODE_PATH, or as a file.
  const files = ["", ".js", ".json", ".node"].map((extension) => name + extension);
  const folders = createRequire(join(directory, "cell.js")).resolve.paths(id) ?? [];
  if (folders.some((folder) => files.some((file) => existsSync(join(folder, file))))) return true;
  // By the name of the package that the notebook itself is part of.
  for (let at = directory; ; at = dirname(at)) {
    const manifest = join(at, "package.json");
    if (existsSync(manifest)) return readFileSync(manifest, "utf8").includes(JSON.stringify(name));
    if (at === dirname(at)) return false;
  }
}

/** What Node says, without asking it. */
function notFound(id: string): Error {
  return Object.assign(new Error(`Cannot find module '${id}'`), { code: "MODULE_NOT_FOUND" });
}

function explainAwaiting(error: unknown, specifier: string): Error {
  const message = `${specifier} awaits at its top, so that only import() can load it: const module = await import(${JSON.stringify(specifier)});`;
  return Object.assign(new Error(message, { cause: error }), { code: codeOf(error) });
}

function isLent(id: string): boolean {
  return lentPackages.some((name) => id === name || id.startsWith(`${name}/`));
}

function isNotFound(error: unknown): boolean {
  const code = codeOf(error);
  return code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND";
}

function isNotExported(error: unknown): boolean {
  return codeOf(error) === "ERR_PACKAGE_PATH_NOT_EXPORTED";
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
