import { CommKeeper } from "./comms.js";
import { sendEvent } from "./event-channel.js";
import { currentExecution } from "./execution-context.js";
import { inspectSafely } from "./rich-result.js";

/** The comms of this process's notebook. */
export const notebookComms = new CommKeeper(
  (message) => sendEvent({ type: "comm", id: currentExecution(), message }),
  (text, error) => process.stderr.write(`${text}: ${inspectSafely(error)}\n`),
);
