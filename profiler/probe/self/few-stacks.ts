/** What a stack holds. */
export interface StackBytes {
  readonly heap: number;
  readonly offHeap: number;
  readonly uncertain: number;
  /** Of `heap`, what is alive; absent where nobody asks. */
  readonly alive?: number;
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
  let alive = 0;
  const isTold = rest.some((each) => each.alive !== undefined);
  for (const each of rest) {
    sum.heap += each.heap;
    sum.offHeap += each.offHeap;
    sum.uncertain += each.uncertain;
    alive += each.alive ?? each.heap;
  }
  return [...sorted, others(isTold ? { ...sum, alive } : sum)];
}
