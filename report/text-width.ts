// How wide a label is drawn. A report is made far from the browser that shows it, so the width is that of
// DejaVu Sans, the widest of the fonts that `sans-serif` and `system-ui` usually mean: a label that fits
// by this table fits everywhere.

/** Characters and the width, in em, that none of them exceeds. */
const widths: readonly (readonly [characters: string, em: number])[] = [
  ["ijlIJ'", 0.3],
  [" .,:;|/\\·", 0.34],
  ["()[]!-tfr`", 0.41],
  ['sz?c"*_–', 0.55],
  ["kvxyLF", 0.6],
  ["0123456789abdeghnopqu$STYPEK{}", 0.66],
  ["ABCXVZR", 0.7],
  ["DGHNOQU&", 0.79],
  ["wM+<=>#~^≥≤→✓✗", 0.87],
  ["mW@%…—", 1],
];

const widthOf = new Map(widths.flatMap(([characters, em]) => Array.from(characters, (character) => [character, em])));

// Letters of most alphabets are narrower; Chinese, Japanese and Korean ones and pictures are this wide.
const widestOther = 1.08;
const boldFactor = 1.1;

/** A font as far as it decides how wide a text is. */
export interface Font {
  /** Pixels. */
  readonly size: number;
  readonly bold?: boolean;
}

/** The width in pixels that the text needs at most. */
export function textWidth(text: string, { size, bold = false }: Font): number {
  let em = 0;
  for (const character of text) em += widthOf.get(character) ?? widestOther;
  return em * size * (bold ? boldFactor : 1);
}

/** The text, cut in the middle until it is no wider than `width` pixels; empty when not even `…` fits. */
export function fitText(text: string, width: number, font: Font): string {
  if (textWidth(text, font) <= width) return text;
  const characters = Array.from(text);
  for (let kept = characters.length - 1; kept >= 1; kept--) {
    const cut = cutMiddle(characters, kept);
    if (textWidth(cut, font) <= width) return cut;
  }
  return textWidth("…", font) <= width ? "…" : "";
}

/** The first and the last characters, `kept` in all, with `…` between them. */
function cutMiddle(characters: readonly string[], kept: number): string {
  const head = Math.ceil(kept / 2);
  const tail = kept - head;
  return `${characters.slice(0, head).join("")}…${tail === 0 ? "" : characters.slice(-tail).join("")}`;
}
