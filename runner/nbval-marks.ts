// What a cell says of itself as a test, by nbval's names: as tags, and as lines of comment such as `// NBVAL_SKIP`.
import { type CodeCell, tagsOf } from "./nbformat.js";

const outputMarks = ["nbval-ignore-output", "nbval-check-output"];
const marks = [...outputMarks, "nbval-raises-exception", "nbval-skip"];

/** The tags of a cell, and those that its comments stand for; of two that contradict each other the comment counts, and the last one. Pure. */
export function marksOf(cell: CodeCell): readonly string[] {
  const told = commentMarks(cell.source);
  const output = told.findLast((mark) => outputMarks.includes(mark));
  if (output === undefined) return [...tagsOf(cell), ...told];
  return [...tagsOf(cell), ...told].filter((mark) => !outputMarks.includes(mark) || mark === output);
}

function commentMarks(source: string): string[] {
  return [...source.matchAll(/^[^\S\n]*(?:#+|\/\/+)[^\S\n]*(NBVAL_[A-Z_]+)[^\S\n]*$/gm)].flatMap(([, name = ""]) => {
    const mark = name.toLowerCase().replaceAll("_", "-");
    return marks.includes(mark) ? [mark] : [];
  });
}
