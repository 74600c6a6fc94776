// Changes of a text, which keep its lines or add some, and what becomes of its source map.
import { decodedMappings, encodedMap, type SourceMapSegment, TraceMap } from "@jridgewell/trace-mapping";

/** Replaces `start` to `end` by `text`; an insertion when they are equal. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** What follows it belongs to the same place of the source: see `Rewriter.reference`. */
  readonly joinsNext?: boolean;
}

/** A text after its edits, and where what is left of it has gone. */
export class EditedText {
  readonly text: string;
  private readonly original: string;
  private readonly edits: readonly Edit[];

  /** `edits` may come in any order and must not overlap; insertions at one place stay in their order. */
  constructor(original: string, edits: readonly Edit[]) {
    this.original = original;
    this.edits = edits.map((edit) => ({ ...edit, text: edit.text + linesLost(original, edit) })).sort(byPosition);
    let text = "";
    let at = 0;
    for (const edit of this.edits) {
      text += original.slice(at, edit.start) + edit.text;
      at = edit.end;
    }
    this.text = text + original.slice(at);
  }

  /** Moves the places of a source map (one of the original text) to where they are now. */
  movePlaces(mappings: readonly SourceMapSegment[][]): SourceMapSegment[][] {
    const oldLines = lineStarts(this.original);
    const newLines = lineStarts(this.text);
    const moved: SourceMapSegment[][] = [];
    let next = 0;
    let shift = 0;
    let line = 0;
    for (const [oldLine, segments] of mappings.entries()) {
      const oldStart = oldLines[oldLine];
      if (oldStart === undefined) break;
      for (const segment of segments) {
        const offset = oldStart + segment[0];
        let joined = false;
        for (let edit = this.edits[next]; edit && edit.end <= offset; edit = this.edits[next]) {
          shift += edit.text.length - (edit.end - edit.start);
          joined = edit.joinsNext === true && edit.end === offset;
          next += 1;
        }
        if (joined) continue;
        const edit = this.edits[next];
        // What stood inside a replaced part is nowhere now.
        if (edit && edit.start < offset) continue;
        const place = offset + shift;
        while ((newLines[line + 1] ?? Number.POSITIVE_INFINITY) <= place) line += 1;
        while (moved.length <= line) moved.push([]);
        const column = place - (newLines[line] ?? 0);
        moved[line]?.push(segment.length === 1 ? [column] : [column, segment[1], segment[2], segment[3]]);
      }
    }
    return moved;
  }
}

/** The map of a cell's JavaScript: `json` maps to the cell with `prefixLines` lines before it, the result without. */
export function cellSourceMap(json: string, prefixLines: number, edited: EditedText): string {
  const mappings = edited.movePlaces(decodedMappings(new TraceMap(json)) as SourceMapSegment[][]).map((segments) =>
    segments.flatMap((segment): SourceMapSegment[] => {
      if (segment.length === 1) return [segment];
      const line = segment[2] - prefixLines;
      return line < 0 ? [] : [[segment[0], 0, line, segment[3]]];
    }),
  );
  return JSON.stringify(encodedMap(new TraceMap({ version: 3, sources: ["cell.ts"], names: [], mappings })));
}

/** The source map `json` of a text after its edits. */
export function moveSourceMap(json: string, edited: EditedText): string {
  const map = new TraceMap(json);
  const mappings = edited.movePlaces(decodedMappings(map) as SourceMapSegment[][]);
  return JSON.stringify(encodedMap(new TraceMap({ version: 3, sources: map.sources, names: [], mappings })));
}

// The rest of the text, and its map, stay on the lines on which they are.
function linesLost(original: string, { start, end, text }: Edit): string {
  const lost = original.slice(start, end).split("\n").length - text.split("\n").length;
  return "\n".repeat(Math.max(0, lost));
}

function byPosition(a: Edit, b: Edit): number {
  return a.start - b.start || a.end - b.end;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
