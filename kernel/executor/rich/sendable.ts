import type { MimeBundle } from "../../protocol/mime.js";

/** What of a bundle can cross to the front end, and a line for each entry that cannot. */
export interface Sendable {
  readonly bundle: MimeBundle;
  readonly refused: readonly string[];
}

/**
 * Makes the entries of a bundle what nbformat wants: JSON types as data, everything else as a string, bytes as base64
 * or, where the type is text, as text. Entries without content are left out. Throws what `JSON.stringify` throws.
 */
export function toSendable(offered: MimeBundle): Sendable {
  const bundle: Record<string, unknown> = {};
  const refused: string[] = [];
  for (const [type, content] of Object.entries(offered)) {
    if (content === undefined || typeof content === "function") continue;
    if (!type.includes("/")) refused.push(`${JSON.stringify(type)} is no MIME type such as "text/html".`);
    else if (isJson(type)) bundle[type] = JSON.parse(JSON.stringify(content));
    else if (typeof content === "string") bundle[type] = content;
    else if (content instanceof Uint8Array) bundle[type] = fromBytes(type, content);
    else refused.push(`${type} must be a string or a Uint8Array, got ${typeof content}.`);
  }
  return { bundle, refused };
}

function isJson(type: string): boolean {
  return type === "application/json" || type.endsWith("+json");
}

function fromBytes(type: string, content: Uint8Array): string {
  const isText = type.startsWith("text/") || type.endsWith("+xml");
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString(isText ? "utf8" : "base64");
}
