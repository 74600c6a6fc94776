// JSON as Python's `json` reads and writes it: notebooks are kept under version control, and a tool that
// rewrites `1.0` as `1` or 9007199254740993 as ...992 makes a diff that nobody asked for.
import { randomUUID } from "node:crypto";

/** A number that JavaScript would not give back as it was written: `1.0`, `1e5`, more than 53 bits, `NaN`. */
export class ExactNumber {
  /** As Python writes it. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** For `JSON.stringify`, where the nearest JavaScript number has to do. */
  toJSON(): number {
    return Number(this.text);
  }
}

/** Parses JSON, with the numbers that JavaScript cannot hold as `ExactNumber`; throws a `SyntaxError`. */
export function parsePythonJson(text: string): unknown {
  // Stands before the place of a number in `numbers`; nobody can have written it into the text.
  const marker = randomUUID();
  const { plain, numbers } = takeOutNumbers(text, marker);
  if (numbers.length === 0) return JSON.parse(text);
  return JSON.parse(plain, (_key, value: unknown) =>
    typeof value === "string" && value.startsWith(marker) ? numbers[Number(value.slice(marker.length))] : value,
  );
}

/** Writes JSON as `json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)` does, for a place so `deep` in a file. */
export function formatPythonJson(value: unknown, deep = 0): string {
  return format(value, `\n${" ".repeat(deep)}`);
}

/** The text of a number, given as JavaScript or JSON has it, as Python writes it. */
export function formatPythonNumber(text: string): string {
  if (/^-?\d+$/.test(text)) return text === "-0" ? "0" : text;
  const value = Number(text);
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "-Infinity" : "Infinity";
  return formatFloat(value);
}

/** Replaces every number that JavaScript would change by a string: the marker and the number's place in `numbers`. */
function takeOutNumbers(text: string, marker: string): { plain: string; numbers: ExactNumber[] } {
  const numbers: ExactNumber[] = [];
  const parts: string[] = [];
  let end = 0;
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const between = text.slice(at, quote === -1 ? text.length : quote);
    for (const { 0: number, index } of between.matchAll(/-?(?:\d[\d.eE+-]*|NaN|Infinity)/g)) {
      const exact = toExactNumber(number);
      if (!exact) continue;
      parts.push(text.slice(end, at + index), `"${marker}${numbers.length}"`);
      numbers.push(exact);
      end = at + index + number.length;
    }
    if (quote === -1) break;
    at = endOfString(text, quote);
  }
  parts.push(text.slice(end));
  return { plain: parts.join(""), numbers };
}

function toExactNumber(text: string): ExactNumber | undefined {
  const valid = /^-?(?:(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|NaN|Infinity)$/.test(text);
  // What is no number stays where it is: the parser then says where.
  if (!valid) return undefined;
  const written = formatPythonNumber(text);
  const isKept = Number.isFinite(Number(text)) && written === formatPythonNumber(JSON.stringify(Number(text)));
  return isKept ? undefined : new ExactNumber(written);
}

/** The position behind the string that begins at `quote`. */
function endOfString(text: string, quote: number): number {
  for (let at = text.indexOf('"', quote + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return at + 1;
  }
  return text.length;
}

/** Like Python's `repr`: the shortest digits, an exponent of two digits or more below 1e-4 and from 1e16. */
function formatFloat(value: number): string {
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  if (Object.is(value, -0)) return "-0.0";
  const plain = String(value);
  return plain.includes(".") ? plain : `${plain}.0`;
}

function format(value: unknown, newline: string): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof ExactNumber) return value.text;
  if (typeof value === "number") return formatPythonNumber(JSON.stringify(value));
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const deeper = `${newline} `;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[${value.map((item) => deeper + format(item, deeper)).join(",")}${newline}]`;
  }
  // The keys are its own.
  const record = value as Readonly<Record<string, unknown>>;
  const keys = sortKeys(Object.keys(record).filter((key) => record[key] !== undefined));
  if (keys.length === 0) return "{}";
  return `{${keys.map((key) => `${deeper}${JSON.stringify(key)}: ${format(record[key], deeper)}`).join(",")}${newline}}`;
}

/** Python orders by code points, JavaScript by UTF-16 units: they differ beyond U+FFFF. */
function sortKeys(keys: string[]): string[] {
  if (!keys.some((key) => /[\ud800-\uffff]/.test(key))) return keys.sort();
  return keys.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}
