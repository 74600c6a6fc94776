import { UsageError } from "../errors.js";
import type { Content } from "../protocol/messages.js";

/** A field of a request that must be a text. */
export function textField(content: Content, name: string): string {
  const value = content[name];
  return typeof value === "string" ? value : fail(name, "a text", value);
}

/** A field of a request that names something, and so is a text that is not empty. */
export function nameField(content: Content, name: string): string {
  return textField(content, name) || fail(name, "a text that is not empty", "");
}

/** A field of a request that is one of a few words. */
export function wordField<T extends string>(content: Content, name: string, words: readonly T[]): T {
  const value = content[name];
  const word = words.find((each) => each === value);
  return (
    word ??
    fail(
      name,
      words
        .map((each) => `"${each}"`)
        .join(", ")
        .replace(/, (?=[^,]*$)/, " or "),
      value,
    )
  );
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

/** A field of a request that is an object, or left out. */
export function objectField(content: Content, name: string): Content {
  const value = content[name] ?? {};
  // It is an object, no array and not null.
  return typeof value === "object" && !Array.isArray(value) ? (value as Content) : fail(name, "an object", value);
}

/** The code of a request; refused when it is longer than any that a person or a program means. */
export function codeField(content: Content): string {
  const code = textField(content, "code");
  if (code.length <= longestCode) return code;
  throw new UsageError(`code must be at most ${longestCode} characters, got ${code.length}.`);
}

/** UTF-16 units. The language process would need more memory than it may have, and minutes to say so. */
const longestCode = 16 * 1024 * 1024;

function fail(name: string, right: string, value: unknown): never {
  const text = String(JSON.stringify(value));
  throw new UsageError(`${name} must be ${right}, got ${text.length > 80 ? `${text.slice(0, 79)}…` : text}.`);
}
