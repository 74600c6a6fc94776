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

/** The completions at `cursor` in the cell at `path`, best first. */
export function complete(service: ts.LanguageService, path: string, code: string, cursor: number): Completion {
  const info = service.getCompletionsAtPosition(path, cursor + cellPrefix.length, {
    includeCompletionsForModuleExports: false,
  });
  const around = wordAround(code, cursor);
  // In JavaScript, TypeScript also offers every word of the file, as a guess.
  const entries = (info?.entries ?? []).filter(({ name, kind }) => !isHiddenName(name) && kind !== Kind.warning);
  const spans = entries.map(({ replacementSpan }) => {
    const span = replacementSpan ?? info?.optionalReplacementSpan;
    if (!span) return around;
    const start = span.start - cellPrefix.length;
    return { start, end: start + span.length };
  });
  const items = entries.flatMap((entry, index): (CompletionItem & { readonly sortText: string })[] => {
    const { start, end } = spans[index] ?? around;
    return [
      { text: entry.name, start, end, type: jupyterTypes.get(entry.kind) ?? entry.kind, sortText: entry.sortText },
    ];
  });
  const matching = matchingPrefix(items, code, cursor).sort(
    (a, b) => compare(a.sortText, b.sortText) || compare(a.text, b.text),
  );
  const [first] = matching;
  // The matches without metadata have one place for all.
  const { start: cursorStart, end: cursorEnd } = first ?? { start: cursor, end: cursor };
  const placed = matching.filter(({ start, end }) => start === cursorStart && end === cursorEnd);
  return {
    matches: placed.map(({ text }) => text),
    cursorStart,
    cursorEnd,
    items: placed.map(({ sortText: _, ...item }) => item),
  };
}

/** Those that begin with what stands before the cursor; in any case of letters only when none does exactly. */
function matchingPrefix<T extends CompletionItem>(items: readonly T[], code: string, cursor: number): T[] {
  const exact = items.filter(({ text, start }) => text.startsWith(code.slice(start, cursor)));
  if (exact.length > 0) return exact;
  return items.filter(({ text, start }) => text.toLowerCase().startsWith(code.slice(start, cursor).toLowerCase()));
}

function wordAround(code: string, cursor: number): { readonly start: number; readonly end: number } {
  const before = /[\p{ID_Continue}$#]*$/u.exec(code.slice(0, cursor))?.[0] ?? "";
  const after = /^[\p{ID_Continue}$]*/u.exec(code.slice(cursor))?.[0] ?? "";
  return { start: cursor - before.length, end: cursor + after.length };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
