// What changed between two texts: which lines, and which words of a line that took the place of another.
import { diffArrays, diffWordsWithSpace } from "diff";

/** One line: in both texts, only in the old one, or only in the new one. */
export interface DiffLine {
  readonly kind: "same" | "old" | "new";
  readonly text: string;
}

/** So many changes are looked for, which takes less than a second; of texts that have more, only the beginning is compared line by line. */
const mostChanges = 2000;
/** So many lines of each. */
const beginning = 500;
/** Within a line. */
const mostWordChanges = 100;
/** A line that shares less than this with the one whose place it took is another line. */
const leastShared = 0.4;

/** Finds a shortest list of changes between two texts; one that is not the shortest where there are thousands. Pure. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  const all = compareLines(old, now);
  if (all) return all;
  let same = 0;
  while (same < old.length && same < now.length && old[same] === now[same]) same++;
  const cut = same + beginning;
  return [
    ...old.slice(0, same).map((text) => ({ kind: "same", text }) as const),
    ...(compareLines(old.slice(same, cut), now.slice(same, cut)) ?? []),
    ...old.slice(cut).map((text) => ({ kind: "old", text }) as const),
    ...now.slice(cut).map((text) => ({ kind: "new", text }) as const),
  ];
}

function compareLines(old: string[], now: string[]): DiffLine[] | undefined {
  const parts = diffArrays(old, now, { maxEditLength: mostChanges });
  return parts?.flatMap(({ value, ...part }) => value.map((text) => ({ kind: kindOf(part), text })));
}

/** A part of a line: the places of its first character and of the one after its last. */
export type Span = readonly [start: number, end: number];

/** What changed within a line. */
export interface WordChanges {
  /** In the old line. */
  readonly old: readonly Span[];
  /** In the new line. */
  readonly new: readonly Span[];
}

/** Finds the words in which two lines differ; nothing when they have little in common. Pure. */
export function diffWords(before: string, after: string): WordChanges | undefined {
  const parts = diffWordsWithSpace(before, after, { maxEditLength: mostWordChanges }) ?? [];
  const changes: { readonly old: Span[]; readonly new: Span[] } = { old: [], new: [] };
  const at = { old: 0, new: 0 };
  let shared = 0;
  for (const { value, ...part } of parts) {
    const kind = kindOf(part);
    if (kind === "same") shared += value.trim().length;
    for (const side of kind === "same" ? (["old", "new"] as const) : [kind]) {
      if (kind !== "same") changes[side].push([at[side], at[side] + value.length]);
      at[side] += value.length;
    }
  }
  return shared < leastShared * Math.max(before.trim().length, after.trim().length) ? undefined : changes;
}

/** The lines of a run of old ones and those of the run of new ones that follows, each with the one whose place it took. */
export function pairLines<T>(
  lines: readonly T[],
  kindOf: (line: T) => DiffLine["kind"],
): [old: number, fresh: number][] {
  const pairs: [old: number, fresh: number][] = [];
  const runFrom = (from: number, kind: DiffLine["kind"]): number => {
    let end = from;
    for (let line = lines[end]; line !== undefined && kindOf(line) === kind; line = lines[end]) end++;
    return end;
  };
  for (let at = 0; at < lines.length; ) {
    const middle = runFrom(at, "old");
    const end = runFrom(middle, "new");
    for (let by = 0; by < Math.min(middle - at, end - middle); by++) pairs.push([at + by, middle + by]);
    at = Math.max(end, at + 1);
  }
  return pairs;
}

function kindOf({ added, removed }: { readonly added: boolean; readonly removed: boolean }): DiffLine["kind"] {
  if (added) return "new";
  return removed ? "old" : "same";
}
