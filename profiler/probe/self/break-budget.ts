// Breaks on allocators cost the cell time, and memory that is found in its figures. This keeps what they may take.

/**
 * What a call of an allocator takes with a break, as a multiple of what is done in it: V8 compiles the break's
 * condition each time, and tells the guard's thread that it has. Code that has just gone through a lot of memory finds
 * nothing of all that in the CPU's caches: it takes 0.05 ms or 0.3.
 */
const breakFactor = 6;
/** What it is taken to be before the first one, and at most, in milliseconds: a collection may fall into one. */
const usualBreak = 0.06;
const longestBreak = 0.5;
/** What it takes when its stack is not looked at, as a share of one whose stack is. */
const passShare = 0.7;
/** Breaks may take so much of the time, and so many milliseconds at once. */
const breakShare = 0.02;
const breakAllowance = 20;
/**
 * After so many calls in a row that took no memory, as those for small Buffers, the next one will not either. Of each break V8
 * keeps a kilobyte outside the heap, and leaves another one or two in it.
 */
const idlePasses = 32;
/** Breaks that come so many milliseconds after they were to go come because they have not gone yet. */
const lag = 100;

/** What the breaks of one cell may take. All times are in milliseconds, and `now` is as `performance.now()` has it. */
export class BreakBudget {
  #began = 0;
  #spent = 0;
  #breakCost = usualBreak;
  #passes = 0;
  #restedAt = Number.NEGATIVE_INFINITY;

  /** The cell begins. */
  begin(now: number): void {
    this.#began = now;
  }

  /** Whether a break comes too late to count. */
  isLate(now: number): boolean {
    return now - this.#restedAt < lag;
  }

  /** A call may take memory: so long was done in its break, and so long besides. */
  took(inBreak: number, besides: number): void {
    this.#passes = 0;
    this.#breakCost += (Math.min(longestBreak, inBreak * breakFactor) - this.#breakCost) / 4;
    this.#spent += this.#breakCost + besides;
  }

  /** A call takes no memory. */
  passed(): void {
    this.#passes += 1;
    this.#spent += this.#breakCost * passShare;
  }

  /** Whether the breaks have to rest from now on. */
  isUsedUp(now: number): boolean {
    const isSpent = this.#spent > breakAllowance + (now - this.#began) * breakShare;
    if (!isSpent && this.#passes < idlePasses) return false;
    this.#passes = 0;
    this.#restedAt = now;
    return true;
  }
}
