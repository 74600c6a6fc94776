// What `import … from "cellscope"` gives in a cell. Its types are those of cli/cells-module.ts.
import type { Comms } from "./comms.js";
import { createDisplay, type Display } from "./display.js";
import { askKernel } from "./kernel-questions.js";
import { notebookComms } from "./notebook-comms.js";

export { clearOutput } from "./clear-output.js";
export type { Comm, CommOptions, CommReceived, Comms } from "./comms.js";
export { newDisplay } from "./display.js";
export { askPassword } from "./input.js";
export { memprofile } from "./memprofile.js";

/** Shows rich content in the cell that runs. */
export const display: Display = createDisplay();

/** Opens comms to parts of a front end, such as widgets, and takes those that a front end opens. */
export const comms: Comms = notebookComms;

/** What `%sysinfo` shows, as data; what it takes and gives is typed in cli/cells-module.ts. */
export async function sysinfo(options: unknown = {}): Promise<unknown> {
  return askKernel("sysinfo", options);
}
