// What a user has replaced before outputs are compared: the format of nbval's sanitize files, and the same in JSON.
import { readFile } from "node:fs/promises";
import { messageOf, RunnerError } from "../errors.js";

/** One replacement. */
export interface TextPattern {
  readonly regex: RegExp;
  /** `\1` and `\g<name>` stand for what a group found. */
  readonly replace: string;
}

/** Reads a sanitize file: lines `regex: …`, each followed by a line `replace: …`; section titles and comments may stand between. */
export async function readPatterns(path: string): Promise<TextPattern[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new RunnerError(`The sanitize file ${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
  return parsePatterns(text, path);
}

/** Parses the text of a sanitize file; `name` only names it in errors. */
export function parsePatterns(text: string, name: string): TextPattern[] {
  const patterns: TextPattern[] = [];
  let open: { readonly regex: string; readonly where: string } | undefined;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const where = `${name}:${index + 1}`;
    if (/^\s*(?:$|[#;]|\[.*\]\s*$)/.test(line)) continue;
    const field = /^(regex|replace) ?[:=] ?(.*)$/.exec(line);
    if (!field) throw new RunnerError(`${where}: a line must begin with "regex:" or "replace:", got "${line.trim()}".`);
    const [, key, value = ""] = field;
    if (key === "regex") {
      if (open) throw new RunnerError(`${open.where}: this regex has no "replace:" line after it.`);
      open = { regex: value, where };
    } else {
      if (!open) throw new RunnerError(`${where}: this replacement has no "regex:" line before it.`);
      patterns.push(toPattern(open.regex, value, open.where));
      open = undefined;
    }
  }
  if (open) throw new RunnerError(`${open.where}: this regex has no "replace:" line after it.`);
  return patterns;
}

/** Makes a pattern of the text of a regular expression, in the spelling of JavaScript or of Python. */
export function toPattern(source: string, replace: string, where: string): TextPattern {
  const { flags, body } = /^\(\?(?<flags>[a-z]+)\)(?<body>[\s\S]*)$/.exec(source)?.groups ?? {
    flags: "",
    body: source,
  };
  const unknown = /[^aimsu]/.exec(flags ?? "")?.[0];
  if (unknown !== undefined) throw new RunnerError(`${where}: the flag "${unknown}" of (?${flags}) is not known here.`);
  const translated = (body ?? "")
    .replaceAll("(?P<", "(?<")
    .replace(/\(\?P=(\w+)\)/g, "\\k<$1>")
    .replace(/\\([\s\S])/g, (whole, letter: string) => ({ A: "(?<![\\s\\S])", Z: "(?![\\s\\S])" })[letter] ?? whole);
  try {
    return { regex: new RegExp(translated, `g${(flags ?? "").replace(/[au]/g, "")}`), replace };
  } catch (cause) {
    throw new RunnerError(`${where}: ${messageOf(cause)}`, { cause });
  }
}

/** Replaces all that a pattern finds. */
export function applyPattern(text: string, { regex, replace }: TextPattern): string {
  return text.replace(regex, (...found: unknown[]) => {
    // After the groups come the place, the whole text and, when there are names, the named groups.
    const last = found.at(-1);
    const named = typeof last === "object" && last !== null ? (last as Readonly<Record<string, unknown>>) : undefined;
    const groups = found.slice(0, named ? -3 : -2);
    return replace.replace(
      /\\(?:g<(\w+)>|(\d+)|([nt\\]))/g,
      (_whole, name?: string, number?: string, letter?: string) => {
        if (letter !== undefined) return { n: "\n", t: "\t" }[letter] ?? letter;
        const key = name ?? number ?? "";
        const group = /^\d+$/.test(key) ? groups[Number(key)] : named?.[key];
        return typeof group === "string" ? group : "";
      },
    );
  });
}
