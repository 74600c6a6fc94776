import type { CellOutput, Publish } from "../cell-output.js";
import type { ExecutionQueue } from "../execution-queue.js";
import type { History } from "../history.js";
import type { InputRequest, Interpreter } from "../interpreter.js";
import type { LanguageInfo } from "../language-info.js";
import type { Content } from "../protocol/messages.js";
import type { Subshells } from "../subshells.js";
import type { KernelUsage } from "../usage.js";

/** The parts of the kernel that requests are answered from. */
export interface KernelParts {
  /** Made when it is first asked for. */
  readonly interpreter: () => Interpreter;
  readonly history: History;
  readonly subshells: Subshells;
  /** Absent when nothing can be told. */
  readonly readUsage?: (() => Promise<KernelUsage>) | undefined;
  readonly language: LanguageInfo;
  /** Cellscope's own version. */
  readonly version: string;
  /** Ends the kernel, soon. */
  readonly shutDown: (restart: boolean) => void;
  readonly log: (line: string) => void;
}

/** One request, on its way to a reply. */
export interface Request {
  readonly content: Content;
  readonly metadata: Content;
  readonly buffers: readonly Uint8Array[];
  /** What else the metadata of the reply say, by names of their own. */
  readonly replyMetadata: Record<string, unknown>;
  /** Publishes on iopub in the name of this request. */
  readonly publish: Publish;
  /** Makes the output of a cell, published in the name of this request. */
  readonly createOutput: () => CellOutput;
  /** Asks the sender for input: `null` when there is no more, `undefined` when `signal` came before the answer. */
  readonly ask: (input: InputRequest, signal: AbortSignal) => Promise<string | null | undefined>;
  /** The queue of the shell that the request came to. */
  readonly executions: ExecutionQueue;
  /** Runs `action` when the reply was sent. */
  readonly afterReply: (action: () => void) => void;
  readonly kernel: KernelParts;
}

/** Answers one request: the content of its reply. A `UsageError` becomes a reply of status `error`. */
export type Handler = (request: Request) => Promise<Content>;

/** Takes a message that has no reply. */
export type Listener = (request: Request) => Promise<void>;
