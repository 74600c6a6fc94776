// When a run saves its notebook: beside the cells, which wait for no disk.
import type { Notebook } from "./nbformat.js";
import { sleep } from "./wait.js";

/** A save costs as much CPU time as a short cell does: cells that end this soon after one began are saved together. */
const interval = 100;

/** Saves a notebook while its cells run: one save at a time, each with all that has changed until it begins. */
export class Saves {
  readonly #save: (notebook: Notebook) => unknown;
  readonly #hurry = new AbortController();
  #began = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;
  /** Has changed since the last save began. */
  #waiting: Notebook | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(save: (notebook: Notebook) => unknown = () => undefined) {
    this.#save = save;
  }

  /** Saves now or in a moment; throws what an earlier save threw. */
  add(notebook: Notebook): void {
    if (this.#failure) throw this.#failure.error;
    this.#waiting = notebook;
    this.#running ??= this.#run();
  }

  /** Saves what is not saved yet, and waits for that; throws what a save threw. */
  async end(): Promise<void> {
    this.#hurry.abort();
    await this.#running;
    if (this.#failure) throw this.#failure.error;
  }

  /** It never rejects: what went wrong is told to whoever comes next. */
  async #run(): Promise<void> {
    try {
      while (this.#waiting) {
        const pause = this.#began + interval - performance.now();
        if (pause > 0) await sleep(pause, this.#hurry.signal);
        const notebook = this.#waiting;
        this.#waiting = undefined;
        this.#began = performance.now();
        await this.#save(notebook);
      }
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#running = undefined;
    }
  }
}
