import type { ErrorContent } from "./protocol/mime.js";

/** A mistake of the user's: shown without a traceback, naming what was wrong, the value, and what would be right. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Turns whatever was thrown in the kernel into the content of an `error` message. */
export function toErrorContent(error: unknown): ErrorContent {
  if (!(error instanceof Error)) {
    const evalue = String(error);
    return { ename: "Error", evalue, traceback: [`Error: ${evalue}`] };
  }
  const last = `${error.name}: ${error.message}`;
  if (error instanceof UsageError) return { ename: error.name, evalue: error.message, traceback: [last] };
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return { ename: error.name, evalue: error.message, traceback: [...frames, last] };
}
