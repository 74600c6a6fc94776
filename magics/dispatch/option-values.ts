import { UsageError } from "../../kernel/errors.js";
import { checkIdentifier } from "./identifier.js";
import type { OptionSpec } from "./magic.js";

/** How an option is written: `--sampling-interval` for `samplingInterval`. */
export function longSpelling(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** What stands for the value in help: `TIME`; `undefined` for a flag. */
export function placeholderOf(spec: OptionSpec): string | undefined {
  switch (spec.type) {
    case "flag":
      return undefined;
    case "string":
      return spec.placeholder ?? spec.choices?.join("|") ?? "TEXT";
    case "name":
    case "list":
      return spec.placeholder ?? "NAME";
    case "integer":
      return "N";
    case "number":
      return "X";
    case "duration":
      return "TIME";
    case "size":
      return "SIZE";
  }
}

/** Turns what stands behind an option into its value, or throws a `UsageError` that says what would be right. */
export function parseOptionValue(spec: OptionSpec, spelling: string, text: string): string | number | boolean {
  const refuse = (right: string) => new UsageError(`${spelling} must be ${right}, got ${JSON.stringify(text)}.`);
  switch (spec.type) {
    case "flag":
      return true;
    case "string":
      if (spec.choices !== undefined && !spec.choices.includes(text)) throw refuse(`one of ${spec.choices.join(", ")}`);
      return text;
    case "list":
      if (text === "") throw refuse("a name");
      return text;
    case "name":
      checkIdentifier(text, spelling);
      return text;
    case "integer":
    case "number": {
      const value = (spec.type === "integer" ? /^[+-]?\d+$/ : /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i).test(text)
        ? Number(text)
        : Number.NaN;
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = spec;
      if (!Number.isFinite(value) || value < min || value > max) throw refuse(describeRange(spec.type, min, max));
      return value;
    }
    case "duration": {
      const value = parseWithUnit(text, durationUnits);
      if (value === undefined) throw refuse("a time such as 10, 10ms, 1.5s or 2m (milliseconds without a unit)");
      return value;
    }
    case "size": {
      const value = parseWithUnit(text, sizeUnits);
      if (value === undefined) throw refuse("a size such as 512, 64KiB or 2GiB (bytes without a unit)");
      return Math.round(value);
    }
  }
}

/** A default as somebody would write it: `10ms`, `64KiB`; `undefined` when there is none. */
export function formatDefault(spec: OptionSpec): string | undefined {
  if (spec.type === "flag" || spec.type === "list" || spec.default === undefined) return undefined;
  if (spec.type === "duration") return withLargestUnit(spec.default, durationUnits);
  if (spec.type === "size") return withLargestUnit(spec.default, sizeUnits);
  return String(spec.default);
}

const durationUnits = new Map([
  ["", 1],
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["min", 60_000],
  ["h", 3_600_000],
]);

const sizeUnits = new Map([
  ["", 1],
  ["b", 1],
  ["kib", 1024],
  ["mib", 1024 ** 2],
  ["gib", 1024 ** 3],
  ["tib", 1024 ** 4],
  ["kb", 1e3],
  ["mb", 1e6],
  ["gb", 1e9],
  ["tb", 1e12],
]);

const displayUnits = new Map([
  ["b", "B"],
  ["kib", "KiB"],
  ["mib", "MiB"],
  ["gib", "GiB"],
  ["tib", "TiB"],
]);

function parseWithUnit(text: string, units: ReadonlyMap<string, number>): number | undefined {
  const match = /^(\d+\.?\d*|\.\d+)\s*([a-z]*)$/i.exec(text);
  const unit = units.get((match?.[2] ?? "").toLowerCase());
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

function withLargestUnit(value: number, units: ReadonlyMap<string, number>): string {
  const fitting = [...units].filter(
    ([name, size]) =>
      (units === durationUnits ? name !== "" && name !== "m" : displayUnits.has(name)) && value % size === 0,
  );
  // Units are listed from small to large; 0 is a multiple of all of them.
  const [name, size] = (value === 0 ? fitting[0] : fitting.at(-1)) ?? ["", 1];
  return `${value / size}${displayUnits.get(name) ?? name}`;
}

function describeRange(type: "integer" | "number", min: number, max: number): string {
  const noun = type === "integer" ? "an integer" : "a number";
  if (min === 1 && max === Number.POSITIVE_INFINITY && type === "integer") return "a positive integer";
  if (min > Number.NEGATIVE_INFINITY && max < Number.POSITIVE_INFINITY) return `${noun} from ${min} to ${max}`;
  if (min > Number.NEGATIVE_INFINITY) return `${noun} of at least ${min}`;
  if (max < Number.POSITIVE_INFINITY) return `${noun} of at most ${max}`;
  return noun;
}
