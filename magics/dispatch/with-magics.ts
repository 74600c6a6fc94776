import { toErrorContent, UsageError } from "../../kernel/errors.js";
import type { ExecuteOptions, Interpreter, Outcome, Output } from "../../kernel/interpreter.js";
import type { ErrorContent, MimeBundle } from "../../kernel/protocol/mime.js";
import type { KernelProbe } from "../../profiler/kernel-probe.js";
import { type MagicCall, misplacedError, readCall } from "./call.js";
import { type CodePart, type HelpPart, lineNumberOf, type Part, parseCell, textOf } from "./cell.js";
import { completeWithMagics } from "./completion.js";
import { createFrontEndDistance, type FrontEndDistance } from "./front-end-distance.js";
import { renderHelp } from "./help.js";
import { checkIdentifier } from "./identifier.js";
import { inspectWithMagics } from "./inspection.js";
import { isCompleteWithMagics } from "./is-complete.js";
import type { AroundCell, Magic, MagicContext } from "./magic.js";
import { createRegistry, type Registry } from "./registry.js";

/** An interpreter that knows magics: it runs them itself and hands everything else to the one that it wraps. */
export function withMagics(
  interpreter: Interpreter,
  magics: Readonly<Record<string, Magic>>,
  { probe }: { readonly probe: KernelProbe },
): Interpreter {
  const registry = createRegistry(magics);
  const running = new Set<AbortController>();
  const closing = new AbortController();
  const distance = createFrontEndDistance();
  let around: AroundCell | undefined;
  const aroundCells = (next: AroundCell | undefined) => {
    around = next;
  };

  return {
    async execute(code, output, options) {
      const parts = parseCell(code, registry.isMagic);
      const run = () => (parts ? runParts(code, output, options) : interpreter.execute(code, output, options));
      if (around === undefined) return run();
      return around({ name: `In[${options.executionCount}]`, magics: calledIn(parts, registry), output }, run);
    },
    evaluate: (expression, output) => interpreter.evaluate(expression, output),
    complete: (code, cursor) => completeWithMagics(interpreter, registry, code, cursor),
    inspect: (code, cursor, detailLevel) => inspectWithMagics(interpreter, registry, code, cursor, detailLevel),
    isComplete: (code) => isCompleteWithMagics(interpreter, registry, code),
    async interrupt() {
      for (const controller of running) controller.abort();
      await interpreter.interrupt();
    },
    bind: (binding) => interpreter.bind(binding),
    async deliver(message, output) {
      if (!distance.take(message)) await interpreter.deliver(message, output);
    },
    comms: () => interpreter.comms(),
    directory: () => interpreter.directory(),
    processes: () => interpreter.processes(),
    async close() {
      closing.abort();
      await interpreter.close();
    },
  };

  async function runParts(code: string, output: Output, options: ExecuteOptions): Promise<Outcome> {
    const interrupting = new AbortController();
    running.add(interrupting);
    try {
      const signal = AbortSignal.any([interrupting.signal, closing.signal]);
      const { watch, probes, source = code, ...rest } = options;
      const setting = { interpreter, registry, probe, distance, output, signal, aroundCells };
      const cell = new Cell({ ...setting, options: { ...rest, source } });
      return await cell.run(code, { ...(watch && { watch }), ...(probes && { probes }) });
    } catch (error) {
      // A mistake in a magic's line is the user's, and an outcome like any other; all else is a fault of ours.
      if (error instanceof UsageError) return { status: "error", error: toErrorContent(error) };
      throw error;
    } finally {
      running.delete(interrupting);
    }
  }
}

/** The magics that a cell calls. */
function calledIn(parts: readonly Part[] | undefined, registry: Registry): ReadonlySet<string> {
  const names = (parts ?? []).map((part) => (part.kind === "magic" ? registry.find(part.name)?.name : undefined));
  return new Set(names.filter((name) => name !== undefined));
}

interface CellSetting {
  readonly interpreter: Interpreter;
  readonly registry: Registry;
  readonly probe: KernelProbe;
  readonly distance: FrontEndDistance;
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly aroundCells: MagicContext["aroundCells"];
  readonly options: Omit<ExecuteOptions, keyof Measuring>;
}

