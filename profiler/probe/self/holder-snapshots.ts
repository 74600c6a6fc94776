// Who holds the memory from one moment to the next, kept while the cell runs: few moments, each with its largest stacks.
import type { StackSite } from "./call-stack.js";
import { fewStacks, type StackBytes } from "./few-stacks.js";

/** A stack with what it holds. */
export interface SnapshotStack extends StackBytes {
  readonly sites: readonly StackSite[];
}

/** One moment: what V8 has in use beyond the baseline, and who holds it. */
export interface Snapshot {
  readonly time: number;
  readonly heapGrown: number;
  readonly offHeapGrown: number;
  readonly stacks: readonly SnapshotStack[];
}

/** As many moments as a picture can show; more would be counted as the cell's own memory. */
const momentLimit = 60;
const stackLimit = 40;
/** Milliseconds between moments, at first; twice as many whenever there are too many moments. */
const firstStep = 15;
/** Looking may take so much of the time, and so many milliseconds at once. */
const share = 0.1;
const allowance = 20;

/** A bounded series of moments. */
export class HolderSnapshots {
  readonly #clock: () => number;
  #moments: Snapshot[] = [];
  #step = firstStep;
  #last = Number.NEGATIVE_INFINITY;
  #began = 0;
  #spent = 0;

  constructor(clock: () => number) {
    this.#clock = clock;
    this.#began = clock();
  }

  /** Takes a moment when one is due; `force` takes it whatever it costs: the end, or a new high-water mark that is due. */
  look(take: () => Snapshot, force = false): void {
    const now = this.#clock();
    if (!force && (now - this.#last < this.#step || this.#spent > allowance + (now - this.#began) * share)) return;
    const { stacks, ...moment } = take();
    this.#moments.push({ ...moment, stacks: fewStacks(stacks, stackLimit, (bytes) => ({ sites: [], ...bytes })) });
    this.#spent += this.#clock() - now;
    this.#last = now;
    if (this.#moments.length > momentLimit) this.#thin();
  }

  /** The moments so far, in the order of time. */
  moments(): readonly Snapshot[] {
    return this.#moments;
  }

  /** Leaves out every second one, but never the highest and never the first. */
  #thin(): void {
    const highest = this.#moments.reduce((most, each) => (grown(each) > grown(most) ? each : most));
    this.#moments = this.#moments.filter((each, index) => index % 2 === 0 || each === highest);
    this.#step *= 2;
  }
}

function grown({ heapGrown, offHeapGrown }: Snapshot): number {
  return heapGrown + offHeapGrown;
}
