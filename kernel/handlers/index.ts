import { handleCommInfo } from "./comm-info.js";
import { handleCommOpen } from "./comm-open.js";
import { handleComplete } from "./complete.js";
import type { Handler, Listener } from "./handler.js";
import { handleHistory } from "./history.js";
import { handleInspect } from "./inspect.js";
import { handleInterrupt } from "./interrupt.js";
import { handleIsComplete } from "./is-complete.js";
import { handleKernelInfo } from "./kernel-info.js";
import { handleShutdown } from "./shutdown.js";

/** The requests that are answered at once, by message type. `execute_request` is not one of them: it takes its turn. */
export const handlers: ReadonlyMap<string, Handler> = new Map([
  ["kernel_info_request", handleKernelInfo],
  ["complete_request", handleComplete],
  ["inspect_request", handleInspect],
  ["is_complete_request", handleIsComplete],
  ["history_request", handleHistory],
  ["comm_info_request", handleCommInfo],
  ["interrupt_request", handleInterrupt],
  ["shutdown_request", handleShutdown],
]);

/** The messages that are taken and have no reply, by message type. */
export const listeners: ReadonlyMap<string, Listener> = new Map<string, Listener>([
  ["comm_open", handleCommOpen],
  // Both are about a comm that was closed as soon as it was opened: the front end did not know yet.
  ["comm_msg", async () => undefined],
  ["comm_close", async () => undefined],
]);
