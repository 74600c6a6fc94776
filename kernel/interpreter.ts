import type { FunctionPlace } from "./executor/function-place.js";
import type { HeapUse } from "./executor/link.js";
import type { probeNames } from "./language/line-probes/names.js";
import type { CommMessage } from "./protocol/comm.js";
import type { DisplayData, ErrorContent, MimeBundle } from "./protocol/mime.js";

/** How a cell ended. Failing user code is a value; a throw means the kernel itself is at fault. */
export type Outcome =
  | { readonly status: "ok"; readonly result?: MimeBundle }
  | { readonly status: "error"; readonly error: ErrorContent };

/** Where a cell's output goes. Every call is in the order in which the cell made it. */
export interface Output {
  readonly stream: (name: "stdout" | "stderr", text: string) => void;
  readonly display: (display: DisplayData) => void;
  /** Clears the cell's output; with `wait`, only when the next output arrives. */
  readonly clear: (wait: boolean) => void;
  /** Shows help where the front end has a place for it; without this, help is a display like any other. */
  readonly page?: (data: MimeBundle) => void;
  /**
   * Asks the person in front of the cell: `null` when there is no more input, `undefined` when the cell has ended
   * before the answer. Absent when the front end takes no questions.
   */
  readonly input?: (request: InputRequest) => Promise<string | null | undefined>;
  /** Sends a comm message to the front ends. */
  readonly comm?: (message: CommMessage) => void;
}

/** What a cell asks the person in front of it. */
export interface InputRequest {
  readonly prompt: string;
  /** The answer is not to be shown while it is typed. */
  readonly password: boolean;
}

/**
 * Something that the executor loads and runs right around a cell, in its own thread: a module by path
 * that exports `begin(options, places)`, which returns a function that ends the watch and returns the reading;
 * `places` is a `CodePlaces` of kernel/executor/code-places.ts.
 * Both may be asynchronous.
 */
export interface CellWatch {
  readonly modulePath: string;
  /** Survives a structured clone. */
  readonly options: unknown;
  /** Called at most once, before `execute` settles; never when the executor died. */
  readonly onReading: (reading: unknown) => void;
  /** Called when the cell itself begins, its watch being ready, and when it has ended; the first costs the cell a few KiB. */
  readonly onRun?: (isRunning: boolean) => void;
}

/** Asks for probes between the statements of a cell, or of functions that this cell or an earlier one defines. */
export interface LineProbes {
  /** Whether the cell itself gets probes. */
  readonly cell: boolean;
  /** `name` or `Class.method`. */
  readonly functions: readonly string[];
  /** Functions by where they stand. */
  readonly places?: readonly FunctionPlace[];
  /** Called before `watch.options` is read and before anything runs. */
  readonly onProbed: (probed: Probed) => void;
}

/** What has got probes. */
export interface Probed {
  /** Numbers of the sites: from `firstSite`, one script after the other. */
  readonly firstSite: number;
  readonly scripts: readonly ProbedCell[];
  /** The constants that the probes refer to. */
  readonly names: typeof probeNames;
  /** Functions that are in no cell. */
  readonly unknown: readonly string[];
  readonly notes: readonly string[];
}

/** One cell with probes. */
export interface ProbedCell {
  /** `In[7]`. */
  readonly name: string;
  readonly source: string;
  readonly sites: readonly {
    readonly line: number;
    readonly counter: number;
    readonly reads: boolean;
    readonly variation: number;
  }[];
  /** The functions with probes, with their lines, both counted in; absent when all of the cell has them. */
  readonly functions?: readonly { readonly name: string; readonly firstLine: number; readonly lastLine: number }[];
  /** The name of the script, where it is known which one has the functions that are meant. */
  readonly script?: string;
  readonly plain: string;
  /** With the probes of its functions alone. */
  readonly inner: string;
  readonly probed: string;
  /** It is the cell that is about to run; the code of another one has run, and is to be exchanged. */
  readonly isCurrent: boolean;
}

