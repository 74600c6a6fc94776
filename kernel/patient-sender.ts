/** What of a publishing ZeroMQ socket is needed here. */
export interface PublishingSocket {
  /** Rejects with `EAGAIN` when a subscriber's queue is full and `noDrop` is set. */
  readonly send: (frames: Uint8Array[]) => Promise<void>;
  readonly closed: boolean;
  /** Set: otherwise a subscriber whose queue is full misses the message. */
  noDrop: boolean;
}

/** Milliseconds; whoever takes nothing for this long is stopped, hung or gone without a word. */
const stallLimit = 10_000;
/** Milliseconds between two looks at whether a subscriber that stalled reads again, and how long one look waits. */
const lookAgainAfter = 30_000;
const lookFor = 100;
/** Milliseconds between two attempts, at most. */
const longestPause = 20;
/** While somebody misses messages: milliseconds for each, after so many at once. */
const pace = 20;
const longestBurst = 100;

/**
 * Sends to subscribers that may read more slowly than cells print: it waits for the slowest one, so that nobody misses
 * anything. One that takes nothing at all for 10 s misses what does not fit into its queue, so that the others go on: at 50
 * messages a second, since the socket would not tell which of them cannot follow either.
 */
export class PatientSender {
  readonly #socket: PublishingSocket;
  readonly #log: (line: string) => void;
  // The socket does not tell.
  #noDrop = true;
  #patience = stallLimit;
  #lookAgainAt = 0;
  #credit = longestBurst;
  #creditedAt = 0;

  constructor(socket: PublishingSocket, log: (line: string) => void) {
    this.#socket = socket;
    this.#log = log;
  }

  /** Resolves when the message is in the queues of the subscribers. */
  async send(frames: Uint8Array[]): Promise<void> {
    if (!this.#noDrop && performance.now() >= this.#lookAgainAt) this.#setNoDrop(true);
    if (!this.#noDrop) await this.#keepPace();
    const begun = performance.now();
    for (let pause = 1; !this.#socket.closed; pause = Math.min(2 * pause, longestPause)) {
      try {
        await this.#socket.send(frames);
        if (this.#noDrop) this.#patience = stallLimit;
        return;
      } catch (error) {
        if (!isFull(error)) throw error;
      }
      if (performance.now() - begun >= this.#patience) this.#giveUp();
      else await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** A burst fits into the queue of whoever has read all that came before. */
  async #keepPace(): Promise<void> {
    const now = performance.now();
    this.#credit = Math.min(longestBurst, this.#credit + (now - this.#creditedAt) / pace) - 1;
    this.#creditedAt = now;
    if (this.#credit < 0) await new Promise((resolve) => setTimeout(resolve, -this.#credit * pace));
  }

  #giveUp(): void {
    if (this.#patience === stallLimit) {
      const seconds = stallLimit / 1000;
      this.#log(`iopub: a client has taken nothing for ${seconds} s; it misses messages until it reads again`);
    }
    this.#setNoDrop(false);
    this.#patience = lookFor;
    this.#lookAgainAt = performance.now() + lookAgainAfter;
  }

  #setNoDrop(noDrop: boolean): void {
    this.#noDrop = noDrop;
    this.#socket.noDrop = noDrop;
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}
