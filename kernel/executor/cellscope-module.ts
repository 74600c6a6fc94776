// What `import … from "cellscope"` gives in a cell. Its types are built to dist/types, where the language finds them.
import type { Comms } from "./comms.js";
import { createDisplay, type Display } from "./display.js";
import { notebookComms } from "./notebook-comms.js";

export { clearOutput } from "./clear-output.js";
export type { Comm, CommOptions, CommReceived, Comms } from "./comms.js";
export { newDisplay } from "./display.js";
export { askPassword } from "./input.js";

/** Shows rich content in the cell that runs. */
export const display: Display = createDisplay();

/** Opens comms to parts of a front end, such as widgets, and takes those that a front end opens. */
export const comms: Comms = notebookComms;
