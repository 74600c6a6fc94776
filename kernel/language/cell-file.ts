import ts from "typescript";
import type { CellProgramConfig } from "./cell-program.js";
import { cellPrefix } from "./cell-text.js";
import { bind, localsOf, parseDiagnosticsOf, pragmasOf, setPragmas } from "./internals.js";

/** Packages that JSX is made by when neither the cell nor an earlier one says; the first that is installed. */
const jsxPackages = ["preact", "react"];
const jsxPragmas = ["jsx", "jsxfrag", "jsximportsource", "jsxruntime"];

/** Parses the text of a cell, prefix and all, and binds it. What is TypeScript only with JSX in it is read as such. */
export function parseCellText(text: string, declarations: ts.SourceFile, config: CellProgramConfig): ts.SourceFile {
  const { sourcePath, options } = config;
  const parse = (kind?: ts.ScriptKind) =>
    ts.createSourceFile(sourcePath, text, { languageVersion: options.target ?? ts.ScriptTarget.Latest }, false, kind);
  let file = parse();
  if (parseDiagnosticsOf(file).length > 0 && file.languageVariant !== ts.LanguageVariant.JSX) {
    const withJsx = parse(ts.ScriptKind.TSX);
    if (parseDiagnosticsOf(withJsx).length === 0) file = withJsx;
  }
  bind(file, options);
  if (file.languageVariant === ts.LanguageVariant.JSX && text.includes("<")) chooseJsx(file, declarations, config);
  return file;
}

/** What JSX becomes: what the cell's comments say, what is in scope, or the package that is installed. */
function chooseJsx(file: ts.SourceFile, declarations: ts.SourceFile, { resolution }: CellProgramConfig): void {
  // The prefix stands before the cell's comments, where the compiler does not look for them.
  const own = pragmasOf(ts.createSourceFile("cell.tsx", file.text.slice(cellPrefix.length), ts.ScriptTarget.Latest));
  const said = [...own].filter(([name]) => jsxPragmas.includes(name));
  const isKnown = (name: string) => localsOf(file).has(name) || localsOf(declarations).has(name);
  if (said.length > 0) setPragmas(file, new Map([...pragmasOf(file), ...said]));
  else if (isKnown("React")) return;
  else if (isKnown("h")) {
    setPragmas(file, new Map([...pragmasOf(file), pragma("jsx", "h"), pragma("jsxfrag", "Fragment")]));
  } else {
    const name = jsxPackages.find((name) => resolution.installedVersion(name) !== undefined) ?? "react";
    setPragmas(file, new Map([...pragmasOf(file), pragma("jsximportsource", name)]));
  }
}

function pragma(name: string, factory: string): readonly [string, unknown] {
  return [name, { arguments: { factory }, range: { pos: 0, end: 0, kind: ts.SyntaxKind.MultiLineCommentTrivia } }];
}
