import type { Sample } from "./sample-frames.js";
import { extremes } from "./thin-samples.js";

/**
 * Samples in the order of their time, in bounded space: when it is full, of every four samples in its older half
 * those with the lowest and the highest RSS stay. What happened lately is complete, what happened long ago is
 * coarser and coarser, and no peak gets lost.
 */
export class SampleSeries {
  readonly #capacity: number;
  #samples: Sample[] = [];

  constructor(capacity = 32_768) {
    this.#capacity = capacity;
  }

  /** Adds a sample; one that comes a little late is put where it belongs, one that is there already is passed over. */
  add(sample: Sample): void {
    let at = this.#samples.length;
    while (at > 0 && (this.#samples[at - 1]?.time ?? 0) > sample.time) at--;
    if (this.#samples[at - 1]?.time === sample.time) return;
    if (at === this.#samples.length) this.#samples.push(sample);
    else this.#samples.splice(at, 0, sample);
    if (this.#samples.length > this.#capacity) this.#thin();
  }

  /** The samples from `start` to `end`, both included. */
  between(start: number, end: number): readonly Sample[] {
    // From the end: what is asked for is mostly of the last moments, of an hour's samples.
    const first = this.#samples.findLastIndex(({ time }) => time < start) + 1;
    return this.#samples.slice(first).filter(({ time }) => time <= end);
  }

  /** The newest samples, at most `count`. */
  latest(count: number): readonly Sample[] {
    return this.#samples.slice(-count);
  }

  #thin(): void {
    const half = Math.floor(this.#samples.length / 8) * 4;
    const thinned: Sample[] = [];
    for (let i = 0; i < half; i += 4) {
      thinned.push(...extremes(this.#samples.slice(i, i + 4)));
    }
    this.#samples = [...thinned, ...this.#samples.slice(half)];
  }
}
