import type { HolderFrame } from "../../peak-holders.js";
import type { StackSite } from "./call-stack.js";

/** Where a function of the user's stands in what the user wrote, and what is not the user's. */
export interface CodePlaces {
  /** `undefined` for code that is the kernel's own. It may have to read a source map. */
  readonly locate: (
    script: string,
    line: number,
    column: number,
  ) => { readonly file: string; readonly line: number } | undefined;
  /** Whether code is the kernel's own. */
  readonly isOwn: (script: string) => boolean;
  /** The cell that is about to run, `In[7]`; absent when nobody looks for its lines here. */
  readonly cell?: string;
}

/** What can tell places. */
export type Finder = Pick<CodePlaces, "locate">;

/** A function as a report names it; `undefined` for one that is not the user's. */
export function userFrame({ name, script, line, column }: StackSite, { locate }: Finder): HolderFrame | undefined {
  // Built-in functions have no script, and Node's are not the user's: what they take is their caller's.
  if (script === "" || script.startsWith("node:")) return undefined;
  const isCell = line === 1 && column < 1;
  const place = locate(script, line, Math.max(1, column));
  if (place === undefined) return undefined;
  return {
    // The last name is that of the variable which tslab gives to the value of a cell.
    name: isCell ? "" : name.replace(/^(?:exports|Object)\.|^tsLastExpr\..*/, ""),
    file: place.file,
    line: isCell ? 0 : place.line,
  };
}