/** What measures the code of a cell from inside. */
type Measuring = Pick<ExecuteOptions, "watch" | "probes">;

type Step = { readonly kind: "call"; readonly call: MagicCall } | CodePart | HelpPart;

// One execution of one cell: its parts, one after the other.
class Cell {
  readonly #setting: CellSetting;

  constructor(setting: CellSetting) {
    this.#setting = setting;
  }

  async run(code: string, measuring: Measuring = {}): Promise<Outcome> {
    const { interpreter, registry, output, options, signal } = this.#setting;
    const parts = parseCell(code, registry.isMagic);
    if (parts === undefined) return interpreter.execute(code, output, { ...options, ...measuring });
    if (measuring.watch !== undefined) throw unwatchable(code, parts);

    // All lines are read before the first one runs: a slip in the last does not cost the work of the others.
    const steps = parts.map((part) => readStep(code, part, registry));
    let outcome: Outcome = { status: "ok" };
    for (const step of steps) {
      if (signal.aborted) return { status: "error", error: interrupted };
      outcome = await this.#runStep(code, step);
      if (outcome.status === "error") return outcome;
    }
    return outcome;
  }

  #runStep(code: string, step: Step): Promise<Outcome> {
    if (step.kind === "call") return this.#runMagic(step.call);
    if (step.kind === "help") return this.#showHelp(step);
    const { interpreter, output, options } = this.#setting;
    return interpreter.execute(textOf(code, step), output, options);
  }

  async #runMagic(call: MagicCall): Promise<Outcome> {
    const { magic, form, calledAs, line, body } = call;
    const { interpreter, registry, probe, distance, output, signal, aroundCells } = this.#setting;
    const context: MagicContext = {
      form,
      calledAs,
      line,
      body,
      execute: (code, measuring) => this.run(code, measuring),
      display: (data, options = {}) => output.display({ ...options, data }),
      output,
      signal,
      interrupt: () => interpreter.interrupt(),
      async bind(binding) {
        checkIdentifier(binding.name, "The name to bind");
        await interpreter.bind(binding);
      },
      directory: () => interpreter.directory(),
      probe,
      aroundCells,
      pingFrontEnd: () => distance.measure(output),
      magics: registry.magics,
    };
    if (call.wantsHelp) {
      context.display(renderHelp(magic));
      return { status: "ok" };
    }
    const outcome = (await magic.run(call.options, context)) ?? { status: "ok" };
    return outcome.status === "ok" && signal.aborted ? { status: "error", error: interrupted } : outcome;
  }

  async #showHelp({ target, ofMagic, detailLevel }: HelpPart): Promise<Outcome> {
    const { interpreter, registry, output } = this.#setting;
    // A variable hides a magic of its name, unless the magic is asked for by its `%`.
    const data = ofMagic ? undefined : await interpreter.inspect(target, target.length, detailLevel);
    const magic = registry.find(target);
    const help = data ?? (magic && renderHelp(magic));
    const show = output.page ?? ((page: MimeBundle) => output.display({ data: page }));
    if (help !== undefined) show(help);
    else output.stream("stderr", `There is nothing known about ${target}.\n`);
    return { status: "ok" };
  }
}

const interrupted: ErrorContent = {
  ename: "Interrupted",
  evalue: "the cell was interrupted",
  traceback: ["Interrupted: the cell was interrupted"],
};

function readStep(code: string, part: Part, registry: Registry): Step {
  if (part.kind === "misplaced") throw misplacedError(code, part);
  if (part.kind === "code") return part;
  if (part.kind !== "help") return { kind: "call", call: readCall(code, part, registry) };
  if (part.ofMagic && registry.find(part.target) === undefined) registry.require(part.target, "line");
  return part;
}

function unwatchable(code: string, parts: readonly Part[]): UsageError {
  const other = parts.find(({ kind }) => kind !== "code");
  const [line, spelling] =
    other === undefined
      ? [1, ""]
      : [lineNumberOf(code, other.start), code.slice(other.start, other.end).trim().split(/\s/)[0]];
  return new UsageError(
    `Only TypeScript can be measured, and ${spelling} on line ${line} is none: move it to a cell of its own.`,
  );
}
