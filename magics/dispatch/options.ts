import { UsageError } from "../../kernel/errors.js";
import type { Magic, OptionSpec } from "./magic.js";
import { nearestName } from "./nearest.js";
import { longSpelling, parseOptionValue } from "./option-values.js";

/** The options at the front of a magic's line, and where what follows them begins. */
export interface ParsedOptions {
  readonly values: Readonly<Record<string, unknown>>;
  /** `-h` or `--help` was there; nothing behind it was read. */
  readonly wantsHelp: boolean;
  /** Offset of the first operand in the text. */
  readonly operandsStart: number;
}

/** How far the options of an unfinished line go, for completion. */
export type LineEnding =
  | { readonly expects: "option" | "operand" }
  | { readonly expects: "value"; readonly spec: OptionSpec };

/**
 * Parses the options of a magic at the front of `text`, as IPython's users write them: `-r5`, `-r 5`, `--repeat=5`,
 * `-qr5`. The first word that is no option ends them, so that an expression behind them stays as it is written.
 */
export function parseOptions(magic: Magic, text: string): ParsedOptions {
  const values: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(magic.options)) {
    if (spec.type === "flag") values[key] = false;
    else if (spec.type === "list") values[key] = [];
    else if (spec.default !== undefined) values[key] = spec.default;
  }
  const reader = new OptionReader(magic, text);
  for (const { key, spec, spelling, value } of reader.read()) {
    if (key === helpKey) return { values, wantsHelp: true, operandsStart: reader.at };
    if (value === undefined && spec.type !== "flag") {
      throw new UsageError(`${spelling} needs a value: ${spelling} ${exampleOf(spec)}.`);
    }
    const parsed = parseOptionValue(spec, spelling, value ?? "");
    // A list is an array from the start.
    values[key] = spec.type === "list" ? [...(values[key] as readonly unknown[]), parsed] : parsed;
  }
  return { values, wantsHelp: false, operandsStart: reader.at };
}

/** Where the operands begin in `text`, the line of a magic of which nothing else need be right. */
export function operandsStartOf(magic: Magic, text: string): number {
  const reader = new OptionReader(magic, text);
  try {
    for (const { key } of reader.read()) if (key === helpKey) break;
  } catch (error) {
    // What is wrong with the line is said when it runs.
    if (!(error instanceof UsageError)) throw error;
    return text.length;
  }
  return reader.at;
}

/** What may stand at the end of `text`, the unfinished line of a magic up to the word at the cursor. */
export function lineEndingOf(magic: Magic, text: string): LineEnding {
  const reader = new OptionReader(magic, text);
  try {
    for (const { spec, value } of reader.read()) {
      if (spec.type !== "flag" && value === undefined) return { expects: "value", spec };
    }
  } catch (error) {
    // What is wrong with the line is said when it runs.
    if (!(error instanceof UsageError)) throw error;
    return { expects: "operand" };
  }
  return { expects: reader.ended || reader.at < text.length ? "operand" : "option" };
}

interface WrittenOption {
  readonly key: string;
  readonly spec: OptionSpec;
  /** As it is written, for messages: `-r`, `--repeat`. */
  readonly spelling: string;
  /** Absent for a flag, and when the line ends before it. */
  readonly value?: string;
}

const helpKey = "help";
const helpSpec: OptionSpec = { type: "flag", short: "h", description: "Show this help." };

/** Every option of a magic, `--help` included, which all of them have. */
export function optionsOf(magic: Magic): readonly (readonly [key: string, spec: OptionSpec])[] {
  const own = Object.entries(magic.options);
  if (own.some(([key]) => key === helpKey)) return own;
  const { short: _, ...withoutShort } = helpSpec;
  return [...own, [helpKey, own.some(([, { short }]) => short === helpSpec.short) ? withoutShort : helpSpec]];
}

class OptionReader {
  readonly #magic: Magic;
  readonly #text: string;
  readonly #options: ReturnType<typeof optionsOf>;
  /** Where the next word begins. */
  at = 0;
  /** `--` was there. */
  ended = false;

  constructor(magic: Magic, text: string) {
    this.#magic = magic;
    this.#text = text;
    this.#options = optionsOf(magic);
    this.#skipBlanks();
  }

