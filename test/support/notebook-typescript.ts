// TypeScript for cells without its process, and what runs them: the smallest executor there can be.
import Module, { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compiler } from "../../kernel/language/compiler.js";
import type { OwnPaths } from "../../kernel/language/module-resolution.js";
import type { Conversion } from "../../kernel/language/requests.js";
import type { TypeScript } from "../../kernel/language/tslab.js";

export type Converted = Extract<Conversion, { readonly status: "converted" }>;

const require = createRequire(import.meta.url);
const packageDirectory = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** The paths of this clone. */
export const ownPaths: OwnPaths = {
  packageDirectory,
  typeScriptLibrary: dirname(require.resolve("typescript")),
  nodeTypeRoot: join(packageDirectory, "node_modules/@types"),
};

const fork = ["@tslab", "typescript-for-tslab"].join("/");

/** What the build does for the bundle: tslab's converter gets our compiler in place of its own. */
export async function loadTypeScript(): Promise<typeof import("../../kernel/language/tslab.js")> {
  // Resolved as tslab does, whose dependency it is.
  const path = createRequire(require.resolve("tslab/package.json")).resolve(fork);
  require.cache[path] = Object.assign(new Module(path), { exports: compiler, loaded: true });
  return import("../../kernel/language/tslab.js");
}

/** A notebook: its cells share their variables and declarations. */
export class TestNotebook {
  readonly variables: Record<string, unknown> = {};
  declarations = "";
  private readonly typeScript: TypeScript;
  private readonly directory: string;
  private readonly modules = new Map<string, { readonly code: string; module?: { exports: unknown } }>();

  constructor(typeScript: TypeScript, directory = packageDirectory) {
    this.typeScript = typeScript;
    this.directory = directory;
  }

  /** Converts a cell; throws when TypeScript has something against it. */
  convert(code: string): Converted {
    const conversion = this.typeScript.convert(this.declarations, code);
    if (conversion.status === "converted") return conversion;
    throw new Error(conversion.diagnostics.map(({ message }) => message).join("\n"));
  }

  /** Runs a cell and returns the value of its last expression. */
  async run(code: string): Promise<unknown> {
    const conversion = this.convert(code);
    const { awaits, resultName, modules } = conversion;
    for (const { path, code: compiled } of modules) {
      if (this.modules.get(path)?.code !== compiled) this.modules.set(path, { code: compiled });
    }
    this.declarations = conversion.declarations;
    const kind = awaits ? "async " : "";
    const cell = new Function(
      `return (${kind}function (exports, require, __filename, __dirname) { ${conversion.code}\n})`,
    );
    await cell()(this.variables, this.require, join(this.directory, "In[1]"), this.directory);
    return resultName === undefined ? undefined : this.variables[resultName];
  }

  private readonly load = (id: string): unknown => {
    const local = this.modules.get(id);
    if (!local) return createRequire(join(this.directory, "cell.js"))(id);
    if (local.module) return local.module.exports;
    const module: { exports: unknown } = { exports: {} };
    local.module = module;
    if (id.endsWith(".json")) module.exports = JSON.parse(local.code);
    else {
      const run = new Function("exports", "require", "module", "__filename", "__dirname", local.code);
      run(module.exports, this.require, module, id, dirname(id));
    }
    return module.exports;
  };

  private readonly require = Object.assign((id: string) => this.load(id), {
    import: (id: string) => this.load(id),
    resolveUrl: (id: string) => import.meta.resolve(id),
  });
}
