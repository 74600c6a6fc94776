import { fileURLToPath } from "node:url";
import { ownCodeUnder } from "./own-code.js";
import type { SourceMaps } from "./source-maps.js";

/** Tells a watch, which knows only what V8 knows, where code stands in what the user wrote. */
export interface CodePlaces {
  /** `undefined` for code that is the kernel's own. Lines and columns count from 1. */
  readonly locate: (
    script: string,
    line: number,
    column: number,
  ) => { readonly file: string; readonly line: number } | undefined;
  /** Whether code is the kernel's own. Unlike `locate` this reads no source map. */
  readonly isOwn: (script: string) => boolean;
  /** The cell that is about to run: `In[7]`. */
  readonly cell?: string;
}

/** Makes the places of a notebook's code; everything under `ownRoot` is ours. */
export function createCodePlaces(sourceMaps: SourceMaps, ownRoot: string): CodePlaces {
  const isOwn = ownCodeUnder(ownRoot);
  return {
    isOwn,
    locate: (script, line, column) => {
      if (isOwn(script)) return undefined;
      const place = sourceMaps.map(script, line, column);
      return { file: place.file.startsWith("file://") ? fileURLToPath(place.file) : place.file, line: place.line };
    },
  };
}
