// What the kernel and the executor say to each other. Values cross by `v8.serialize`, in frames of a
// 4-byte little-endian length and that many bytes: commands on fd 3, events on fd 4. Text of child processes comes on
// fd 6 and above: see `lanes.ts`.
// fd 5 belongs to the guard (a worker thread): one JSON text a line, both ways.
import type { CommMessage } from "../protocol/comm.js";
import type { DisplayData } from "../protocol/mime.js";
import type { ResultValue } from "./measured-result.js";

/** What the kernel asks of the executor's main thread, on fd 3. */
export type Command =
  | {
      readonly type: "execute";
      /** Numbers the execution; outputs and the end carry it. */
      readonly id: number;
      /** `In[7]`: the file name of the script, and so of the frames of a stack. */
      readonly name: string;
      /** CommonJS JavaScript over `exports` and `require`. */
      readonly code: string;
      /** Source map (version 3, JSON) from `code` to the cell. */
      readonly sourceMap?: string;
      /** The code has a top-level `await` and is wrapped in an async function. */
      readonly awaits: boolean;
      /** The property of `exports` that holds the value of the last expression; taken away after the cell. */
      readonly resultName?: string;
      /** JavaScript of local modules that the cell imports, by absolute path, new or changed since the last cell. */
      readonly modules: readonly { readonly path: string; readonly code: string; readonly sourceMap?: string }[];
      /** Names that the cell declares: the end says which of them were assigned. */
      readonly declares: readonly string[];
      /** Somebody answers when the cell asks for input. */
      readonly takesInput: boolean;
      /** The end tells what V8 held around the cell. */
      readonly measuresHeap?: boolean;
      readonly watch?: {
        readonly modulePath: string;
        readonly options: unknown;
        /** Asks for `runs` events. */
        readonly tellsRun?: boolean;
      };
    }
  | { readonly type: "interrupt"; readonly id: number }
  /** The answer to an `input` event that the main thread does not wait for; `null`: there is no more. */
  | { readonly type: "input"; readonly request: number; readonly value: string | null }
  /** The answer to an `ask` event. */
  | {
      readonly type: "answer";
      readonly request: number;
      readonly answer: { readonly value: unknown } | { readonly error: string };
    }
  /** A comm message from a front end; answered by `handled`. */
  | { readonly type: "comm"; readonly id: number; readonly message: CommMessage }
  | {
      readonly type: "bind";
      readonly id: number;
      readonly name: string;
      readonly value:
        | { readonly kind: "arrow"; readonly bytes: Uint8Array }
        | { readonly kind: "json"; readonly data: unknown }
        | ({ readonly kind: "result" } & ResultValue);
    };

/** What V8 held before a cell and after it, and what its collector did in between. */
export interface HeapUse {
  readonly before: HeapReading;
  readonly after: HeapReading;
  /** Pauses for the collector, and how long they were together. */
  readonly gcCount: number;
  readonly gcTime: number;
}

/** In the words of `process.memoryUsage()`. */
export interface HeapReading {
  readonly heapUsed: number;
  readonly arrayBuffers: number;
}

/** An error that a cell threw, with its stack mapped to the cells' TypeScript. */
export interface ThrownError {
  readonly name: string;
  readonly message: string;
  readonly frames: readonly StackFrame[];
  /** What it has beside these, such as the `code` of a system error, as `util.inspect` prints it. */
  readonly properties?: string;
  readonly cause?: ThrownError;
  /** The members of an `AggregateError`. */
  readonly errors?: readonly ThrownError[];
  /** What was thrown was no `Error`: its `util.inspect` text is `message`. */
  readonly notAnError?: boolean;
}

/** One frame of a stack, outermost last. */
export interface StackFrame {
  readonly functionName?: string;
  /** `In[7]`, an absolute path, or `node:…`. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** How an execution ended, as the executor tells it. */
export type ExecutionEnd =
  | { readonly status: "ok"; readonly result?: Readonly<Record<string, unknown>> }
  | { readonly status: "error"; readonly error: ThrownError }
  | { readonly status: "interrupted" };

/** What the executor's main thread tells the kernel, on fd 4. `id` is the execution that caused it. */
export type Event =
  | { readonly type: "ready"; readonly pid: number; readonly directory: string }
  | { readonly type: "stream"; readonly id: number; readonly name: "stdout" | "stderr"; readonly text: string }
  | { readonly type: "display"; readonly id: number; readonly display: DisplayData }
  | { readonly type: "clear"; readonly id: number; readonly wait: boolean }
  | {
      readonly type: "input";
      readonly id: number;
      /** Numbers the request; the answer carries it. */
      readonly request: number;
      readonly prompt: string;
      readonly password: boolean;
      /** The main thread waits for the answer: only the guard can bring it. */
      readonly blocks: boolean;
    }
  | { readonly type: "comm"; readonly id: number; readonly message: CommMessage }
  /** The code of a cell with a watch begins, the watch being ready; or it has ended. */
  | { readonly type: "runs"; readonly id: number; readonly isRunning: boolean }
  /** A cell wants to know what only the kernel process can measure; answered by `answer`. */
  | { readonly type: "ask"; readonly request: number; readonly question: string; readonly argument: unknown }
  /** The handlers of a comm message have returned. */
  | { readonly type: "handled"; readonly id: number }
  | {
      readonly type: "done";
      readonly id: number;
      readonly end: ExecutionEnd;
      readonly assigned: readonly string[];
      /** The working directory; absent when it is no more. */
      readonly directory?: string;
      readonly reading?: unknown;
      /** Absent when nobody asked, and when the cell was interrupted. */
      readonly heap?: HeapUse;
    }
  /** From now on the pipes of `lane` belong to the child processes of the execution. */
  | { readonly type: "lane"; readonly id: number; readonly lane: number }
  | { readonly type: "bound"; readonly id: number; readonly error?: ThrownError };

/** What the kernel asks of the guard, on fd 5. */
export type GuardCommand =
  /** Stops what the execution `id` runs; with `force` wherever it is, when no statement of a cell is ever reached. */
  | { readonly type: "terminate"; readonly id: number; readonly force?: boolean }
  /** The execution `id` is to end: it waits for input no longer, if it does. */
  | { readonly type: "wake"; readonly id: number }
  /** The answer to an `input` event that the main thread waits for; `null`: there is no more. */
  | { readonly type: "input"; readonly request: number; readonly value: string | null }
  /** Loads the module at `path` into the guard's thread (once) and hands it `message`. */
  | { readonly type: "probe"; readonly path: string; readonly message: unknown };

/** What the guard tells the kernel, on fd 5. */
export type GuardEvent = { readonly type: "probe"; readonly path: string; readonly message: unknown };
