import { join } from "node:path";
import { jupyterDataDirectory } from "../kernel/protocol/jupyter-paths.js";

/** Where what was run is kept, as by other kernels; nowhere when the user or a test says so. */
export function historyPlace(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  return env.CELLSCOPE_HISTORY === "off" ? undefined : join(jupyterDataDirectory({ env }), "cellscope", "history");
}
