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

const separator = Buffer.from(betweenCells);

/** Makes an encoder, which keeps the bytes of each cell until something in it is another value than before. */
export function createEncoder(): NotebookEncoder {
  const kept = new Map<Cell, Kept>();
  const encodeCell = (cell: Cell): Uint8Array => {
    const before = kept.get(cell);
    if (before && isMadeOf(cell, before.facts)) return before.bytes;
    const bytes = Buffer.from(formatCell(cell));
    kept.set(cell, { facts: factsOf(cell), bytes });
    return bytes;
  };
  return {
    encode: (notebook) => {
      const { before, after } = formatFrame(notebook);
      const cells = notebook.cells.flatMap((cell, index) =>
        index === 0 ? [encodeCell(cell)] : [separator, encodeCell(cell)],
      );
      return [Buffer.from(before), ...cells, Buffer.from(after)];
    },
  };
}

/** How deep a cell is looked into: the fields of its outputs and of what its metadata hold. */
const depth = 3;

/** The values that a cell is made of. A run exchanges what is below them, and never changes it in its place. */
function factsOf(cell: Cell): unknown[] {
  const facts: unknown[] = [];
  const add = (value: unknown, left: number): void => {
    facts.push(value);
    if (left === 0 || typeof value !== "object" || value === null) return;
    const fields = Object.entries(value);
    facts.push(fields.length);
    for (const [key, field] of fields) {
      facts.push(key);
      add(field, left - 1);
    }
  };
  add(cell, depth);
  return facts;
}

/** Whether a cell is made of these values still. It is asked of every cell at every save, and so makes no lists. */
function isMadeOf(cell: Cell, facts: readonly unknown[]): boolean {
  let at = 0;
  const isSame = (value: unknown, left: number): boolean => {
    if (!Object.is(value, facts[at++])) return false;
    if (left === 0 || typeof value !== "object" || value === null) return true;
    const count = facts[at++];
    let seen = 0;
    for (const key in value) {
      seen++;
      // `key` is one of its own: these are plain objects and arrays.
      if (key !== facts[at++] || !isSame((value as Readonly<Record<string, unknown>>)[key], left - 1)) return false;
    }
    return seen === count;
  };
  return isSame(cell, depth);
}
