/**
 * The chance that figures as much higher than earlier ones come about when nothing has changed: the one-sided
 * Mann-Whitney test, exact over all ways to share out the mid-ranks. It knows only which figure is above which,
 * so that one slow run on a busy machine counts once and not by how slow it was (Mann and Whitney 1947).
 */
export function chanceOfHigher(before: readonly number[], after: readonly number[]): number {
  const ranks = midRanks([...before, ...after]);
  const observed = ranks.slice(before.length).reduce((sum, rank) => sum + rank, 0);
  // How many ways there are to choose so many of the ranks with each sum; mid-ranks are halves, so sums are doubled.
  const ways: Map<number, number>[] = Array.from({ length: after.length + 1 }, () => new Map());
  ways[0]?.set(0, 1);
  for (const rank of ranks) {
    for (let size = after.length; size > 0; size--) {
      for (const [sum, count] of ways[size - 1] ?? []) {
        const sums = ways[size];
        sums?.set(sum + 2 * rank, (sums.get(sum + 2 * rank) ?? 0) + count);
      }
    }
  }
  let all = 0;
  let higher = 0;
  for (const [sum, count] of ways[after.length] ?? []) {
    all += count;
    if (sum >= 2 * observed) higher += count;
  }
  return higher / all;
}

/** The smallest chance that the test can find with so many figures: one way out of all. */
export function smallestChance(before: number, after: number): number {
  let ways = 1;
  for (let chosen = 1; chosen <= after; chosen++) ways = (ways * (before + chosen)) / chosen;
  return 1 / ways;
}

/** The rank of each figure from 1; equal ones share the middle of theirs. */
function midRanks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal + 1) / 2;
  });
}
