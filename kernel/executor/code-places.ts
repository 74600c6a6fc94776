import { join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { SourceMaps } from "./source-maps.js";

/** Tells a watch, which knows only what V8 knows, where code stands in what the user wrote. */
export interface CodePlaces {
  /** `undefined` for code that is the kernel's own. Lines and columns count from 1. */
  readonly locate: (
    script: string,
    line: number,
    column: number,
  ) => { readonly file: string; readonly line: number } | undefined;
  /** The cell that is about to run: `In[7]`. */
  readonly cell?: string;
}

/** Makes the places of a notebook's code; everything under `ownRoot` is ours. */
export function createCodePlaces(sourceMaps: SourceMaps, ownRoot: string): CodePlaces {
  const ownRoots = [join(ownRoot, sep), pathToFileURL(join(ownRoot, sep)).href];
  return {
    locate: (script, line, column) => {
      if (ownRoots.some((root) => script.startsWith(root))) return undefined;
      const place = sourceMaps.map(script, line, column);
      return { file: place.file.startsWith("file://") ? fileURLToPath(place.file) : place.file, line: place.line };
    },
  };
}
