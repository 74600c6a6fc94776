import { createDisplay, newDisplay } from "./display.js";
import { versionOfOwn } from "./own-packages.js";

/** What `import … from "tslab"` gives in a cell: tslab's API, on our way out. */
export const tslabModule = {
  __esModule: true,
  display: createDisplay(),
  newDisplay,
  get versions() {
    return { tslab: versionOfOwn("tslab"), typescript: versionOfOwn("typescript"), node: process.version };
  },
} as const;
