// Reports as plain text: what a terminal, a log and a test see.

/** One column of a text table. */
export interface Column {
  readonly title: string;
  /** Figures are `end`. */
  readonly align?: "start" | "end";
}

/** Lines of aligned columns, titles first; two spaces between columns and none at the end of a line. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((cells) => terminalWidth(cells[index] ?? ""))));
  return lines
    .map((cells) =>
      columns
        .map(({ align = "start" }, index) => {
          const cell = cells[index] ?? "";
          const padding = " ".repeat((widths[index] ?? 0) - terminalWidth(cell));
          return align === "end" ? padding + cell : cell + padding;
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const blocks = "▁▂▃▄▅▆▇█";

/**
 * A curve of block characters, `width` at most: each stands for the highest value of its share of the
 * curve, so that a short peak stays. The scale goes from `min` to `max`; a gap is where no value is finite.
 */
export function sparkline(
  values: readonly number[],
  { width = 40, min = 0, max }: { readonly width?: number; readonly min?: number; readonly max?: number } = {},
): string {
  const count = Math.min(width, values.length);
  const columns = Array.from({ length: count }, (_, column) =>
    highest(
      values.slice(Math.floor((column * values.length) / count), Math.floor(((column + 1) * values.length) / count)),
    ),
  );
  const top = max ?? highest(columns) ?? min;
  return columns
    .map((value) => {
      if (value === undefined) return " ";
      const share = top > min ? (value - min) / (top - min) : 0;
      return blocks[Math.max(0, Math.min(blocks.length - 1, Math.floor(share * blocks.length)))] ?? " ";
    })
    .join("");
}

/** A horizontal bar of block characters, exact to an eighth of one, on a track of `width`. */
export function textBar(share: number, width: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, share)) * width * 8);
  const part = eighths % 8;
  const bar = "█".repeat(Math.floor(eighths / 8)) + (part === 0 ? "" : String.fromCodePoint(0x2590 - part));
  return bar + "░".repeat(width - bar.length);
}

/** The number of cells that a text takes in a terminal: two for a Chinese, Japanese or Korean letter or a picture. */
export function terminalWidth(text: string): number {
  let cells = 0;
  for (const character of text) {
    if (/\p{Mark}|\u200d/u.test(character)) continue;
    cells += twoCells.test(character) ? 2 : 1;
  }
  return cells;
}

/** At most `width` cells of a text; what is cut off leaves an ellipsis. */
export function cutText(text: string, width: number): string {
  if (terminalWidth(text) <= width) return text;
  let kept = "";
  for (const character of text) {
    if (terminalWidth(kept + character) > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

const twoCells =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]/u;

function highest(values: readonly (number | undefined)[]): number | undefined {
  let top: number | undefined;
  for (const value of values) {
    if (value !== undefined && Number.isFinite(value) && (top === undefined || value > top)) top = value;
  }
  return top;
}

/** The width of a terminal that nobody has made wider. */
const textColumns = 80;

/** Facts, separated by ` · `, on as few lines as they need, none of them cut. */
export function wrapFacts(facts: string): readonly string[] {
  return wrap(facts.split(" · "), " · ", "");
}

/** A sentence on lines of at most 80 columns. */
export function wrapText(sentence: string): readonly string[] {
  return wrap(sentence.split(" "), " ", "  ");
}

function wrap(pieces: readonly string[], separator: string, indent: string): readonly string[] {
  const lines: string[] = [];
  let line: string | undefined;
  for (const piece of pieces) {
    const longer: string = line === undefined ? piece : `${line}${separator}${piece}`;
    if (line === undefined || terminalWidth(longer) <= textColumns) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = `${indent}${piece}`;
  }
  return line === undefined ? lines : [...lines, line];
}
