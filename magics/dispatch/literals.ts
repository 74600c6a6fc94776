// The tokens of TypeScript in which anything may stand: strings, templates, regular expressions, JSX.
// Each function takes the offset at which the token begins and returns the one after its end. Text that
// breaks off half-way, as it does while somebody types, ends somewhere sensible: nothing here throws.

/** Skips what stands in braces: from after `{` to after the matching `}`. */
export type SkipBraces = (offset: number) => number;

/** The end of the string whose quote is at `offset`; one that is not closed ends with its line. */
export function skipString(source: string, offset: number): number {
  const quote = source[offset];
  for (let at = offset + 1; at < source.length; at++) {
    const character = source[at];
    if (character === quote) return at + 1;
    if (character === "\n") return at;
    if (character === "\\") at += source.startsWith("\r\n", at + 1) ? 2 : 1;
  }
  return source.length;
}

/** The end of the template whose backtick is at `offset`. */
export function skipTemplate(source: string, offset: number, skipBraces: SkipBraces): number {
  for (let at = offset + 1; at < source.length; at++) {
    const character = source[at];
    if (character === "`") return at + 1;
    if (character === "\\") at++;
    else if (character === "$" && source[at + 1] === "{") at = skipBraces(at + 2) - 1;
  }
  return source.length;
}

/** The end of the regular expression whose slash is at `offset`; `undefined` when the line has no end for it. */
export function skipRegex(source: string, offset: number): number | undefined {
  let inClass = false;
  for (let at = offset + 1; at < source.length; at++) {
    const character = source[at];
    if (character === "\n" || character === "\r") return undefined;
    if (character === "\\") at++;
    else if (character === "[") inClass = true;
    else if (character === "]") inClass = false;
    else if (character === "/" && !inClass) {
      flags.lastIndex = at + 1;
      flags.test(source);
      return flags.lastIndex;
    }
  }
  return undefined;
}

const flags = /\w*/y;

/**
 * The end of the JSX element whose `<` is at `offset`; `undefined` when this is none, as with the type
 * parameters of `<T>(value: T) => value`: only an element that is closed is believed.
 */
export function skipJsx(source: string, offset: number, skipBraces: SkipBraces, nesting = 0): number | undefined {
  if (nesting > deepestJsx) return undefined;
  jsxName.lastIndex = offset + 1;
  const name = jsxName.exec(source)?.[0] ?? "";
  const attributesEnd = skipAttributes(source, offset + 1 + name.length, skipBraces, nesting);
  if (attributesEnd === undefined || source[attributesEnd - 2] === "/") return attributesEnd;

  let at = attributesEnd;
  while (at < source.length) {
    const character = source[at];
    if (character === "{") at = skipBraces(at + 1);
    else if (character !== "<") at++;
    else if (source[at + 1] === "/") {
      const closing = closingTag(source, at);
      return closing?.name === name ? closing.end : undefined;
    } else {
      const child = skipJsx(source, at, skipBraces, nesting + 1);
      if (child === undefined) return undefined;
      at = child;
    }
  }
  return undefined;
}

const deepestJsx = 200;
const jsxName = /[\p{ID_Continue}$.:-]*/uy;
const jsxAttributeText = /[\p{ID_Continue}$:=\s-]+/uy;
const jsxClosing = /<\/\s*([\p{ID_Continue}$.:-]*)\s*>/uy;

// From after the tag's name to after its `>` or `/>`.
function skipAttributes(source: string, from: number, skipBraces: SkipBraces, nesting: number): number | undefined {
  let at = from;
  while (at < source.length) {
    const character = source[at];
    if (character === ">") return at + 1;
    if (character === "/") return source[at + 1] === ">" ? at + 2 : undefined;
    if (character === "{") at = skipBraces(at + 1);
    else if (character === '"' || character === "'") {
      // A string of JSX has no escapes and may span lines.
      const end = source.indexOf(character, at + 1);
      if (end < 0) return undefined;
      at = end + 1;
    } else if (character === "<") {
      const value = skipJsx(source, at, skipBraces, nesting + 1);
      if (value === undefined) return undefined;
      at = value;
    } else {
      jsxAttributeText.lastIndex = at;
      if (!jsxAttributeText.test(source)) return undefined;
      at = jsxAttributeText.lastIndex;
    }
  }
  return undefined;
}

function closingTag(source: string, offset: number): { readonly name: string; readonly end: number } | undefined {
  jsxClosing.lastIndex = offset;
  const match = jsxClosing.exec(source);
  return match === null ? undefined : { name: match[1] ?? "", end: offset + match[0].length };
}
