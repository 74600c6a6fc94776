import { UsageError } from "../../kernel/errors.js";

/** Throws a `UsageError` when `name` cannot name a variable; `what` says who asked for it: `-o`. */
export function checkIdentifier(name: string, what: string): void {
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) {
    throw new UsageError(`${what} must be a name such as \`result\`, got ${JSON.stringify(name)}.`);
  }
  if (reserved.has(name))
    throw new UsageError(`${what} must be a name that TypeScript does not reserve, got "${name}".`);
}

const reserved = new Set(
  (
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends " +
    "false finally for function if implements import in instanceof interface let new null package private protected " +
    "public return static super switch this throw true try typeof undefined var void while with yield " +
    // The names by which a cell reaches the notebook.
    "exports require module"
  ).split(" "),
);
