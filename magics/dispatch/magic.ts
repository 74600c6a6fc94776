import type { Binding, ExecuteOptions, Outcome, Output, WorkingDirectory } from "../../kernel/interpreter.js";
import type { DisplayData, MimeBundle } from "../../kernel/protocol/mime.js";
import type { KernelProbe } from "../../profiler/kernel-probe.js";
import type { Measured } from "../../profiler/measured.js";

/** How an option of a magic is written and read. */
export type OptionSpec = {
  /** One letter: `-i`. */
  readonly short?: string;
  readonly description: string;
} & (
  | { readonly type: "flag" }
  | {
      readonly type: "string";
      readonly default?: string;
      readonly placeholder?: string;
      readonly choices?: readonly string[];
    }
  /** May be given several times. */
  | { readonly type: "list"; readonly placeholder?: string }
  /** What the notebook is to call something: an identifier, for `MagicContext.bind`. */
  | { readonly type: "name"; readonly default?: string; readonly placeholder?: string }
  | { readonly type: "integer"; readonly default?: number; readonly min?: number; readonly max?: number }
  | { readonly type: "number"; readonly default?: number; readonly min?: number; readonly max?: number }
  /** Milliseconds; written `10`, `10ms`, `1.5s`, `2m`. */
  | { readonly type: "duration"; readonly default?: number }
  /** Bytes; written `512`, `64KiB`, `2GiB`. */
  | { readonly type: "size"; readonly default?: number }
);

type OptionValue<S extends OptionSpec> = S extends { readonly type: "flag" }
  ? boolean
  : S extends { readonly type: "string" | "name" }
    ? string
    : S extends { readonly type: "list" }
      ? readonly string[]
      : number;

/** What `run` gets: every option that has a default (a list is empty), and those without one when they were given. */
export type OptionValues<O extends Readonly<Record<string, OptionSpec>>> = {
  readonly [K in keyof O]: O[K] extends { readonly type: "flag" | "list" } | { readonly default: string | number }
    ? OptionValue<O[K]>
    : OptionValue<O[K]> | undefined;
};

/** A magic's own cell, and nothing else of the kernel. */
export interface MagicContext {
  readonly form: "line" | "cell";
  /** The magic's name as it was called, which may be one of its aliases. */
  readonly calledAs: string;
  /** What stands after the options on the magic's line; trimmed. */
  readonly line: string;
  /** The code to run: the cell under `%%name`, or the rest of the line after `%name`; padded so that lines and columns stay the user's. */
  readonly body: string;
  /** Runs code of the cell as the kernel would without the magic; its output appears where it belongs. */
  readonly execute: (code: string, options?: Pick<ExecuteOptions, "watch" | "probes">) => Promise<Outcome>;
  readonly display: (bundle: MimeBundle, options?: Omit<DisplayData, "data">) => void;
  readonly output: Output;
  /** Aborted when the cell is interrupted, and, also after the magic has returned, when the kernel closes. */
  readonly signal: AbortSignal;
  /** Stops the code that `execute` runs; it then settles with an error. */
  readonly interrupt: () => Promise<void>;
  /** Binds a value in the notebook, typed for the next cells; a name that is no identifier is a `UsageError`. */
  readonly bind: (binding: Binding) => Promise<void>;
  /** Where the cells are. */
  readonly directory: () => WorkingDirectory;
  readonly probe: KernelProbe;
  /** Has every cell after this one run by `around`, in place of one that was set before; nothing ends it. */
  readonly aroundCells: (around: AroundCell | undefined) => void;
  /** Milliseconds to the front end that shows this cell and back. */
  readonly pingFrontEnd: () => Promise<Measured<number>>;
  /** Every magic there is, for `%lsmagic` and help. */
  readonly magics: Readonly<Record<string, Magic>>;
}

/** Runs a cell by calling `run`, once, and returns its outcome. */
export type AroundCell = (cell: SurroundedCell, run: () => Promise<Outcome>) => Promise<Outcome>;

/** A cell that somebody has asked to surround. */
export interface SurroundedCell {
  /** `In[7]`. */
  readonly name: string;
  /** The magics that it calls, by their own names. */
  readonly magics: ReadonlySet<string>;
  readonly output: Output;
}

/** A magic, as the dispatcher sees it. */
export interface Magic {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly forms: readonly ("line" | "cell")[];
  /** One sentence. */
  readonly summary: string;
  /** What stands after the options, as help shows it: `EXPR`, `[SECTION…]` (brackets: may be left out); empty when nothing may. */
  readonly operands: string;
  /** The same for the cell form. */
  readonly cellOperands: string;
  /** What the operands and the cell under the magic are: TypeScript, completed and inspected as such, or a text of their own. */
  readonly body: "code" | "text";
  /** By name: `samplingInterval` is written `--sampling-interval`. */
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Options that habits bring along and that are none here, as they are written: a sentence on what to use instead. */
  readonly refused: Readonly<Record<string, string>>;
  /** A value of type `Outcome` is the outcome of the magic's cell; nothing means that it went well. */
  readonly run: (options: Readonly<Record<string, unknown>>, context: MagicContext) => Promise<Outcome | undefined>;
}

/** Declares a magic: its names, its options with their types, and what it does. */
export function defineMagic<const O extends Readonly<Record<string, OptionSpec>>>(definition: {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly forms: readonly ("line" | "cell")[];
  readonly summary: string;
  readonly operands?: string;
  /** When the magic has both forms: nothing, unless it is given. */
  readonly cellOperands?: string;
  /** `code` unless it is given. */
  readonly body?: "code" | "text";
  readonly options: O;
  readonly refused?: Readonly<Record<string, string>>;
  readonly run: (options: OptionValues<O>, context: MagicContext) => Promise<Outcome | undefined>;
}): Magic {
  const { run, aliases = [], operands = "", body = "code", refused = {}, ...rest } = definition;
  return {
    ...rest,
    aliases,
    operands,
    cellOperands: definition.cellOperands ?? (definition.forms.includes("line") ? "" : operands),
    body,
    refused,
    // The dispatcher parses the line by these same `options`, so the values have their types.
    run: (options, context) => run(options as OptionValues<O>, context),
  };
}
