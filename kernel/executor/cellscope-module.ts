import { createDisplay, newDisplay } from "./display.js";

/** What `import … from "cellscope"` gives in a cell. */
export const cellscopeModule = {
  __esModule: true,
  display: createDisplay(),
  newDisplay,
} as const;
