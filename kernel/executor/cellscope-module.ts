// What `import … from "cellscope"` gives in a cell. Its types are built to dist/types, where the language finds them.
import { createDisplay, type Display } from "./display.js";

export { clearOutput } from "./clear-output.js";
export { newDisplay } from "./display.js";

/** Shows rich content in the cell that runs. */
export const display: Display = createDisplay();
