import { adviseMissing } from "../protocol/package-specifier.js";

/** Adds to Node's error about a module that is not there what installs it; an error about another one stays as it is. */
export function explainMissing(error: unknown, specifier: string): unknown {
  const advice = adviseMissing(specifier);
  if (!(error instanceof Error) || advice === undefined) return error;
  // Node tells of what the package itself misses by the same error.
  const [first = ""] = error.message.split("\n");
  const missing = /'([^']+)'/.exec(first)?.[1];
  if (missing === undefined || !specifier.includes(missing)) return error;
  // What asked for it is the cell: a file of ours that stands for it is no news.
  error.message = `${first.replace(/ imported from .*$/, "")}\n${advice}`;
  return error;
}
