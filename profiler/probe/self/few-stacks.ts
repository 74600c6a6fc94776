/** What a stack holds. */
export interface StackBytes {
  readonly heap: number;
  readonly offHeap: number;
  readonly uncertain: number;
}

/** The largest stacks, and what is beyond `limit` of them as one, which `others` makes. */
export function fewStacks<T extends StackBytes>(
  stacks: readonly T[],
  limit: number,
  others: (bytes: StackBytes) => T,
): readonly T[] {
  const sorted = stacks.toSorted((one, other) => other.heap + other.offHeap - (one.heap + one.offHeap));
  const rest = sorted.splice(limit);
  if (rest.length === 0) return sorted;
  const sum = { heap: 0, offHeap: 0, uncertain: 0 };
  for (const { heap, offHeap, uncertain } of rest) {
    sum.heap += heap;
    sum.offHeap += offHeap;
    sum.uncertain += uncertain;
  }
  return [...sorted, others(sum)];
}
