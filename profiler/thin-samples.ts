/**
 * Takes at most `length` of the samples, in their order: the first, the last, and of each stretch between them those
 * with the lowest and the highest RSS, so that no peak gets lost.
 */
export function thinSamples<T extends { readonly rss: number }>(samples: readonly T[], length: number): readonly T[] {
  if (samples.length <= length) return samples;
  const inner = samples.slice(1, -1);
  const stretches = Math.floor((length - 2) / 2);
  const kept = Array.from({ length: stretches }, (_, stretch) =>
    extremes(
      inner.slice(
        Math.floor((stretch * inner.length) / stretches),
        Math.floor(((stretch + 1) * inner.length) / stretches),
      ),
    ),
  );
  return [...samples.slice(0, 1), ...kept.flat(), ...samples.slice(-1)];
}

/** Of a few samples those with the lowest and the highest RSS, in their order. */
export function extremes<T extends { readonly rss: number }>(samples: readonly T[]): readonly T[] {
  const [first] = samples;
  if (first === undefined) return [];
  const lowest = samples.reduce((low, sample) => (sample.rss < low.rss ? sample : low), first);
  const highest = samples.reduce((high, sample) => (sample.rss >= high.rss ? sample : high), first);
  return samples.filter((sample) => sample === lowest || sample === highest);
}