  *read(): Generator<WrittenOption> {
    while (this.at < this.#text.length) {
      const word = this.#peekWord();
      if (word === "--") {
        this.at += 2;
        this.#skipBlanks();
        this.ended = true;
        return;
      }
      if (/^--[^\s-]/.test(word)) yield this.#readLong();
      // `-5` and `-(x)` are expressions.
      else if (/^-[A-Za-z]/.test(word)) yield* this.#readShort();
      else return;
    }
  }

  #readLong(): WrittenOption {
    const spelling = /^--[^\s=]*/.exec(this.#text.slice(this.at))?.[0] ?? "";
    const found = this.#options.find(([key]) => longSpelling(key) === spelling);
    if (found === undefined) throw this.#unknown(spelling);
    const [key, spec] = found;
    this.at += spelling.length;
    const isAttached = this.#text[this.at] === "=";
    if (isAttached && spec.type === "flag") throw new UsageError(`${spelling} takes no value: write it alone.`);
    if (isAttached) this.at++;
    else this.#skipBlanks();
    return { key, spec, spelling, ...(spec.type === "flag" ? {} : this.#readValue(isAttached)) };
  }

  *#readShort(): Generator<WrittenOption> {
    const written = this.#peekWord();
    this.at++;
    do {
      const letter = this.#text.charAt(this.at);
      const spelling = `-${letter}`;
      const found = this.#options.find(([, { short }]) => short === letter);
      if (found === undefined) throw this.#unknown(spelling, written);
      const [key, spec] = found;
      this.at++;
      if (spec.type !== "flag") {
        const isAttached = /\S/.test(this.#text.charAt(this.at));
        if (this.#text[this.at] === "=") this.at++;
        else if (!isAttached) this.#skipBlanks();
        yield { key, spec, spelling, ...this.#readValue(isAttached) };
        return;
      }
      yield { key, spec, spelling };
    } while (/\S/.test(this.#text.charAt(this.at)));
    this.#skipBlanks();
  }

  // A word, of which parts may be quoted. A value that is attached may be empty: `--name=`.
  #readValue(isAttached: boolean): { readonly value?: string } {
    if (!isAttached && this.at >= this.#text.length) return {};
    let value = "";
    let quote = "";
    for (; this.at < this.#text.length; this.at++) {
      const character = this.#text.charAt(this.at);
      if (quote === "" && /\s/.test(character)) break;
      if (quote === "" ? character === '"' || character === "'" : character === quote) {
        quote = quote === "" ? character : "";
      } else if (quote === '"' && character === "\\" && /["\\]/.test(this.#text.charAt(this.at + 1))) {
        this.at++;
        value += this.#text.charAt(this.at);
      } else {
        value += character;
      }
    }
    if (quote !== "")
      throw new UsageError(`A ${quote} is not closed in the options of %${this.#magic.name}: ${quote}${value}`);
    this.#skipBlanks();
    return { value };
  }

  #unknown(spelling: string, written = spelling): UsageError {
    const refused = Object.hasOwn(this.#magic.refused, spelling) ? this.#magic.refused[spelling] : undefined;
    if (refused !== undefined) return new UsageError(`%${this.#magic.name} has no ${spelling}: ${refused}`);
    const known = this.#options.flatMap(([key, { short }]) => [longSpelling(key), ...(short ? [`-${short}`] : [])]);
    const near =
      known.find((name) => name === `-${written}`) ??
      nearestName(
        spelling,
        known.filter((name) => name.startsWith("--")),
      );
    const advice = near === undefined ? `It takes ${known.join(", ")}.` : `Did you mean ${near}?`;
    const code =
      this.#magic.operands !== "" && this.#magic.body === "code"
        ? ` An expression that begins with a minus goes behind \`--\`.`
        : "";
    return new UsageError(`%${this.#magic.name} has no option ${spelling}. ${advice}${code}`);
  }

  #peekWord(): string {
    return /^\S*/.exec(this.#text.slice(this.at))?.[0] ?? "";
  }

  // A backslash before the end of a line only lets the line go on.
  #skipBlanks(): void {
    this.at += /^(?:\s|\\(?=\r?\n))*/.exec(this.#text.slice(this.at))?.[0].length ?? 0;
  }
}

function exampleOf(spec: OptionSpec): string {
  switch (spec.type) {
    case "flag":
      return "";
    case "string":
      return spec.choices?.join("|") ?? spec.placeholder ?? "TEXT";
    case "name":
      return "result";
    case "list":
      return spec.placeholder?.toLowerCase() ?? "name";
    case "integer":
    case "number":
      return "5";
    case "duration":
      return "10ms";
    case "size":
      return "64KiB";
  }
}
