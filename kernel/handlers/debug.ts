import { UsageError } from "../errors.js";
import type { Handler } from "./handler.js";

/** Answers `debug_request`: kernel_info says that there is no debugger, and some clients ask all the same. */
export const handleDebug: Handler = async () => {
  throw new UsageError("This kernel has no debugger (kernel_info says debugger: false).");
};
