import { randomUUID } from "node:crypto";
import { ExecutionQueue } from "./execution-queue.js";

/**
 * The shells of a kernel (JEP 91): the main one, and those that clients create to be answered beside it. Each runs
 * its own cells one after the other.
 */
export class Subshells {
  /** The queue of the main shell. */
  readonly main = new ExecutionQueue();
  readonly #queues = new Map<string, ExecutionQueue>();
  readonly #limit: number;
  #closed = false;

  constructor({ limit = 1000 }: { readonly limit?: number } = {}) {
    this.#limit = limit;
  }

  /** Makes a subshell and returns its id; `undefined` when there are too many. */
  create(): string | undefined {
    if (this.#queues.size >= this.#limit) return undefined;
    const id = randomUUID();
    const queue = new ExecutionQueue();
    if (this.#closed) queue.close();
    this.#queues.set(id, queue);
    return id;
  }

  /** Ends a subshell: what waits in it is aborted, what runs comes to its end. False when there is none. */
  delete(id: string): boolean {
    this.#queues.get(id)?.close();
    return this.#queues.delete(id);
  }

  list(): string[] {
    return [...this.#queues.keys()];
  }

  /** The queue that a request's `subshell_id` means; `undefined` when there is no such subshell. */
  queueOf(id: unknown): ExecutionQueue | undefined {
    if (id === undefined || id === null) return this.main;
    return typeof id === "string" ? this.#queues.get(id) : undefined;
  }

  /** Aborts every cell that waits and every one that still comes. */
  close(): void {
    this.#closed = true;
    for (const queue of this.#all()) queue.close();
  }

  /** Resolves when nothing runs and nothing waits. */
  async drained(): Promise<void> {
    await Promise.all(this.#all().map((queue) => queue.drained()));
  }

  #all(): ExecutionQueue[] {
    return [this.main, ...this.#queues.values()];
  }
}
