// Errors as a person reads them: what was thrown, or what TypeScript has against a cell, with the user's own
// lines around it. Pure, but for the function that gives the text of a file.
import type { StackFrame, ThrownError } from "./executor/link.js";
import type { Diagnostic } from "./language/requests.js";
import type { ErrorContent } from "./protocol/mime.js";

/** The text of a cell (`In[7]`) or a local file by the name that frames have; `undefined` where there is none. */
export type SourceOf = (file: string) => string | undefined;

/** Renders what a cell threw; the last line of the traceback is `Name: message`. */
export function renderThrown(error: ThrownError, sourceOf: SourceOf): ErrorContent {
  const last = `${red(error.name)}: ${error.message}`;
  return { ename: error.name, evalue: error.message, traceback: [...linesOf(error, sourceOf), ...last.split("\n")] };
}

/** Renders what TypeScript has against the cell `name`; the cell has not run then. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  name: string,
  source: string,
  sourceOf: SourceOf,
): ErrorContent {
  const traceback = diagnostics.slice(0, shownDiagnostics).flatMap(({ message, code, start, end, file = name }) => {
    const text = file === name ? source : sourceOf(file);
    const length = end.line === start.line ? end.column - start.column : undefined;
    const at = { line: start.line + 1, column: start.column + 1, ...(length === undefined ? {} : { length }) };
    const place = `${cyan(file)}:${at.line}:${at.column}`;
    return [`${place} - ${red("error")} TS${code}: ${message}`, ...(text === undefined ? [] : codeFrame(text, at)), ""];
  });
  const left = diagnostics.length - shownDiagnostics;
  if (left > 0) traceback.push(`… and ${left} more`, "");
  const evalue = firstLine(diagnostics[0]?.message ?? "the cell cannot be converted");
  return { ename: "TypeScriptError", evalue, traceback: [...traceback, `${red("TypeScriptError")}: ${evalue}`] };
}

/** Lines of code around a position, with a caret under it; lines and columns count from 1. */
export function codeFrame(
  source: string,
  { line, column, length = 1 }: { readonly line: number; readonly column: number; readonly length?: number },
): string[] {
  const lines = source.split(/\r?\n/);
  const first = Math.max(1, line - context);
  const last = Math.min(lines.length, line + context);
  const width = String(last).length;
  const frame: string[] = [];
  for (let at = first; at <= last; at += 1) {
    const text = shorten(lines[at - 1] ?? "");
    const number = String(at).padStart(width);
    if (at !== line) {
      frame.push(dim(`  ${number} | ${text}`));
      continue;
    }
    frame.push(`${red(">")} ${number} | ${text}`);
    if (column > longestLine) continue;
    // Tabs stay tabs, so that the caret stands under its character however wide they are shown.
    const indent = text.slice(0, column - 1).replace(/[^\t]/g, " ");
    const carets = "^".repeat(Math.max(1, Math.min(length, text.length - column + 1)));
    frame.push(`  ${" ".repeat(width)} | ${indent}${red(carets)}`);
  }
  return frame;
}

const context = 2;
const shownFrames = 30;
const shownDiagnostics = 20;
const longestLine = 500;

function linesOf(error: ThrownError, sourceOf: SourceOf): string[] {
  // The innermost frame whose text can be shown is where the reader has to look.
  const place = error.frames.find(({ file }) => isUsers(file) && sourceOf(file) !== undefined);
  const text = place && sourceOf(place.file);
  const head = place && text !== undefined ? [placeOf(place), ...codeFrame(text, place), ""] : [];
  const frames = error.frames.slice(0, shownFrames).map((frame) => dim(`    at ${describe(frame)}`));
  const left = error.frames.length - shownFrames;
  const more = left > 0 ? [dim(`    … and ${left} more frames`)] : [];
  const properties = error.properties?.split("\n").map((line) => `    ${line}`) ?? [];
  const cause = error.cause === undefined ? [] : nested("caused by", error.cause, sourceOf);
  const members = (error.errors ?? []).flatMap((member, index) => nested(`error ${index + 1}`, member, sourceOf));
  return [...head, ...frames, ...more, ...properties, ...cause, ...members];
}

function nested(title: string, error: ThrownError, sourceOf: SourceOf): string[] {
  const lines = [`${title}: ${red(error.name)}: ${error.message}`, ...linesOf(error, sourceOf)];
  return ["", ...lines.map((line) => `  ${line}`)];
}

function isUsers(file: string): boolean {
  return !file.startsWith("node:") && !/[\\/]node_modules[\\/]/.test(file);
}

function placeOf({ file, line, column }: StackFrame): string {
  return `${cyan(file)}:${line}:${column}`;
}

function describe({ functionName, file, line, column }: StackFrame): string {
  const place = `${file}:${line}:${column}`;
  return functionName === undefined ? place : `${functionName} (${place})`;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function shorten(line: string): string {
  return line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
}

function red(text: string): string {
  return `\u001b[31m${text}\u001b[39m`;
}

function cyan(text: string): string {
  return `\u001b[36m${text}\u001b[39m`;
}

function dim(text: string): string {
  return `\u001b[2m${text}\u001b[22m`;
}
