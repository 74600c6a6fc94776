import type { Completion, CompletionItem, Interpreter } from "../../kernel/interpreter.js";
import type { MagicPart } from "./cell.js";
import { locate } from "./locate.js";
import type { Magic } from "./magic.js";
import { longSpelling } from "./option-values.js";
import { lineEndingOf, optionsOf } from "./options.js";
import type { Registry } from "./registry.js";

/** Completes the names of magics and their options; everything else is for the interpreter, with the magics blanked. */
export async function completeWithMagics(
  interpreter: Interpreter,
  registry: Registry,
  source: string,
  cursor: number,
): Promise<Completion> {
  const location = locate(source, cursor, registry);
  switch (location.kind) {
    case "code":
      return interpreter.complete(location.code, cursor);
    case "name": {
      const { marker, nameEnd } = location.part;
      return completion(marker, nameEnd, completeName(location, source, cursor, registry));
    }
    case "options":
      return completeOption(location.magic, location.part, source, cursor);
    case "text":
      return completion(cursor, cursor, []);
  }
}

interface Choice {
  readonly text: string;
  readonly type: string;
  readonly signature?: string;
}

function completeName(
  { part, mayBeCell }: { readonly part: MagicPart; readonly mayBeCell: boolean },
  source: string,
  cursor: number,
  registry: Registry,
): readonly Choice[] {
  const nameStart = part.nameEnd - part.name.length;
  const prefix = source.slice(nameStart, cursor);
  // In a comment, blanks may stand between the sign and the name.
  const blanks = source.slice(part.marker, nameStart).replaceAll("%", "");
  return registry.names
    .filter((name) => name.startsWith(prefix))
    .flatMap((name) => {
      const magic = registry.find(name);
      return (magic?.forms ?? [])
        .filter((form) => (form === "cell" ? mayBeCell : part.form === "line"))
        .map((form) => ({
          text: (form === "cell" ? "%%" : "%") + blanks + name,
          type: "magic",
          signature: magic?.summary ?? "",
        }));
    });
}

function completeOption(magic: Magic, part: MagicPart, source: string, cursor: number): Completion {
  const line = source.slice(part.nameEnd, cursor);
  const word = /\S*$/.exec(line)?.[0] ?? "";
  const start = cursor - word.length;
  // `--format=js` is completed behind its sign.
  const [spelling, value] = splitAt(word, "=");
  const attached = optionsOf(magic).find(([key]) => value !== undefined && longSpelling(key) === spelling)?.[1];
  if (attached !== undefined && value !== undefined) {
    return completion(cursor - value.length, cursor, completeValue(attached, value));
  }
  const ending = lineEndingOf(magic, line.slice(0, line.length - word.length));
  if (ending.expects === "value") return completion(start, cursor, completeValue(ending.spec, word));
  if (ending.expects === "operand" || !/^(-|$)/.test(word)) return completion(start, cursor, []);
  const choices = optionsOf(magic).flatMap(([key, { short, description }]) => {
    const spellings = [longSpelling(key), ...(short === undefined ? [] : [`-${short}`])];
    return spellings.map((text) => ({ text, type: "option", signature: description }));
  });
  return completion(
    start,
    cursor,
    choices.filter(({ text }) => text.startsWith(word)),
  );
}

function completeValue(spec: Magic["options"][string], prefix: string): readonly Choice[] {
  const choices = spec.type === "string" ? (spec.choices ?? []) : [];
  return choices.filter((choice) => choice.startsWith(prefix)).map((text) => ({ text, type: "value" }));
}

function splitAt(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

function completion(start: number, end: number, choices: readonly Choice[]): Completion {
  const items: readonly CompletionItem[] = choices.map((choice) => ({ ...choice, start, end }));
  return { matches: items.map(({ text }) => text), cursorStart: start, cursorEnd: end, items };
}
