import { relative } from "node:path";
import ts from "typescript";
import { adviseMissing, parsePackageSpecifier } from "../protocol/package-specifier.js";
import type { CellProgram } from "./cell-program.js";
import { cellPrefix } from "./cell-text.js";
import { findTopLevelAwait, localFilesOf } from "./local-modules.js";
import type { Diagnostic, Position } from "./requests.js";

/** What TypeScript has against the cell and the local files that it imports. */
export function diagnose(cells: CellProgram): Diagnostic[] {
  const { source } = cells;
  const program = cells.current();
  const found = program.getSyntacticDiagnostics(source);
  // After a syntax error the rest is guesswork.
  if (found.length > 0) return found.map((diagnostic) => toDiagnostic(diagnostic, cells));
  const local = localFilesOf(program, source);
  const all = [source, ...local].flatMap((file): readonly ts.Diagnostic[] => {
    if (file.fileName.endsWith(".json")) return program.getSyntacticDiagnostics(file);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  });
  return [
    ...all.map((diagnostic) => toDiagnostic(diagnostic, cells)),
    ...local.flatMap((file) => awaitDiagnostics(file, cells)),
  ];
}

/** What TypeScript has against the module of a cell, which is at `path`; places are those in the cell. */
export function diagnoseModule(cells: CellProgram, declarations: string, path: string): Diagnostic[] {
  cells.update(declarations, `import ${JSON.stringify(path)};`);
  const file = relative(cells.config.directory, path);
  return diagnose(cells)
    .filter((diagnostic) => diagnostic.file === file)
    .map(({ file: _, ...diagnostic }) => diagnostic);
}

/** Numbers of what TypeScript says of a module that it does not find: in an import, for its effects alone, by JSX. */
const missingModule: ReadonlySet<number> = new Set([2307, 2792, 2882, 2875]);

function toDiagnostic(
  { file, start = 0, length = 0, messageText, code }: ts.Diagnostic,
  cells: CellProgram,
): Diagnostic {
  const text = ts
    .flattenDiagnosticMessageText(messageText, "\n")
    // A notebook has no such option: what Node has is what TypeScript knows.
    .replace(/Do you need to change your target library\? Try changing the 'lib' compiler option.*/, missingInNode)
    .replace(/`npm (?:i|install) (?:--save-dev|-D) /g, "`%npm install ");
  const message = missingModule.has(code) ? withAdvice(text, cells) : text;
  return { message, code, ...place(file, start, length, cells) };
}

function withAdvice(message: string, { config }: CellProgram): string {
  const specifier = /'([^']+)'/.exec(message)?.[1] ?? "";
  const parsed = parsePackageSpecifier(specifier);
  // The package is there, and only this part of it is not.
  if (parsed !== undefined && config.resolution.installedVersion(parsed.name) !== undefined) return message;
  const advice = adviseMissing(specifier);
  return advice === undefined ? message : `${message.replace(/\.?$/, ".")} ${advice}`;
}

const missingInNode = `Node ${process.version} does not have it.`;

function place(
  file: ts.SourceFile | undefined,
  start: number,
  length: number,
  cells: CellProgram,
): Pick<Diagnostic, "start" | "end" | "file"> {
  if (!file) return { start: { line: 0, column: 0 }, end: { line: 0, column: 0 } };
  if (file !== cells.source) {
    return {
      start: positionIn(file, start),
      end: positionIn(file, start + length),
      file: relative(cells.config.directory, file.fileName),
    };
  }
  const [first, end] = [start, start + length].map((at) => Math.max(at, cellPrefix.length));
  return { start: inCell(positionIn(file, first ?? 0)), end: inCell(positionIn(file, end ?? 0)) };
}

function positionIn(file: ts.SourceFile, offset: number): Position {
  const { line, character } = file.getLineAndCharacterOfPosition(Math.min(offset, file.text.length));
  return { line, column: character };
}

function inCell({ line, column }: Position): Position {
  return { line: line - (cellPrefix.split("\n").length - 1), column };
}

function awaitDiagnostics(file: ts.SourceFile, cells: CellProgram): Diagnostic[] {
  const at = findTopLevelAwait(file);
  if (!at) return [];
  const start = at.getStart(file);
  const message =
    "A local module that a cell imports is loaded by 'require', so it must not 'await' at its top: move the 'await' into an async function, or into the cell.";
  return [{ message, code: 1309, ...place(file, start, "await".length, cells) }];
}
