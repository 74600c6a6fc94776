import { handleCommClose, handleCommMessage, handleCommOpen } from "./comm.js";
import { handleCommInfo } from "./comm-info.js";
import { handleComplete } from "./complete.js";
import { handleDebug } from "./debug.js";
import type { Handler, Listener } from "./handler.js";
import { handleHistory } from "./history.js";
import { handleInspect } from "./inspect.js";
import { handleInterrupt } from "./interrupt.js";
import { handleIsComplete } from "./is-complete.js";
import { handleKernelInfo } from "./kernel-info.js";
import { handleShutdown } from "./shutdown.js";
import { handleCreateSubshell, handleDeleteSubshell, handleListSubshell } from "./subshell.js";
import { handleUsage } from "./usage.js";

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
  ["create_subshell_request", handleCreateSubshell],
  ["delete_subshell_request", handleDeleteSubshell],
  ["list_subshell_request", handleListSubshell],
  ["usage_request", handleUsage],
  ["debug_request", handleDebug],
]);

/** The messages that are taken and have no reply, by message type. */
export const listeners: ReadonlyMap<string, Listener> = new Map<string, Listener>([
  ["comm_open", handleCommOpen],
  ["comm_msg", handleCommMessage],
  ["comm_close", handleCommClose],
]);
