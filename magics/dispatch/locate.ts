import { blank, codeOf, type MagicPart, parseCell } from "./cell.js";
import type { Magic } from "./magic.js";
import { operandsStartOf } from "./options.js";
import type { Registry } from "./registry.js";

/** What stands at a position of a cell, for completion and inspection. */
export type Location =
  /** TypeScript: `code` is the cell with all else blanked, so that positions stay. */
  | { readonly kind: "code"; readonly code: string }
  /** The name of a magic; `mayBeCell`: a cell magic could stand here. */
  | { readonly kind: "name"; readonly part: MagicPart; readonly mayBeCell: boolean }
  /** The options of a magic. */
  | { readonly kind: "options"; readonly part: MagicPart; readonly magic: Magic }
  /** A text of its own: a command, the operands of an unknown magic. */
  | { readonly kind: "text" };

/** Says what stands at `cursor`. */
export function locate(source: string, cursor: number, registry: Registry): Location {
  const mayBecomeMagic = (name: string) => registry.names.some((known) => known.startsWith(name));
  const parts = parseCell(source, mayBecomeMagic);
  if (parts === undefined) return { kind: "code", code: source };
  const code = codeOf(source, parts);
  const part = parts.find(({ kind, start, end }) => kind !== "code" && start <= cursor && cursor <= end);
  if (part?.kind === "help")
    return { kind: "code", code: keep(code, source, part.targetStart, part.targetStart + part.target.length) };
  if (part?.kind === "shell") return { kind: "text" };
  if (part?.kind !== "magic" || cursor <= part.marker) return { kind: "code", code };
  if (cursor <= part.nameEnd) return { kind: "name", part, mayBeCell: parts[0] === part };

  const magic = registry.find(part.name);
  if (magic === undefined) return { kind: "text" };
  if (cursor > part.lineEnd) {
    if (magic.body === "text") return { kind: "text" };
    // What stands under a cell magic is a cell again.
    return locate(blank(source.slice(0, part.lineEnd)) + source.slice(part.lineEnd), cursor, registry);
  }
  const operandsStart = part.nameEnd + operandsStartOf(magic, source.slice(part.nameEnd, part.lineEnd));
  const wordStart = cursor - (/\S*$/.exec(source.slice(part.nameEnd, cursor))?.[0].length ?? 0);
  if (wordStart < operandsStart || operandsStart >= part.lineEnd) return { kind: "options", part, magic };
  if (magic.body === "text" || part.form === "cell") return { kind: "text" };
  return { kind: "code", code: keep(code, source, operandsStart, part.lineEnd) };
}

/** The blanked code with one span of the source put back. */
function keep(code: string, source: string, start: number, end: number): string {
  return code.slice(0, start) + source.slice(start, end) + code.slice(end);
}
