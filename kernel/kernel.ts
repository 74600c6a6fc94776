// The kernel: channels, handlers and interpreter put together, started and stopped.
import { bindChannels } from "./channels.js";
import { createDispatcher } from "./dispatch.js";
import { History } from "./history.js";
import { HistoryStore } from "./history-store.js";
import type { Interpreter } from "./interpreter.js";
import type { LanguageInfo } from "./language-info.js";
import { withLimit } from "./limit.js";
import type { ConnectionInfo } from "./protocol/connection-file.js";
import { createQuietLog } from "./quiet-log.js";
import { Subshells } from "./subshells.js";
import type { KernelUsage } from "./usage.js";

/** What a kernel is made of. */
export interface KernelOptions {
  readonly connection: ConnectionInfo;
  /** Called once, when the sockets are bound and read: starting processes must not hold up the first answers. */
  readonly interpreter: () => Interpreter;
  readonly language: LanguageInfo;
  /** Cellscope's own version. */
  readonly version: string;
  /** Where what was run is kept for later sessions; without it, it is forgotten with the kernel. */
  readonly historyDirectory?: string;
  /** What the kernel uses, for `usage_request`. */
  readonly readUsage?: () => Promise<KernelUsage>;
  /** Told when more is published than front ends take, and when they have caught up. */
  readonly onBacklog?: (isFull: boolean) => void;
  /** Where faults and dropped messages are told; stderr by default. */
  readonly log?: (line: string) => void;
}

/** A running kernel. */
export interface Kernel {
  /** Stops the running cell, as an interrupt_request does. */
  readonly interrupt: () => Promise<void>;
  /** Resolves when the kernel has ended and nothing of it is left. */
  readonly closed: Promise<{ readonly restart: boolean }>;
  /** Ends the kernel, as a shutdown_request does. */
  readonly close: () => Promise<void>;
}

/** Starts a kernel; resolves when its sockets are bound, and rejects, with nothing left open, when they cannot be. */
export async function startKernel({ connection, language, version, ...options }: KernelOptions): Promise<Kernel> {
  const quietLog = createQuietLog(options.log ?? ((line: string) => process.stderr.write(`cellscope: ${line}\n`)));
  const { log } = quietLog;
  const interpreter = once(options.interpreter);
  const subshells = new Subshells();
  const { historyDirectory } = options;
  const history = new History(historyDirectory === undefined ? undefined : new HistoryStore(historyDirectory, log));
  const channels = await bindChannels(connection, log, options.onBacklog);

  const close = once(async (restart: boolean) => {
    subshells.close();
    await withLimit(interpreter().close(), closingTime).catch((error: unknown) => log(`closing: ${String(error)}`));
    await withLimit(subshells.drained(), closingTime);
    await withLimit(history.flushed(), closingTime);
    dispatcher.flushOutputs();
    await channels.close();
    quietLog.flush();
    return { restart };
  });
  const closed = createDeferred<{ readonly restart: boolean }>();
  const shutDown = (restart: boolean): void => closed.resolve(close(restart));

  const dispatcher = createDispatcher(channels, {
    interpreter,
    history,
    subshells,
    readUsage: options.readUsage,
    language,
    version,
    shutDown,
    log,
  });
  dispatcher.announce("status", { execution_state: "starting" });
  channels.receive({
    onMessage: dispatcher.dispatch,
    // JEP 65: whoever hears this knows that nothing published from now on will be missed.
    onSubscription: (topic) => dispatcher.announce("iopub_welcome", { subscription: topic }, topic),
  });
  await new Promise((done) => setImmediate(done));
  try {
    interpreter();
  } catch (error) {
    await channels.close();
    throw error;
  }
  return {
    interrupt: () => interpreter().interrupt(),
    closed: closed.promise,
    close: async () => {
      shutDown(false);
      await closed.promise;
    },
  };
}

/** Time for the processes to end, and then for the last cells to be answered: front ends kill a kernel after 5 s. */
const closingTime = 1500;

function once<A extends readonly unknown[], T>(make: (...args: A) => T): (...args: A) => T {
  let made: { readonly value: T } | undefined;
  return (...args) => {
    made ??= { value: make(...args) };
    return made.value;
  };
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | Promise<T>) => void;
}

function createDeferred<T>(): Deferred<T> {
  let settle: Deferred<T>["resolve"] | undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  // The executor of a promise runs at once.
  return { promise, resolve: (value) => settle?.(value) };
}
