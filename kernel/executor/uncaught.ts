import { sendEvent } from "./event-channel.js";
import { currentExecution } from "./execution-context.js";
import { inspectSafely } from "./rich-result.js";

/**
 * Reports what nobody caught on the cell that caused it; the process, and with it the variables, live on.
 */
export function surviveUncaught(): void {
  process.on("uncaughtException", (error: unknown, origin) => {
    if (isTermination(error)) return;
    if (isBrokenQueue(error)) giveUp();
    const what = origin === "unhandledRejection" ? "Unhandled rejection" : "Uncaught exception";
    const text = `${what}: ${inspectSafely(error)}\n`;
    sendEvent({ type: "stream", id: currentExecution(), name: "stderr", text });
  });
  // Terminals send it to everybody who listens; cells are interrupted by messages.
  process.on("SIGINT", () => undefined);
}

/**
 * Node 20 hands out V8's own mark for code that is being stopped. It is no value of the language: nothing else has the
 * type of `undefined` without being it, and looking at it any closer ends the process.
 */
function isTermination(error: unknown): boolean {
  return typeof error === "undefined" && error !== undefined;
}

/**
 * Code that was stopped in one of several immediates leaves Node's queue of them behind in a state which Node trips
 * over for ever after.
 */
function isBrokenQueue(error: unknown): boolean {
  return (
    error instanceof TypeError &&
    error.message.includes("_idleNext") &&
    typeof error.stack === "string" &&
    error.stack.includes("processImmediate")
  );
}

function giveUp(): never {
  const text = "Node's queue of immediates did not survive that code was stopped in the middle of one.\n";
  sendEvent({ type: "stream", id: currentExecution(), name: "stderr", text });
  process.exit(1);
}
