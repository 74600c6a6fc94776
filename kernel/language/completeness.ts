import ts from "typescript";
import type { Completeness } from "../interpreter.js";
import { parseDiagnosticsOf } from "./internals.js";

const indentation = "  ";

/** Whether a cell can be run as it stands, or needs more, or cannot become right by more. */
export function readCompleteness(code: string): Completeness {
  const file = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.Latest, false, ts.ScriptKind.TS);
  const [first] = [...parseDiagnosticsOf(file)].sort((a, b) => a.start - b.start);
  if (!first) return { status: "complete" };
  const end = endOfCode(code);
  if (endsOpen(first, code) || first.start >= end) return { status: "incomplete", indent: nextIndent(code) };
  return { status: "invalid" };
}

/** A template or a comment that nothing closes, or a string that goes on after a backslash. */
function endsOpen({ code: diagnostic }: ts.DiagnosticWithLocation, code: string): boolean {
  const unterminatedTemplate = 1160;
  const commentEndExpected = 1010;
  const unterminatedString = 1002;
  if (diagnostic === unterminatedTemplate || diagnostic === commentEndExpected) return true;
  return diagnostic === unterminatedString && code.endsWith("\\");
}

/** Where the last token ends: what the parser misses after it, the user may still type. */
function endOfCode(code: string): number {
  let end = 0;
  for (const token of tokens(code)) end = token.end;
  return end;
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
function nextIndent(code: string): string {
  const lines = code.split("\n");
  const last = lines.findLast((line) => line.trim() !== "") ?? "";
  const current = /^\s*/.exec(last)?.[0] ?? "";
  const opens = /[([{]\s*(?:\/\/.*)?$|=>\s*$|[=:]\s*$|\belse\s*$|\bdo\s*$/.test(last) || opensStatement(last);
  return opens ? current + indentation : current;
}

/** `if (x)` and its like: what they govern is still to come. */
function opensStatement(line: string): boolean {
  return /^\s*(?:\}\s*)?(?:else\s+)?(?:if|for|while|with)\b.*\)\s*$/.test(line);
}
