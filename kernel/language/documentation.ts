import ts from "typescript";

/** What TypeScript's language service says of documentation, as Markdown; empty when there is none. */
export function formatDocumentation({
  documentation,
  tags,
}: {
  readonly documentation?: readonly ts.SymbolDisplayPart[] | undefined;
  readonly tags?: readonly ts.JSDocTagInfo[] | undefined;
}): string {
  return format(
    ts.displayPartsToString([...(documentation ?? [])]),
    (tags ?? []).map(({ name, text }) => ({ name, text: ts.displayPartsToString([...(text ?? [])]) })),
  );
}

/**
 * The documentation of a definition as Markdown. Libraries are parsed without their comments: the one file that is
 * asked about is parsed again, with them.
 */
export function readDocumentation({ fileName, textSpan }: ts.DefinitionInfo, text: string): string {
  const file = parseWithComments(fileName, text);
  for (let at = nodeAt(file, textSpan.start); at && at !== file; at = at.parent) {
    const comments = ts.getJSDocCommentsAndTags(at).filter(ts.isJSDoc);
    if (comments.length > 0) {
      return comments
        .map((comment) =>
          format(
            ts.getTextOfJSDocComment(comment.comment) ?? "",
            (comment.tags ?? []).map((tag) => ({ name: tag.tagName.text, text: textOfTag(tag) })),
          ),
        )
        .join("\n\n");
    }
    // Beyond its own declaration comes what has the definition as a member.
    if (ts.isStatement(at) || ts.isClassElement(at) || ts.isTypeElement(at)) return "";
  }
  return "";
}

/** The files asked about last: one is often asked about again, and Node's own take 20 ms to parse. */
const recent: ts.SourceFile[] = [];
const recentLimit = 4;

function parseWithComments(fileName: string, text: string): ts.SourceFile {
  const known = recent.find((file) => file.fileName === fileName && file.text === text);
  if (known) return known;
  const file = ts.createSourceFile(fileName, text, ts.ScriptTarget.ESNext, true);
  recent.unshift(file);
  recent.length = Math.min(recent.length, recentLimit);
  return file;
}

function nodeAt(file: ts.SourceFile, position: number): ts.Node | undefined {
  const find = (node: ts.Node): ts.Node | undefined => {
    if (position < node.getStart(file) || position >= node.end) return undefined;
    return ts.forEachChild(node, find) ?? node;
  };
  return find(file);
}

function textOfTag(tag: ts.JSDocTag): string {
  const comment = ts.getTextOfJSDocComment(tag.comment) ?? "";
  return ts.isJSDocParameterTag(tag) || ts.isJSDocTemplateTag(tag)
    ? `${ts.isJSDocParameterTag(tag) ? tag.name.getText() : ""} ${comment}`.trim()
    : comment;
}

function format(text: string, tags: readonly { readonly name: string; readonly text: string }[]): string {
  const lines = tags.map((tag) => {
    if (tag.name === "example" && !tag.text.includes("```"))
      return `*@example*\n\`\`\`typescript\n${tag.text.trim()}\n\`\`\``;
    return tag.text === "" ? `*@${tag.name}*` : `*@${tag.name}* ${tag.text}`;
  });
  return [text, ...lines].filter((part) => part !== "").join("\n\n");
}
