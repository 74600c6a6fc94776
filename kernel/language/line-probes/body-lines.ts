// Puts the braces of functions on lines of their own, and braces around the bodies of arrow functions that have none. Probes
// are taken into functions of cells that have run by exchanging the text of their script. V8 compares both texts line by
// line, and finds a function again only where what is different does not reach to its end.
import ts from "typescript";
import { type Edit, EditedText, moveSourceMap } from "../text-edits.js";
import { bodyOf, cellHead, cellStatements, parseCellCode } from "./cell-code.js";
import { ownName } from "./named-functions.js";

/** JavaScript as the executor runs it, with its source map. */
export interface MappedCode {
  readonly code: string;
  readonly sourceMap: string;
}

/** Does so for functions that somebody may ask for: those with a name, and, where `memprofile()` may be called, all. */
export function giveBodiesLines({ code, sourceMap }: MappedCode): MappedCode {
  if (!/=>|\)\s*\{/.test(code)) return { code, sourceMap };
  const isAny = /\bmemprofile\b/.test(code);
  const file = parseCellCode(code);
  const { text } = file;
  const edits: Edit[] = [];
  const insert = (offset: number, added: string) => {
    const at = offset - cellHead.length;
    edits.push({ start: at, end: at, text: added });
  };
  const visit = (node: ts.Node): void => {
    const body = bodyOf(node);
    const isWanted = body !== undefined && (isAny || ownName(node as ts.FunctionLikeDeclaration) !== undefined);
    if (!isWanted) {
      ts.forEachChild(node, visit);
      return;
    }
    const start = body.getStart(file);
    const isBlock = ts.isBlock(body);
    if (!isBlock) insert(start, "{\nreturn ");
    else if (body.statements.length > 0 && isCode(text.slice(start + 1, endOfLine(text, start))))
      insert(start + 1, "\n");
    ts.forEachChild(node, visit);
    if (!isBlock) insert(body.end, ";\n}");
    else if (body.statements.length > 0 && isCode(text.slice(text.lastIndexOf("\n", body.end - 1) + 1, body.end - 1)))
      insert(body.end - 1, "\n");
  };
  for (const statement of cellStatements(file)) visit(statement);
  if (edits.length === 0) return { code, sourceMap };
  const edited = new EditedText(code, edits);
  return { code: edited.text, sourceMap: moveSourceMap(sourceMap, edited) };
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

function isCode(text: string): boolean {
  return text.trim() !== "";
}
