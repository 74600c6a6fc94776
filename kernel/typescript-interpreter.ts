// TypeScript in a notebook: the language turns a cell into JavaScript, the executor runs it, and what ties
// them together is kept here: the declarations of earlier cells, their sources and the local modules.
import { readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { cellGlobals } from "./cell-globals.js";
import { CellProber } from "./cell-prober.js";
import type { ExecuteRequest, ExecutionResult, ExecutorHost } from "./executor/host.js";
import type { Binding, CellWatch, ExecuteOptions, Interpreter, LineProbes, Outcome, Output } from "./interpreter.js";
import type { Conversion, Language } from "./language/requests.js";
import { renderDiagnostics, renderThrown } from "./traceback.js";

/** What the interpreter is made of. */
export interface TypeScriptInterpreterOptions {
  readonly language: Language;
  readonly executor: ExecutorHost;
}

type Converted = Extract<Conversion, { readonly status: "converted" }>;
type LocalModule = Converted["modules"][number];

/** An interpreter that can look at single functions. */
export interface TypeScriptInterpreter extends Interpreter {
  /** Gives probes to functions of cells, also while a cell runs; `onProbed` is called before it settles. */
  readonly addProbes: (probes: LineProbes) => Promise<void>;
}

/** Puts a language and an executor together; both are closed with the interpreter. */
export function createTypeScriptInterpreter({
  language,
  executor,
}: TypeScriptInterpreterOptions): TypeScriptInterpreter {
  const sources = new Map<string, string>();
  const modules = new Map<string, LocalModule>();
  let declarations = cellGlobals;
  /** Where the notebook began, where the language looks for modules now, and where it did before. */
  const home = process.cwd();
  let directory = home;
  let previousDirectory: string | undefined;
  let last: Promise<void> | undefined;
  let modulesOf: number | undefined;
  let stopConverting: (() => void) | undefined;
  let isClosing = false;

  const prober = new CellProber(language);

  executor.onChange((change) => {
    // The variables are gone with the process that held them.
    if (change.type !== "ended") return;
    declarations = cellGlobals;
    prober.forget();
  });

  /** There is one thread for the cells of all subshells: they run one after the other. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    // Begun at once when nothing runs: an interrupt in the same moment finds it.
    const turn = last === undefined ? work() : last.then(work);
    const end = () => {
      if (last === ended) last = undefined;
    };
    const ended = turn.then(end, end);
    last = ended;
    return turn;
  }

  /** A cell whose kernel is shut down in its middle is told so, and not what that does to the processes. */
  async function untilClosed(work: Promise<Outcome>): Promise<Outcome> {
    try {
      return await work;
    } catch (error) {
      if (isClosing) return shutDown;
      throw error;
    }
  }

  async function execute(code: string, output: Output, options: ExecuteOptions): Promise<Outcome> {
    const { executionCount, source = code, watch, onHeapUse } = options;
    const name = `In[${executionCount}]`;
    remember(name, source);
    // Not awaited for nothing: an interrupt in the same moment finds the conversion.
    if (hasMoved()) await followDirectory();
    const conversion = await convert(code);
    if (conversion.status === "interrupted") return interrupted;
    if (conversion.status === "module") return takeModule(conversion, { name, source }, output);
    if (conversion.status === "diagnostics") {
      return { status: "error", error: renderDiagnostics(conversion.diagnostics, name, source, sourceOf) };
    }
    for (const warning of conversion.warnings) output.stream("stderr", `${warning}\n`);
    const { probes } = options;
    const runs = probes === undefined ? conversion : await prober.probe(name, source, conversion, probes);
    prober.remember(name, source, conversion);
    const before = declarations;
    const { end, assigned, reading, heap } = await executor.execute(
      {
        ...toRequest(name, runs),
        ...(onHeapUse && { measuresHeap: true }),
        ...(watch && { watch: toWatch(watch) }),
      },
      output,
      watch?.onRun,
    );
    if (reading !== undefined) watch?.onReading(reading);
    if (heap !== undefined) onHeapUse?.(heap);
    // Nothing is asked any more of what is about to end, and there are no next cells.
    if (isClosing) return end.status === "interrupted" || end.status === "died" ? shutDown : toOutcome(end);
    if (end.status === "ok") declarations = conversion.declarations;
    else if (end.status !== "died") {
      declarations = await language.mergeDeclarations(before, conversion.declarations, conversion.declares, assigned);
    }
    if (hasMoved()) await followDirectory();
    return toOutcome(end);
  }

  async function evaluate(expression: string, output: Output): Promise<Outcome> {
    // Statements are no expression: the parentheses refuse them.
    const source = `(${expression}\n)`;
    remember(expressionName, source);
    const conversion = await convert(source);
    if (conversion.status === "interrupted") return interrupted;
    // A comment inside of the parentheses names no module.
    if (conversion.status !== "converted") {
      const diagnostics = conversion.status === "diagnostics" ? conversion.diagnostics : [];
      return {
        status: "error",
        error: renderDiagnostics(diagnostics, expressionName, source, sourceOf),
      };
    }
    const { end } = await executor.execute(toRequest(expressionName, conversion), output);
    const outcome = toOutcome(end);
    return outcome.status === "ok" ? { result: { "text/plain": "undefined" }, ...outcome } : outcome;
  }

  /** As in tslab, a module is taken whatever is wrong with it: what it imports may be written by a later cell. */
  function takeModule(
    { path, diagnostics }: Extract<Conversion, { readonly status: "module" }>,
    { name, source }: { readonly name: string; readonly source: string },
    output: Output,
  ): Outcome {
    remember(path, source);
    if (diagnostics.length === 0) return { status: "ok" };
    const { traceback } = renderDiagnostics(diagnostics, name, source, sourceOf);
    output.stream("stderr", `${stripVTControlCharacters(traceback.slice(0, -1).join("\n"))}\n`);
    return { status: "ok" };
  }

  function hasMoved(): boolean {
    return (executor.directory() ?? directory) !== directory;
  }

  /** Has the language look for modules where the cells are. */
  async function followDirectory(): Promise<void> {
    const now = executor.directory() ?? directory;
    declarations = await language.enter(declarations, now);
    [previousDirectory, directory] = [directory, now];
  }

  function toRequest(name: string, conversion: Converted): ExecuteRequest {
    const { code, sourceMap, awaits, resultName, declares } = conversion;
    return {
      name,
      code,
      ...(sourceMap === undefined ? {} : { sourceMap }),
      awaits,
      ...(resultName === undefined ? {} : { resultName }),
      modules: modulesToSend(conversion.modules),
      declares,
    };
  }

  function toOutcome(end: ExecutionResult["end"]): Outcome {
    switch (end.status) {
      case "ok":
        return end.result === undefined ? { status: "ok" } : { status: "ok", result: end.result };
      case "died": {
        const { name: ename, cause } = end.death;
        const evalue = `The process that runs the cells ended: ${cause}. The variables of earlier cells are gone.`;
        return { status: "error", error: { ename, evalue, traceback: [`${ename}: ${evalue}`] } };
      }
      case "interrupted":
        return interrupted;
      case "error":
        return { status: "error", error: renderThrown(end.error, sourceOf) };
    }
  }

  /** TypeScript may be at a cell for seconds: an interrupt leaves it to that, and the cell does not run. */
  async function convert(code: string): Promise<Conversion | { readonly status: "interrupted" }> {
    const stopped = new Promise<{ readonly status: "interrupted" }>((resolve) => {
      stopConverting = () => resolve({ status: "interrupted" });
    });
    try {
      return await Promise.race([language.convert(declarations, code), stopped]);
    } finally {
      stopConverting = undefined;
    }
  }

  /** What the running executor does not have yet: changed modules, and all of them after a restart. */
  function modulesToSend(converted: readonly LocalModule[]): readonly LocalModule[] {
    const changed = converted.filter(({ path, code }) => modules.get(path)?.code !== code);
    for (const module of changed) modules.set(module.path, module);
    const pid = executor.pid();
    const isNew = modulesOf !== pid;
    modulesOf = pid;
    return isNew ? [...modules.values()] : changed;
  }

  function remember(name: string, source: string): void {
    // A cell that runs again moves to the end: the oldest are forgotten first.
    sources.delete(name);
    sources.set(name, source);
    for (const oldest of sources.keys()) {
      if (sources.size <= rememberedSources) break;
      sources.delete(oldest);
    }
  }

  function sourceOf(file: string): string | undefined {
    const known = sources.get(file);
    if (known !== undefined || file.startsWith("In[")) return known;
    // Scripts that cells make bear any name; only a path is sure to be the file.
    if (!isAbsolute(file)) return undefined;
    try {
      return readFileSync(file, "utf8");
    } catch {
      // Only the code frame is lost: the file is gone since, or was never one, as with code from `eval`.
      return undefined;
    }
  }

  return {
    execute: (code, output, options) => inTurn(() => untilClosed(execute(code, output, options))),
    evaluate: (expression, output) => inTurn(() => evaluate(expression, output)),
    complete: (code, cursor) => language.complete(declarations, code, cursor),
    inspect: (code, cursor, detailLevel) => language.inspect(declarations, code, cursor, detailLevel),
    isComplete: (code) => language.isComplete(code),
    addProbes: (probes) => prober.probeFunctions(probes),
    interrupt: async () => {
      stopConverting?.();
      await executor.interrupt();
    },
    bind: async ({ name, value, type }: Binding) => {
      await executor.bind(name, value);
      const { declarations: after, declares } = await declare(name, type);
      declarations = await language.mergeDeclarations(declarations, after, declares, [name]);
    },
    deliver: (message, output) => executor.deliver(message, output),
    comms: () => executor.comms(),
    directory: () => ({
      current: executor.directory() ?? home,
      ...(previousDirectory === undefined ? {} : { previous: previousDirectory }),
    }),
    processes: () => {
      const executorPid = executor.pid();
      const languagePid = language.pid();
      return [
        { role: "kernel", pid: process.pid } as const,
        ...(executorPid === undefined ? [] : [{ role: "executor", pid: executorPid } as const]),
        ...(languagePid === undefined ? [] : [{ role: "language", pid: languagePid } as const]),
      ];
    },
    close: async () => {
      isClosing = true;
      await Promise.all([executor.close(), language.close()]);
    },
  };

  /** The declarations with one more name in them, as if a cell had declared it. */
  async function declare(name: string, type: string): Promise<Pick<Converted, "declarations" | "declares">> {
    const conversion = await language.convert(declarations, `let ${name} = undefined as unknown as ${type};`);
    if (conversion.status === "converted") return conversion;
    const [first] = conversion.diagnostics;
    throw new Error(`${name} cannot be given the type ${type}: ${first?.message ?? "TypeScript refuses it"}`);
  }
}

function toWatch({ modulePath, options, onRun }: CellWatch): NonNullable<ExecuteRequest["watch"]> {
  return { modulePath, options, ...(onRun && { tellsRun: true }) };
}

const rememberedSources = 1000;
/** The file name of what `user_expressions` evaluate. */
const expressionName = "user_expression";

const shutDown: Outcome = {
  status: "error",
  error: {
    ename: "KernelShutDown",
    evalue: "the kernel was shut down before the cell had ended",
    traceback: ["KernelShutDown: the kernel was shut down before the cell had ended"],
  },
};

const interrupted: Outcome = {
  status: "error",
  error: {
    ename: "Interrupted",
    evalue: "the cell was interrupted",
    traceback: ["Interrupted: the cell was interrupted"],
  },
};
