import type { CellOutput, Publish } from "../cell-output.js";
import type { ExecutionQueue } from "../execution-queue.js";
import type { History } from "../history.js";
import type { Interpreter } from "../interpreter.js";
import type { LanguageInfo } from "../language-info.js";
import type { Content } from "../protocol/messages.js";

/** The parts of the kernel that requests are answered from. */
export interface KernelParts {
  /** Made when it is first asked for. */
  readonly interpreter: () => Interpreter;
  readonly history: History;
  readonly executions: ExecutionQueue;
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
  /** Publishes on iopub in the name of this request. */
  readonly publish: Publish;
  /** Makes the output of a cell, published in the name of this request. */
  readonly createOutput: () => CellOutput;
  /** Runs `action` when the reply was sent. */
  readonly afterReply: (action: () => void) => void;
  readonly kernel: KernelParts;
}

/** Answers one request: the content of its reply. A `UsageError` becomes a reply of status `error`. */
export type Handler = (request: Request) => Promise<Content>;

/** Takes a message that has no reply. */
export type Listener = (request: Request) => Promise<void>;
