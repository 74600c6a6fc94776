import type { MimeBundle } from "../../protocol/mime.js";

/** Asks an object or a function for one kind of rich form; `undefined` when it has none. May throw whatever the object throws. */
export type Offer = (value: object) => MimeBundle | undefined | Promise<MimeBundle | undefined>;

/** A property, without asking objects that make up an answer to every name, such as proxies of a remote side. */
export function readProperty(value: object, key: string | symbol): unknown {
  return key in value ? (value as Readonly<Record<string | symbol, unknown>>)[key] : undefined;
}

/** A failure in one line, whatever was thrown. */
export function describeFailure(error: unknown): string {
  try {
    return String(error);
  } catch {
    // Even the error refuses to become text.
    return "unknown error";
  }
}
