import { relative } from "node:path";
import ts from "typescript";
import type { MimeBundle } from "../protocol/mime.js";
import type { CellProgramConfig } from "./cell-program.js";
import { cellPrefix } from "./cell-text.js";
import { formatDocumentation, readDocumentation } from "./documentation.js";
import { isOfPackage } from "./source-files.js";

/** What is known about what stands at `cursor`: its type, its documentation, with level 1 also its source. */
export function inspect(
  service: ts.LanguageService,
  config: CellProgramConfig,
  code: string,
  cursor: number,
  detailLevel: 0 | 1,
): MimeBundle | undefined {
  const path = config.sourcePath;
  const position = Math.max(0, Math.min(cursor, code.length)) + cellPrefix.length;
  const at = [position, position - 1].find((place) => service.getQuickInfoAtPosition(path, place) !== undefined);
  if (at === undefined) return inspectCall(service, config, position);
  const info = service.getQuickInfoAtPosition(path, at);
  if (!info || isUnknownName(info)) return undefined;
  const definition = service.getDefinitionAtPosition(path, at)?.[0];
  const documentation =
    formatDocumentation(info) || (definition ? readDocumentation(definition, textOf(service, definition)) : "");
  const source = detailLevel === 1 && definition ? sourceOf(service, config, definition) : undefined;
  return bundle(ts.displayPartsToString(info.displayParts), documentation, source);
}

/** TypeScript answers for a name that does not exist as well: it is "any", and no kind of thing. */
function isUnknownName({ kind, displayParts }: ts.QuickInfo): boolean {
  return kind === ts.ScriptElementKind.unknown && ts.displayPartsToString(displayParts) === "any";
}

/** Between the parentheses of a call: the function that is called. */
function inspectCall(
  service: ts.LanguageService,
  { sourcePath }: CellProgramConfig,
  position: number,
): MimeBundle | undefined {
  const help = service.getSignatureHelpItems(sourcePath, position, undefined);
  const item = help?.items[help.selectedItemIndex];
  if (!help || !item) return undefined;
  const signature = [
    ts.displayPartsToString(item.prefixDisplayParts),
    item.parameters
      .map(({ displayParts }) => ts.displayPartsToString(displayParts))
      .join(ts.displayPartsToString(item.separatorDisplayParts)),
    ts.displayPartsToString(item.suffixDisplayParts),
  ].join("");
  const called = service.getQuickInfoAtPosition(sourcePath, help.applicableSpan.start - 2);
  const definition = service.getDefinitionAtPosition(sourcePath, help.applicableSpan.start - 2)?.[0];
  const documentation =
    formatDocumentation({ documentation: item.documentation, tags: item.tags }) ||
    (called && definition ? readDocumentation(definition, textOf(service, definition)) : "");
  return bundle(signature, documentation, undefined);
}

function bundle(signature: string, documentation: string, source: string | undefined): MimeBundle {
  const plain = [signature, documentation, source].filter((part) => part !== undefined && part !== "");
  const markdown = [
    `\`\`\`typescript\n${signature}\n\`\`\``,
    documentation,
    source === undefined ? "" : `\`\`\`typescript\n${source}\n\`\`\``,
  ].filter((part) => part !== "");
  return { "text/plain": plain.join("\n\n"), "text/markdown": markdown.join("\n\n") };
}

function textOf(service: ts.LanguageService, { fileName }: ts.DefinitionInfo): string {
  return service.getProgram()?.getSourceFile(fileName)?.text ?? "";
}

function sourceOf(
  service: ts.LanguageService,
  { directory, declarationsPath }: CellProgramConfig,
  definition: ts.DefinitionInfo,
): string | undefined {
  const { fileName, contextSpan, textSpan } = definition;
  // Of earlier cells only the declarations are known here, and libraries have no source to show.
  if (fileName === declarationsPath || isOfPackage(fileName)) return undefined;
  const span = contextSpan ?? textSpan;
  const text = textOf(service, definition).slice(span.start, span.start + span.length);
  const file = relative(directory, fileName);
  return file.startsWith("__tslab__") ? text : `// ${file}\n${text}`;
}
