import ts from "typescript";

/**
 * What stands before the code of a cell where it is parsed: as a generator it may hold `await` wherever a cell may, and a
 * cell has no `yield` of its own to be mistaken for one.
 */
export const cellHead = "async function* cell() { ";

/** Parses JavaScript as the executor runs it: the body of a function, asynchronous or not. */
export function parseCellCode(code: string): ts.SourceFile {
  return ts.createSourceFile(
    "cell.js",
    `${cellHead}${code}\n}`,
    { languageVersion: ts.ScriptTarget.ESNext, jsDocParsingMode: ts.JSDocParsingMode.ParseNone },
    true,
    ts.ScriptKind.JS,
  );
}

/** The statements of a cell that `parseCellCode` has parsed, without the function that is only there for that. */
export function cellStatements(file: ts.SourceFile): readonly ts.Statement[] {
  const [cell] = file.statements;
  return cell !== undefined && ts.isFunctionDeclaration(cell) ? (cell.body?.statements ?? []) : [];
}

/** The body of a function: a block, or the expression of an arrow function; nothing for any other node. */
export function bodyOf(node: ts.Node): ts.Node | undefined {
  return ts.isFunctionLike(node) && "body" in node ? (node.body as ts.Node | undefined) : undefined;
}
