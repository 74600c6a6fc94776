import { inspect } from "node:util";
import type { MimeBundle } from "../protocol/mime.js";

const displaySymbol = Symbol.for("Jupyter.display");

/**
 * Turns a value into what the notebook shows of it: text as `util.inspect` prints it, and the MIME types that the
 * object offers by its `Symbol.for("Jupyter.display")` method, as Deno defines it. Never throws.
 */
export async function renderValue(value: unknown): Promise<MimeBundle> {
  const text = { "text/plain": inspectSafely(value) };
  try {
    return { ...text, ...cloneable(await offered(value)) };
  } catch (error) {
    // An object that cannot show itself is still shown, with the reason beside it.
    return { "text/plain": `${text["text/plain"]}\n[Jupyter.display failed: ${describe(error)}]` };
  }
}

/** What `util.inspect` prints, without colours; the reason in its place when the value cannot be inspected. */
export function inspectSafely(value: unknown): string {
  try {
    return inspect(value);
  } catch (error) {
    return `[${typeof value} that cannot be inspected: ${describe(error)}]`;
  }
}

async function offered(value: unknown): Promise<unknown> {
  if (typeof value !== "object" && typeof value !== "function") return undefined;
  const display = (value as { readonly [displaySymbol]?: unknown } | null)?.[displaySymbol];
  return typeof display === "function" ? await display.call(value) : undefined;
}

/** Keeps the entries that can cross to the kernel: strings and JSON as they are, bytes as base64. */
function cloneable(bundle: unknown): MimeBundle {
  if (typeof bundle !== "object" || bundle === null) return {};
  const entries = Object.entries(bundle).map(([type, content]) => [type, toContent(content)] as const);
  return Object.fromEntries(entries.filter(([, content]) => content !== undefined));
}

function toContent(content: unknown): unknown {
  if (content instanceof Uint8Array) return Buffer.from(content).toString("base64");
  const json = JSON.stringify(content);
  return json === undefined ? undefined : JSON.parse(json);
}

function describe(error: unknown): string {
  try {
    return String(error);
  } catch {
    // Even the error refuses to become text.
    return "unknown error";
  }
}
