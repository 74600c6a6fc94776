// Parameters as they are given on a command line or in a file, by papermill's conventions.
import { readFile } from "node:fs/promises";
import { messageOf, RunnerError } from "../errors.js";

/** What a notebook is given: names to values that JSON can hold. */
export type Parameters = Readonly<Record<string, unknown>>;

/** What `-p NAME VALUE` means: true, false and null in JavaScript's or Python's spelling, a number, or else the text itself. */
export function parseParameterValue(text: string): unknown {
  if (/^(?:true|True)$/.test(text)) return true;
  if (/^(?:false|False)$/.test(text)) return false;
  if (/^(?:null|None)$/.test(text)) return null;
  // As Python's int() and float() would take it; what no number of JavaScript can hold stays a text.
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) {
    const value = Number(text);
    const isExact = !/^[+-]?\d+$/.test(text) || Number.isSafeInteger(value);
    if (Number.isFinite(value) && isExact) return value;
  }
  return text;
}

/** Reads a file of parameters: JSON or YAML, an object of names and values. */
export async function readParameterFile(path: string): Promise<Parameters> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new RunnerError(`The parameters ${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
  return parseParameters(text, path);
}

/** Reads parameters written in YAML, of which JSON is a part; `name` names them in errors. */
export async function parseParameters(text: string, name: string): Promise<Parameters> {
  const { parse } = await import("yaml");
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new RunnerError(`${name} is neither JSON nor YAML: ${messageOf(cause)}`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RunnerError(`${name} must hold names and values, such as {"rows": 1000}; got ${JSON.stringify(value)}.`);
  }
  // It is an object, no array and not null.
  return value as Parameters;
}
