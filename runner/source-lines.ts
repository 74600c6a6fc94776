// Where the code of cells stands in the file of a notebook: a scanner over its JSON that keeps the lines it is on.
import { readFile } from "node:fs/promises";
import { type Notebook, parseNotebook } from "./nbformat.js";

/** For each cell by its id: the line of the file, from 1, on which each line of its source stands. */
export type SourceLines = ReadonlyMap<string, readonly number[]>;

/** Finds the lines of the cells of a notebook's file, which can be read. */
export async function readSourceLines(path: string): Promise<SourceLines> {
  const text = await readFile(path, "utf8");
  return findSourceLines(text, parseNotebook(text, path));
}

/** Finds the lines of a notebook's cells; `text` is its file, and `notebook` what was parsed from it. */
export function findSourceLines(text: string, { cells }: Notebook): SourceLines {
  const found = new Map<string, number[]>();
  const ends = new Map<string, number>();
  scanStrings(text, (path, line, read) => {
    const [list, at, field] = path;
    const cell = list === "cells" && typeof at === "number" && field === "source" ? cells[at] : undefined;
    if (!cell || path.length > 4) return;
    const lines = found.get(cell.id) ?? [];
    found.set(cell.id, lines);
    let end = ends.get(cell.id) ?? 0;
    // nbformat writes one string for each line; a string may as well hold several lines, or a part of one.
    for (const [index, piece] of read().split("\n").entries()) {
      if (index > 0) end++;
      if (piece !== "" || index === 0) lines[end] ??= line;
    }
    ends.set(cell.id, end);
  });
  return found;
}

/** The line of the file for a line (from 1) of a cell's source; that of its first line where there is no such line. */
export function fileLine(lines: readonly number[] | undefined, sourceLine = 1): number | undefined {
  return lines?.[sourceLine - 1] ?? lines?.find((line) => line !== undefined);
}

/** The line of the cell (from 1) that a traceback blames, in the words of our kernel, of IPython and of Deno. */
export function blamedLine(traceback: readonly string[]): number | undefined {
  const text = traceback.join("\n");
  const last = (pattern: RegExp) => [...text.matchAll(pattern)].at(-1)?.[1];
  const first = (pattern: RegExp) => pattern.exec(text)?.[1];
  const found = first(/In\[\d+\]:(\d+):\d+/) ?? last(/Cell In ?\[\d+\], line (\d+)/g) ?? first(/<anonymous>:(\d+):\d+/);
  return found === undefined ? undefined : Number(found);
}

type Path = readonly (string | number)[];

interface Container {
  key: string | number;
  /** The next string of an object is a key. */
  wantsKey: boolean;
}

/** Calls back for each string that is a value; `read` gives its text. */
function scanStrings(text: string, onString: (path: Path, line: number, read: () => string) => void): void {
  const open: Container[] = [];
  let line = 1;
  for (let at = 0; at < text.length; at++) {
    const top = open.at(-1);
    switch (text[at]) {
      case "\n":
        line++;
        break;
      case "{":
        open.push({ key: "", wantsKey: true });
        break;
      case "[":
        open.push({ key: 0, wantsKey: false });
        break;
      case "}":
      case "]":
        open.pop();
        break;
      case ",":
        if (top && typeof top.key === "number") top.key++;
        else if (top) top.wantsKey = true;
        break;
      case '"': {
        const [start, end] = [at, endOfString(text, at)];
        const read = () => String(JSON.parse(text.slice(start, end + 1)));
        if (top?.wantsKey) {
          top.key = read();
          top.wantsKey = false;
        } else {
          onString(
            open.map(({ key }) => key),
            line,
            read,
          );
        }
        at = end;
        break;
      }
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}
