import ts from "typescript";
import type { CellProgramConfig } from "./cell-program.js";
import { cellPrefix } from "./cell-text.js";
import { bind, localsOf, parseDiagnosticsOf, pragmasOf, setPragmas } from "./internals.js";

/** Packages that JSX is made by when neither the cell nor an earlier one says; the first that is installed. */
const jsxPackages = ["preact", "react"];
const jsxPragmas = ["jsx", "jsxfrag", "jsximportsource", "jsxruntime"];

/** Parses the text of a cell, prefix and all, and binds it. What is TypeScript only with JSX in it is read as such. */
export function parseCellText(
  path: string,
  text: string,
  declarations: ts.SourceFile,
  config: CellProgramConfig,
): ts.SourceFile {
  const { options } = config;
  const file = parseWithJsx(path, text, options.target);
  bind(file, options);
  if (file.languageVariant === ts.LanguageVariant.JSX && text.includes("<")) chooseJsx(file, declarations, config);
  return file;
}

/** Parses what may hold JSX; an error is one of the reading that gets further. */
export function parseWithJsx(path: string, text: string, target = ts.ScriptTarget.Latest): ts.SourceFile {
  const parse = (kind?: ts.ScriptKind) => ts.createSourceFile(path, text, { languageVersion: target }, false, kind);
  const file = parse();
  const error = firstError(file);
  if (error === undefined || file.languageVariant === ts.LanguageVariant.JSX || !text.includes("<")) return file;
  const withJsx = parse(ts.ScriptKind.TSX);
  const errorWithJsx = firstError(withJsx);
  return errorWithJsx === undefined || errorWithJsx > error ? withJsx : file;
}

function firstError(file: ts.SourceFile): number | undefined {
  const starts = parseDiagnosticsOf(file).map(({ start }) => start);
  return starts.length === 0 ? undefined : Math.min(...starts);
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
