/**
 * Sends one message after the other over one socket. zeromq.js allows one send at a time, and a stretch of
 * sends that nobody awaits fails after some 500.
 */
export class SendQueue {
  readonly #send: (frames: Uint8Array[]) => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #last: Promise<void> = Promise.resolve();

  constructor(send: (frames: Uint8Array[]) => Promise<void>, onError: (error: unknown) => void) {
    this.#send = send;
    this.#onError = onError;
  }

  /** Appends a message; a failure goes to `onError` and does not hold up the next one. */
  add(frames: Uint8Array[]): void {
    this.#last = this.#last.then(() => this.#send(frames)).catch(this.#onError);
  }

  /** Resolves when everything added so far was handed to the socket. */
  flushed(): Promise<void> {
    return this.#last;
  }
}
