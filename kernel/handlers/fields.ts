import { UsageError } from "../errors.js";
import type { Content } from "../protocol/messages.js";

/** A field of a request that must be a text. */
export function textField(content: Content, name: string): string {
  const value = content[name];
  return typeof value === "string" ? value : fail(name, "a text", value);
}

/** A field of a request that is true or false, or left out. */
export function flagField(content: Content, name: string, otherwise: boolean): boolean {
  const value = content[name] ?? otherwise;
  return typeof value === "boolean" ? value : fail(name, "true or false", value);
}

/** A field of a request that is a whole number, or left out. */
export function integerField(content: Content, name: string): number | undefined {
  const value = content[name] ?? undefined;
  if (value === undefined || (typeof value === "number" && Number.isSafeInteger(value))) return value;
  return fail(name, "a whole number", value);
}

function fail(name: string, right: string, value: unknown): never {
  const text = String(JSON.stringify(value));
  throw new UsageError(`${name} must be ${right}, got ${text.length > 80 ? `${text.slice(0, 79)}…` : text}.`);
}
