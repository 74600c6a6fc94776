/** A cell that waits for its turn; `aborted` tells it that an earlier one has failed. */
export type Turn = (aborted: boolean) => Promise<void>;

/** Runs cells one after the other, in the order in which they came. */
export class ExecutionQueue {
  #waiting: { readonly turn: Turn; aborted: boolean }[] = [];
  #running = false;
  #closed = false;
  #drained: Promise<void> = Promise.resolve();

  /** Appends a cell, and runs it when all before it have ended. `turn` must not reject. */
  add(turn: Turn): void {
    this.#waiting.push({ turn, aborted: this.#closed });
    if (!this.#running) this.#drained = this.#run();
  }

  /** Tells every cell that waits now that it is aborted; those that come later are not. */
  abortWaiting(): void {
    for (const entry of this.#waiting) entry.aborted = true;
  }

  /** Aborts every cell that waits and every one that still comes. */
  close(): void {
    this.#closed = true;
    this.abortWaiting();
  }

  /** Resolves when nothing runs and nothing waits. */
  drained(): Promise<void> {
    return this.#drained;
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) await next.turn(next.aborted);
    } finally {
      this.#running = false;
    }
  }
}
