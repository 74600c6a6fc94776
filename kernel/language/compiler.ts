// What tslab's converter gets in place of its own fork of TypeScript: a shallow copy of the stock package whose
// watch program is `CellProgram`, with stand-ins for what only the fork has. The bundle's build puts it there.
import ts from "typescript";
import { CellProgram, type CellProgramConfig } from "./cell-program.js";
import { cellPrefix } from "./cell-text.js";
import { compilerOptions } from "./compiler-options.js";
import { convertCell } from "./convert-cell.js";
import { diagnose } from "./diagnose.js";
import { nullTransformationContext } from "./internals.js";
import type { Conversion, Diagnostic } from "./requests.js";

/** What one converter of tslab's works on, and what came out of its last conversion. */
export interface ConverterState {
  readonly cells: CellProgram;
  diagnostics: readonly Diagnostic[];
  converted: Extract<Conversion, { readonly status: "converted" }> | undefined;
}

/** What a converter needs that tslab does not hand on. */
export interface ConverterConfig
  extends Pick<CellProgramConfig, "sourceFiles" | "resolution" | "libraryDirectory" | "offered" | "keep"> {
  readonly libraries: readonly string[];
}

interface WatchHost {
  readonly files: readonly string[];
  readonly options: ts.CompilerOptions;
  readonly sys: ts.System;
  readonly config: ConverterConfig;
  afterProgramCreate?: (builder: unknown) => void;
}

let starting: { readonly config: ConverterConfig; state?: ConverterState } | undefined;

/** Runs `create`, which makes one converter of tslab's, and returns it with its state. */
export function createWithState<T>(
  config: ConverterConfig,
  create: () => T,
): { readonly converter: T; readonly state: ConverterState } {
  const attempt: NonNullable<typeof starting> = { config };
  starting = attempt;
  try {
    const converter = create();
    if (!attempt.state) throw new Error("tslab's converter made no program.");
    return { converter, state: attempt.state };
  } finally {
    starting = undefined;
  }
}

/** TypeScript as tslab's converter sees it. */
export const compiler: Readonly<Record<string, unknown>> = {
  ...ts,
  getNullTransformationContext: () => nullTransformationContext,
  getDefaultTypeRoots: () => [],
  // The cell comes out of the program as CommonJS already, in one pass.
  transpileModule: (outputText: string) => ({ outputText }),
  getPreEmitDiagnosticsOfFiles: (state: ConverterState) => {
    state.diagnostics = diagnose(state.cells);
    // What a checker has given up on once, it does not tell a second time.
    if (state.diagnostics.length > 0) state.cells.part();
    // tslab only has to know that there are any.
    const file = state.cells.source;
    return state.diagnostics.map(({ message }) => ({ file, start: 0, length: 0, messageText: message, code: 0 }));
  },
  createWatchCompilerHost: (files: readonly string[], options: ts.CompilerOptions, sys: ts.System): WatchHost => {
    if (!starting) throw new Error("A converter of tslab's is made by createWithState.");
    const { config } = starting;
    return { files, options: compilerOptions(options, config.libraries), sys, config };
  },
  createWatchProgram,
};

// tslab asks the module itself for these two, and its own system object after them.
const sys: ts.System = ts.sys;
// Not the memory of a first answer: in a start-up snapshot that would be the directory of its build.
sys.getCurrentDirectory = () => process.cwd().replaceAll("\\", "/");
// Files are looked at when a cell asks; a watcher would be a timer that never ends.
sys.watchFile = () => ({ close: () => undefined });

function createWatchProgram(host: WatchHost) {
  const { files, options, sys: files_, config } = host;
  const [declarationsPath = "", sourcePath = ""] = files;
  const cells = new CellProgram({
    ...config,
    options,
    declarationsPath,
    sourcePath,
    directory: files_.getCurrentDirectory(),
  });
  const state: ConverterState = { cells, diagnostics: [], converted: undefined };
  if (starting) starting.state = state;
  let pending: unknown;
  const schedule = (): void => {
    if (pending !== undefined) files_.clearTimeout?.(pending);
    pending = files_.setTimeout?.(rebuild, 0);
  };
  const rebuild = (): void => {
    pending = undefined;
    const [declarations, code] = [declarationsPath, sourcePath].map((path) =>
      (files_.readFile(path) ?? cellPrefix).slice(cellPrefix.length),
    );
    cells.update(declarations ?? "", code ?? "");
    host.afterProgramCreate?.(builderOf(state));
  };
  for (const file of files) files_.watchFile?.(file, schedule);
  rebuild();
  return { close: () => undefined, updateRootFileNames: schedule };
}

const noDeclarations = Object.assign(ts.createSourceFile("none.d.ts", "", ts.ScriptTarget.ESNext), {
  locals: new Map(),
});

/** The builder program that tslab expects, as far as it uses one. */
function builderOf(state: ConverterState) {
  const { cells } = state;
  const { sourcePath } = cells.config;
  // tslab would export the names and carry the declarations on by itself; it knows fewer kinds of them than we do,
  // and needs a second program for it. So it sees files that declare nothing.
  const source = Object.create(cells.source, { locals: { value: undefined } });
  return {
    // Handed on to `getPreEmitDiagnosticsOfFiles`, or asked for the checker.
    getProgram: () => Object.assign(state, { getTypeChecker: () => undefined }),
    getSourceFile: (fileName: string) => (fileName === sourcePath ? source : noDeclarations),
    getAllDependencies: () => [sourcePath],
    emit: (
      _file: unknown,
      write: (fileName: string, text: string) => void,
      _cancellation: unknown,
      _onlyDeclarations: unknown,
      transformers: ts.CustomTransformers,
    ) => {
      const converted = convertCell(cells, transformers);
      state.converted = converted;
      write("outDir/__tslab__.js", converted.code);
      write("outDir/__tslab__.d.ts", converted.declarations);
    },
  };
}
