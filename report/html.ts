/** Markup that may stand in a page as it is: made by `html`, which escapes everything else. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** What may be put between the parts of an `html` template: text is escaped, nothing is left out. */
export type MarkupContent = string | number | Markup | readonly MarkupContent[] | undefined | false;

/** Makes markup, of HTML and of SVG alike: what stands in `${}` is escaped unless it is markup itself. */
export function html(parts: TemplateStringsArray, ...contents: readonly MarkupContent[]): Markup {
  let text = parts[0] ?? "";
  for (const [index, content] of contents.entries()) text += markupText(content) + (parts[index + 1] ?? "");
  return new Markup(text);
}

/** Joins pieces of markup with nothing between them. */
export function joinMarkup(pieces: readonly MarkupContent[]): Markup {
  return new Markup(markupText(pieces));
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

// One of them in a label, or half of a surrogate pair, and the browser shows a broken picture instead of the SVG.
const charactersThatXmlForbids = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF\p{Surrogate}]/gu;

function markupText(content: MarkupContent): string {
  if (content === undefined || content === false) return "";
  if (content instanceof Markup) return content.text;
  if (isList(content)) return content.map(markupText).join("");
  return escapeMarkup(String(content));
}

/** Escapes text for an element or a quoted attribute, of HTML and of XML. */
function escapeMarkup(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => entities[character] ?? character)
    .replace(charactersThatXmlForbids, "\uFFFD");
}

function isList(content: MarkupContent): content is readonly MarkupContent[] {
  return Array.isArray(content);
}
