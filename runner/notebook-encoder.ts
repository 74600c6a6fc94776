// A notebook as the bytes of its file, made anew only where it has changed: a run saves it after each cell.
import { betweenCells, type Cell, formatCell, formatFrame, type Notebook } from "./nbformat.js";

/** Formats one notebook again and again. */
export interface NotebookEncoder {
  /** The bytes that `formatNotebook` writes, in pieces. */
  readonly encode: (notebook: Notebook) => readonly Uint8Array[];
}

interface Kept {
  readonly facts: readonly unknown[];
  readonly bytes: Uint8Array;
}

/** Makes an encoder, which keeps the bytes of each cell until something in it is another value than before. */
export function createEncoder(): NotebookEncoder {
  const kept = new Map<Cell, Kept>();
  const encodeCell = (cell: Cell): Uint8Array => {
    const facts = factsOf(cell);
    const before = kept.get(cell);
    if (before && isSame(before.facts, facts)) return before.bytes;
    const bytes = Buffer.from(formatCell(cell));
    kept.set(cell, { facts, bytes });
    return bytes;
  };
  return {
    encode: (notebook) => {
      const { before, after } = formatFrame(notebook);
      const separator = Buffer.from(betweenCells);
      const cells = notebook.cells.flatMap((cell, index) =>
        index === 0 ? [encodeCell(cell)] : [separator, encodeCell(cell)],
      );
      return [Buffer.from(before), ...cells, Buffer.from(after)];
    },
  };
}

/**
 * The values that a cell is made of, down to the fields of its outputs and of what its metadata hold: a run exchanges
 * what is below that, and never changes it in its place.
 */
function factsOf(cell: Cell): unknown[] {
  const facts: unknown[] = [];
  const add = (value: unknown, depth: number): void => {
    if (depth === 0 || typeof value !== "object" || value === null) {
      facts.push(value);
      return;
    }
    for (const [key, field] of Object.entries(value)) {
      facts.push(key);
      add(field, depth - 1);
    }
  };
  add(cell, 3);
  return facts;
}

function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((value, index) => Object.is(value, other[index]));
}
