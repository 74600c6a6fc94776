import ts from "typescript";
import type { Completeness } from "../interpreter.js";
import { parseWithJsx } from "./cell-file.js";
import { parseDiagnosticsOf } from "./internals.js";

const indentation = "  ";

/** The numbers of TypeScript's messages about tokens without an end. */
const unterminated = { string: 1002, comment: 1010, template: 1160, regularExpression: 1161 } as const;

/** Whether a cell can be run as it stands, or needs more, or cannot become right by more. */
export function readCompleteness(code: string): Completeness {
  const file = parseWithJsx("cell.ts", code);
  const [first] = [...parseDiagnosticsOf(file)].sort((a, b) => a.start - b.start);
  if (!first) return { status: "complete" };
  const all = [...tokens(code)];
  // What the parser misses after the last token, the user may still type.
  const isAtEnd = first.start >= (all.at(-1)?.end ?? 0);
  if (endsOpen(first.code, code) ?? isAtEnd) return { status: "incomplete", indent: nextIndent(code, all) };
  return { status: "invalid" };
}

/** Whether what nothing closes may go on with the next line; `undefined` when everything is closed. */
function endsOpen(diagnostic: number, code: string): boolean | undefined {
  switch (diagnostic) {
    case unterminated.comment:
    case unterminated.template:
      return true;
    case unterminated.string:
      return code.endsWith("\\");
    case unterminated.regularExpression:
      return false;
    default:
      return undefined;
  }
}

interface Token {
  readonly kind: ts.SyntaxKind;
  readonly end: number;
}

function* tokens(code: string): Generator<Token> {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, code);
  // The closing brace of a template's expression goes on with the template.
  const braces: ("brace" | "template")[] = [];
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    if (kind === ts.SyntaxKind.TemplateHead) braces.push("template");
    else if (kind === ts.SyntaxKind.OpenBraceToken) braces.push("brace");
    else if (kind === ts.SyntaxKind.CloseBraceToken && braces.pop() === "template") {
      kind = scanner.reScanTemplateToken(false);
      if (kind === ts.SyntaxKind.TemplateMiddle) braces.push("template");
    }
    yield { kind, end: scanner.getTokenEnd() };
  }
}

/** The indentation of the last line, one step deeper for what it opens and leaves open. */
function nextIndent(code: string, all: readonly Token[]): string {
  const end = code.trimEnd().length;
  const start = code.lastIndexOf("\n", end - 1) + 1;
  const line = code.slice(start, end);
  const current = /^\s*/.exec(line)?.[0] ?? "";
  const inLine = all.filter((token) => token.end > start);
  const text = code.slice(start, Math.max(start, inLine.at(-1)?.end ?? start));
  const opens = leavesOpen(inLine) || /(?:=>|[=:]|\belse|\bdo)$/.test(text) || opensStatement(text);
  return opens ? current + indentation : current;
}

function leavesOpen(tokens: readonly Token[]): boolean {
  let depth = 0;
  for (const { kind } of tokens) {
    if (opening.has(kind)) depth += 1;
    // What closes a bracket of an earlier line takes nothing from this one.
    else if (closing.has(kind)) depth = Math.max(0, depth - 1);
  }
  return depth > 0;
}

const opening: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.OpenBraceToken,
  ts.SyntaxKind.OpenBracketToken,
  ts.SyntaxKind.OpenParenToken,
  ts.SyntaxKind.TemplateHead,
]);
const closing: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.CloseBraceToken,
  ts.SyntaxKind.CloseBracketToken,
  ts.SyntaxKind.CloseParenToken,
  ts.SyntaxKind.TemplateTail,
]);

/** `if (x)` and its like: what they govern is still to come. */
function opensStatement(line: string): boolean {
  return /^\s*(?:\}\s*)?(?:else\s+)?(?:if|for|while|with)\b.*\)$/.test(line);
}
