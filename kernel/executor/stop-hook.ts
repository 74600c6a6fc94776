// How the guard's thread asks the main thread what to do, in the middle of whatever runs there.
import type { CellRunner } from "./cell-runner.js";
import { dropContext } from "./execution-context.js";
import { mendImmediates } from "./immediates.js";
import { stopHookKey } from "./stop-hook-key.js";

/** Lets the guard ask, while code is paused, whether to stop it; `stop` means that it can be stopped now. */
export function installStopHook(runner: CellRunner): void {
  const prepareToStop = (id: number, force: boolean) => {
    const verdict = runner.judge(id, force);
    if (verdict === "stop") {
      mendImmediates();
      dropContext();
      clearAsyncIdStack();
    }
    return verdict;
  };
  Object.defineProperty(globalThis, Symbol.for(stopHookKey), { value: prepareToStop, enumerable: false });
}

/**
 * Empties Node's stack of async ids, as Node does after an uncaught exception. Code that is stopped in a timer or a
 * tick never takes its own ids away again, and Node ends the process over the difference.
 */
function clearAsyncIdStack(): void {
  const node = process as unknown as { readonly _fatalException?: (error: unknown, fromPromise: boolean) => boolean };
  if (node._fatalException === undefined) return;
  const own = !process.hasUncaughtExceptionCaptureCallback();
  // Somebody else's callback may exist; it hears of the marker once, which is better than an aborted process.
  if (own) process.setUncaughtExceptionCaptureCallback(() => undefined);
  try {
    node._fatalException(new Error("The cell was stopped."), false);
  } finally {
    if (own) process.setUncaughtExceptionCaptureCallback(null);
  }
}
