import { sendEvent } from "./event-channel.js";
import { currentExecution } from "./execution-context.js";

/** Clears the output of the running cell; with `wait`, only when its next output arrives, so that nothing flickers. */
export function clearOutput({ wait = false }: { readonly wait?: boolean } = {}): void {
  sendEvent({ type: "clear", id: currentExecution(), wait: Boolean(wait) });
}

/** Makes `console.clear()` do to the cell what it does to a terminal. */
export function clearWithConsole(): void {
  console.clear = () => clearOutput();
}
