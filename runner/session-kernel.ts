import type { Kernel } from "@jupyterlab/services";
import type { Content } from "../kernel/protocol/messages.js";

/** Why a kernel runs no more. */
export interface SessionEnd {
  /** A sentence. */
  readonly reason: string;
  /** The last that it wrote to its standard error; empty where nobody can say. */
  readonly stderr: string;
}

/** A kernel that has answered, as a session uses it: on this machine or on a server. */
export interface SessionKernel {
  readonly connection: Kernel.IKernelConnection;
  /** The id of its process; `undefined` when that is on another machine. */
  readonly pid: number | undefined;
  /** The content of its `kernel_info_reply`. */
  readonly info: Content;
  /** Resolves when the kernel is gone without having been asked to. */
  readonly died: Promise<SessionEnd>;
  /** Looks after the kernel while a cell runs; settles when it will not answer any more. */
  readonly watch: (stop: AbortSignal) => Promise<SessionEnd>;
  /** Asks the kernel to stop the running cell. */
  readonly interrupt: () => void;
  /** Ends the kernel at once. */
  readonly kill: () => Promise<void>;
  /** Asks the kernel to end, sees that it does, and lets go of it. */
  readonly close: () => Promise<void>;
}
