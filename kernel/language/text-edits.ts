// Changes of a text that keep its lines, and with them the lines of its source map.
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

  /** Moves the columns of a source map (one of the original text) to where its places are now. */
  moveColumns(mappings: readonly SourceMapSegment[][]): SourceMapSegment[][] {
    const oldLines = lineStarts(this.original);
    const newLines = lineStarts(this.text);
    let next = 0;
    let shift = 0;
    return mappings.map((segments, line) => {
      const oldStart = oldLines[line];
      const newStart = newLines[line];
      if (oldStart === undefined || newStart === undefined) return [];
      const moved: SourceMapSegment[] = [];
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
        const column = offset + shift - newStart;
        moved.push(segment.length === 1 ? [column] : [column, segment[1], segment[2], segment[3]]);
      }
      return moved;
    });
  }
}

/** The map of a cell's JavaScript: `json` maps to the cell with `prefixLines` lines before it, the result without. */
export function cellSourceMap(json: string, prefixLines: number, edited: EditedText): string {
  const mappings = edited.moveColumns(decodedMappings(new TraceMap(json)) as SourceMapSegment[][]).map((segments) =>
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
  const mappings = edited.moveColumns(decodedMappings(map) as SourceMapSegment[][]);
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
