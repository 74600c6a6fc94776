import ts from "typescript";
import type { Completion, CompletionItem } from "../interpreter.js";
import { cellPrefix } from "./cell-text.js";
import { isHiddenName } from "./declarations.js";

const { ScriptElementKind: Kind } = ts;

/** TypeScript's kinds in the words that Jupyter's front ends have; the others are used as they are. */
const jupyterTypes: ReadonlyMap<string, string> = new Map([
  [Kind.variableElement, "variable"],
  [Kind.localVariableElement, "variable"],
  [Kind.letElement, "variable"],
  [Kind.constElement, "variable"],
  [Kind.parameterElement, "variable"],
  [Kind.variableUsingElement, "variable"],
  [Kind.variableAwaitUsingElement, "variable"],
  [Kind.localFunctionElement, "function"],
  [Kind.memberFunctionElement, "method"],
  [Kind.memberVariableElement, "property"],
  [Kind.memberGetAccessorElement, "property"],
  [Kind.memberSetAccessorElement, "property"],
  [Kind.memberAccessorVariableElement, "property"],
  [Kind.localClassElement, "class"],
  [Kind.primitiveType, "type"],
  [Kind.typeParameterElement, "type"],
  [Kind.enumMemberElement, "constant"],
  [Kind.externalModuleName, "module"],
  [Kind.scriptElement, "file"],
]);

/** The names that may stand at a place, best first, whatever of one has been typed there. */
export interface Offer {
  readonly names: readonly OfferedName[];
  /** They belong at the word around the cursor, however long it is. */
  readonly areAtWord: boolean;
}

interface OfferedName {
  readonly text: string;
  readonly type: string;
  readonly span: Span | undefined;
}

/** Offsets into a cell's code. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** What TypeScript offers at `cursor` in the cell at `path`. */
export function offerAt(service: ts.LanguageService, path: string, cursor: number): Offer {
  const info = service.getCompletionsAtPosition(path, cursor + cellPrefix.length, {
    includeCompletionsForModuleExports: false,
  });
  // In JavaScript, TypeScript also offers every word of the file, as a guess.
  const entries = (info?.entries ?? [])
    .filter(({ name, kind }) => !isHiddenName(name) && kind !== Kind.warning)
    .sort((a, b) => compare(a.sortText, b.sortText) || compare(a.name, b.name));
  const spanOf = ({ replacementSpan = info?.optionalReplacementSpan }: ts.CompletionEntry): Span | undefined => {
    if (!replacementSpan) return undefined;
    const start = replacementSpan.start - cellPrefix.length;
    return { start, end: start + replacementSpan.length };
  };
  return {
    names: entries.map((entry) => {
      return { text: entry.name, type: jupyterTypes.get(entry.kind) ?? entry.kind, span: spanOf(entry) };
    }),
    areAtWord: entries.every(({ replacementSpan }) => replacementSpan === undefined),
  };
}

/** The completions at `cursor`, of what is offered there. */
export function complete({ names }: Offer, code: string, cursor: number): Completion {
  const around = wordAround(code, cursor);
  const items = names.map(({ text, type, span = around }): CompletionItem => ({ text, ...span, type }));
  const matching = matchingPrefix(items, code, cursor);
  const [first] = matching;
  // The matches without metadata have one place for all.
  const { start: cursorStart, end: cursorEnd } = first ?? { start: cursor, end: cursor };
  const placed = matching.filter(({ start, end }) => start === cursorStart && end === cursorEnd);
  return { matches: placed.map(({ text }) => text), cursorStart, cursorEnd, items: placed };
}

/** The place of a member's name, without the name: what is offered there does not change while it is typed. */
export interface MemberPlace {
  readonly before: string;
  readonly after: string;
}

const memberAccess = /(?:[\p{ID_Start}$_][\p{ID_Continue}$]*|[)\]])\??\.$/u;

/** The place that `cursor` is at, where it is that of a member's name. */
export function memberPlaceAt(code: string, cursor: number): MemberPlace | undefined {
  const { start, end } = wordAround(code, cursor);
  const before = code.slice(0, start);
  return memberAccess.test(before) ? { before, after: code.slice(end) } : undefined;
}

/** The names of a member's place, for a name there that may be longer or shorter by now. */
export function atWord(offer: Offer): Offer {
  return { ...offer, names: offer.names.map((name) => ({ ...name, span: undefined })) };
}

/** Those that begin with what stands before the cursor; in any case of letters only when none does exactly. */
function matchingPrefix<T extends CompletionItem>(items: readonly T[], code: string, cursor: number): T[] {
  const exact = items.filter(({ text, start }) => text.startsWith(code.slice(start, cursor)));
  if (exact.length > 0) return exact;
  return items.filter(({ text, start }) => text.toLowerCase().startsWith(code.slice(start, cursor).toLowerCase()));
}

function wordAround(code: string, cursor: number): Span {
  const before = /[\p{ID_Continue}$#]*$/u.exec(code.slice(0, cursor))?.[0] ?? "";
  const after = /^[\p{ID_Continue}$]*/u.exec(code.slice(cursor))?.[0] ?? "";
  return { start: cursor - before.length, end: cursor + after.length };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
