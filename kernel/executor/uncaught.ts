import { sendEvent } from "./event-channel.js";
import { currentExecution } from "./execution-context.js";
import { inspectSafely } from "./rich-result.js";

/**
 * Reports what nobody caught on the cell that caused it; the process, and with it the variables, live on.
 * `isStopping`: whether code is being stopped at this moment.
 */
export function surviveUncaught(isStopping: () => boolean): void {
  process.on("uncaughtException", (error: unknown, origin) => {
    // Node 20 hands out V8's own mark for code that is being stopped, which must not even be looked at.
    if (isStopping()) return;
    const what = origin === "unhandledRejection" ? "Unhandled rejection" : "Uncaught exception";
    const text = `${what}: ${inspectSafely(error)}\n`;
    sendEvent({ type: "stream", id: currentExecution(), name: "stderr", text });
  });
  // Terminals send it to everybody who listens; cells are interrupted by messages.
  process.on("SIGINT", () => undefined);
}
