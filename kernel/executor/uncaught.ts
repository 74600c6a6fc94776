import { sendEvent } from "./event-channel.js";
import { currentExecution } from "./execution-context.js";
import { inspectSafely } from "./rich-result.js";

/** Reports what nobody caught on the cell that caused it; the process, and with it the variables, live on. */
export function surviveUncaught(): void {
  process.on("uncaughtException", (error: unknown, origin) => {
    const what = origin === "unhandledRejection" ? "Unhandled rejection" : "Uncaught exception";
    const text = `${what}: ${inspectSafely(error)}\n`;
    sendEvent({ type: "stream", id: currentExecution(), name: "stderr", text });
  });
  // Terminals send it to everybody who listens; cells are interrupted by messages.
  process.on("SIGINT", () => undefined);
}
