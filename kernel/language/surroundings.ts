// Whether a cell can be checked in a program that was made for an earlier one: when nothing has to be looked up that
// only the making of a program looks up.
import ts from "typescript";

/** What the declarations of earlier cells bring into a program beside their names. */
export interface Surroundings {
  /** The modules that they name. */
  readonly specifiers: ReadonlySet<string>;
  /** What they add to the globals and to modules. */
  readonly augmentations: string;
}

/** Whether a cell imports nothing, adds to no module and to no globals; in doubt it does. */
export function isSelfContained(code: string): boolean {
  return !/\b(?:import|require|export|module|global|reference)\b/.test(code);
}

/** Reads the surroundings that declarations make. */
export function surroundingsOf(declarations: ts.SourceFile): Surroundings {
  const known = read.get(declarations);
  if (known) return known;
  const surroundings = {
    specifiers: specifiersIn(declarations.text),
    augmentations: declarations.statements
      .filter((statement) => ts.isModuleDeclaration(statement) && !isNamespace(statement))
      .map((statement) => declarations.text.slice(statement.pos, statement.end).trim())
      .join("\n"),
  };
  read.set(declarations, surroundings);
  return surroundings;
}

/** Whether a program with the one can serve the other. */
export function surroundsAlike(made: Surroundings, wanted: Surroundings): boolean {
  if (made.augmentations !== wanted.augmentations) return false;
  return [...wanted.specifiers].every((specifier) => made.specifiers.has(specifier));
}

const read = new WeakMap<ts.SourceFile, Surroundings>();

// One too many, from inside of a text, does no harm.
function specifiersIn(text: string): Set<string> {
  const specifiers = new Set<string>();
  for (const [, specifier = ""] of text.matchAll(/\b(?:from|import|require)\s*\(?\s*["']([^"']*)["']/g)) {
    specifiers.add(specifier);
  }
  return specifiers;
}

function isNamespace(statement: ts.ModuleDeclaration): boolean {
  return ts.isIdentifier(statement.name) && !(statement.flags & ts.NodeFlags.GlobalAugmentation);
}
