import { type DiffLine, diffWords, pairLines, type Span } from "../../runner/outputs/line-diff.js";

/** Colours the changed lines of a difference for a terminal, and sets off the words in which they differ. */
export function paintDifference(text: string): string {
  if (process.env.NO_COLOR) return text;
  // What they point at is seen by its colour.
  const lines = text.split("\n").filter((line) => !pointer.test(line));
  const words = new Map<number, readonly Span[]>();
  for (const [old, fresh] of pairLines(lines, kindOf)) {
    const changes = diffWords(bodyOf(lines[old]), bodyOf(lines[fresh]));
    words.set(old, changes?.old ?? []).set(fresh, changes?.new ?? []);
  }
  return lines.map((line, index) => paintLine(line, words.get(index) ?? [])).join("\n");
}

const pointer = /^ {4}\? [ ^]+$/;
const changed = /^ {4}([-+@])/;
const colours = { "-": "\x1b[31m", "+": "\x1b[32m", "@": "\x1b[2m" } as const;
const [inverse, notInverse, reset] = ["\x1b[7m", "\x1b[27m", "\x1b[0m"];
/** What stands before the text of a line: blanks, and the mark with its own. */
const margin = 6;

function kindOf(line: string): DiffLine["kind"] {
  const mark = changed.exec(line)?.[1];
  if (mark === "-") return "old";
  return mark === "+" ? "new" : "same";
}

function bodyOf(line = ""): string {
  return line.slice(margin);
}

function paintLine(line: string, words: readonly Span[]): string {
  const mark = changed.exec(line)?.[1];
  if (mark !== "-" && mark !== "+" && mark !== "@") return line;
  let painted = line.slice(4, margin);
  let at = 0;
  const body = bodyOf(line);
  for (const [start, end] of words) {
    painted += `${body.slice(at, start)}${inverse}${body.slice(start, end)}${notInverse}`;
    at = end;
  }
  return `    ${colours[mark]}${painted}${body.slice(at)}${reset}`;
}
