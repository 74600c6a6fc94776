import type { CollectionKind, CollectionPause } from "./memory-reading.js";

/** Halves a list of pauses: each one takes in the next of its kind. */
export function mergeNeighbours(pauses: readonly CollectionPause[]): CollectionPause[] {
  const merged: CollectionPause[] = [];
  const open = new Map<CollectionKind, CollectionPause>();
  for (const pause of pauses) {
    const first = open.get(pause.kind);
    if (first === undefined) {
      open.set(pause.kind, pause);
      continue;
    }
    merged.push({ ...first, pause: first.pause + pause.pause, count: first.count + pause.count });
    open.delete(pause.kind);
  }
  return [...merged, ...open.values()].sort((a, b) => a.time - b.time);
}
