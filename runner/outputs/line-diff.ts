// What changed between two texts, line by line.

/** One line: in both texts, only in the old one, or only in the new one. */
export interface DiffLine {
  readonly kind: "same" | "old" | "new";
  readonly text: string;
}

/** Above so many pairs of lines, what differs is shown as replaced as a whole. */
const pairLimit = 4_000_000;

/** Finds a shortest list of changes between two texts. Pure. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start++;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end++;
  const same = (lines: readonly string[]) => lines.map((text) => ({ kind: "same", text }) as const);
  return [
    ...same(old.slice(0, start)),
    ...diffMiddle(old.slice(start, old.length - end), now.slice(start, now.length - end)),
    ...same(old.slice(old.length - end)),
  ];
}

function diffMiddle(old: readonly string[], now: readonly string[]): DiffLine[] {
  const removed = (lines: readonly string[]) => lines.map((text) => ({ kind: "old", text }) as const);
  const added = (lines: readonly string[]) => lines.map((text) => ({ kind: "new", text }) as const);
  if (old.length * now.length > pairLimit) return [...removed(old), ...added(now)];
  // `common[i][j]` is the length of the longest list of lines that both have, from `i` and `j` on.
  const common = Array.from({ length: old.length + 1 }, () => new Uint32Array(now.length + 1));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    const row = common[i];
    for (let j = now.length - 1; row && j >= 0; j--) {
      row[j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length && j < now.length) {
    if (old[i] === now[j]) {
      lines.push({ kind: "same", text: old[i] ?? "" });
      i++;
      j++;
    } else if (at(i + 1, j) >= at(i, j + 1)) lines.push({ kind: "old", text: old[i++] ?? "" });
    else lines.push({ kind: "new", text: now[j++] ?? "" });
  }
  return [...lines, ...removed(old.slice(i)), ...added(now.slice(j))];
}