/** What goes with the code of one cell. */
export interface ExecuteOptions {
  /** The `execution_count` that the front end shows; names the cell: `In[7]`. */
  readonly executionCount: number;
  /** The cell as the user wrote it, for code frames, when `code` is only a part of it (same lines, same columns). */
  readonly source?: string;
  readonly watch?: CellWatch;
  readonly probes?: LineProbes;
  /** Asks what V8 holds around each piece of code that runs; called after each, unless it was interrupted. */
  readonly onHeapUse?: (use: HeapUse) => void;
}

/** A value that the kernel puts into the notebook's variables under a name. */
export interface Binding {
  readonly name: string;
  /**
   * `arrow`: bytes of an Arrow IPC stream, bound as an apache-arrow `Table`; `json`: data, bound as it is; `result`: what
   * was measured, bound as an object that is shown as its report.
   */
  readonly value:
    | { readonly kind: "arrow"; readonly bytes: Uint8Array }
    | { readonly kind: "json"; readonly data: unknown }
    | {
        readonly kind: "result";
        /** Of profiler/profile-result.ts. */
        readonly data: Readonly<Record<string, unknown>>;
        /** Bytes of an Arrow IPC stream. */
        readonly samples?: Uint8Array;
      };
  /** The TypeScript type that later cells see, for example `import("apache-arrow").Table`. */
  readonly type: string;
}

/** One completion as JupyterLab shows it with the experimental types metadata. */
export interface CompletionItem {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** A word such as `function`, `property`, `keyword`, `magic`. */
  readonly type: string;
  readonly signature?: string;
}

/** The answer to a completion request; positions are UTF-16 offsets into the code. */
export interface Completion {
  readonly matches: readonly string[];
  readonly cursorStart: number;
  readonly cursorEnd: number;
  readonly items?: readonly CompletionItem[];
}

/** Whether code can be run as it stands. */
export type Completeness =
  | { readonly status: "complete" | "invalid" | "unknown" }
  | { readonly status: "incomplete"; readonly indent: string };

/** One of the processes that make up this kernel. */
export interface KernelProcess {
  readonly role: "kernel" | "executor" | "language";
  readonly pid: number;
}

/** The working directory of the cells, which `process.chdir()` changes. */
export interface WorkingDirectory {
  readonly current: string;
  /** Absent while it has not changed. */
  readonly previous?: string;
}

/** The seam between the messages and the language: what turns the text of a cell into its effects. */
export interface Interpreter {
  /** Several may be asked for at once; code that cannot run beside other code waits for its turn. */
  readonly execute: (code: string, output: Output, options: ExecuteOptions) => Promise<Outcome>;
  /** Evaluates one expression after a cell; always with a result when it goes well, `undefined` included. */
  readonly evaluate: (expression: string, output: Output) => Promise<Outcome>;
  /** `cursor` is a UTF-16 offset. */
  readonly complete: (code: string, cursor: number) => Promise<Completion>;
  /** `undefined` when there is nothing to say about what stands at `cursor`. */
  readonly inspect: (code: string, cursor: number, detailLevel: 0 | 1) => Promise<MimeBundle | undefined>;
  readonly isComplete: (code: string) => Promise<Completeness>;
  /** Stops the running cell; its `execute` then settles with an `error`. Does nothing when none runs. */
  readonly interrupt: () => Promise<void>;
  readonly bind: (binding: Binding) => Promise<void>;
  /** Hands a front end's comm message to the cells' handlers, also while a cell awaits; settles when they have returned. */
  readonly deliver: (message: CommMessage, output: Output) => Promise<void>;
  /** The comms that are open: id to target name. */
  readonly comms: () => ReadonlyMap<string, string>;
  /** Where the cells are, and where they were before. */
  readonly directory: () => WorkingDirectory;
  readonly processes: () => readonly KernelProcess[];
  /** Ends every process and releases every resource. */
  readonly close: () => Promise<void>;
}
