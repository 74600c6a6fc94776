import { join } from "node:path";
import vm from "node:vm";
import type { Command } from "./link.js";
import type { NotebookModules } from "./notebook-modules.js";
import type { SourceMaps } from "./source-maps.js";

type ExecuteCommand = Extract<Command, { readonly type: "execute" }>;

/** A compiled cell; calling it runs the cell. With a top-level `await` it returns a promise. */
export type Cell = () => unknown;

/** The variables of the notebook, and the scripts that read and write them. */
export class Notebook {
  /** A plain object: a write costs 5 ns, behind a proxy 300. */
  readonly variables: Record<string, unknown> = {};
  private readonly modules: NotebookModules;
  private readonly sourceMaps: SourceMaps;
  private readonly timesUsed = new Map<string, number>();

  constructor(modules: NotebookModules, sourceMaps: SourceMaps) {
    this.modules = modules;
    this.sourceMaps = sourceMaps;
  }

  /** Compiles the code of a cell; throws a `SyntaxError` when V8 has something against it. */
  compile({ name, code, sourceMap, awaits, modules }: ExecuteCommand): Cell {
    this.modules.update(modules);
    const directory = process.cwd();
    const script = this.uniqueName(name);
    this.sourceMaps.add(script, name, sourceMap);
    const head = `(${awaits ? "async " : ""}function (exports, require, __filename, __dirname) { `;
    const compiled = new vm.Script(`${head}${code}\n})`, {
      filename: script,
      // The first line starts where the user's does.
      columnOffset: -head.length,
      importModuleDynamically: (specifier, _script, attributes) =>
        this.modules.importFrom(directory, specifier, attributes ?? {}),
    });
    const run: (...values: readonly unknown[]) => unknown = compiled.runInThisContext();
    const require = this.modules.requireFrom(directory);
    return () => run(this.variables, require, join(directory, name), directory);
  }

  /** Loads a package as an import in the next cell would. */
  load(id: string): unknown {
    return this.modules.requireFrom(process.cwd()).import(id);
  }

  /** The parts of one cell have one name and different source maps: each script needs a name of its own. */
  private uniqueName(name: string): string {
    const times = (this.timesUsed.get(name) ?? 0) + 1;
    this.timesUsed.set(name, times);
    return times === 1 ? name : `${name}~${times}`;
  }
}
