/** Bytes that wait to be sent, from which on no more should be made. */
const tooMuch = 4 * 1024 * 1024;
/** Bytes below which there may be more again. */
const little = 1024 * 1024;

/** Counts what waits to be sent, and tells when it becomes too much, and when it is little again. */
export class Backlog {
  readonly #onChange: (isFull: boolean) => void;
  #bytes = 0;
  #isFull = false;

  constructor(onChange: (isFull: boolean) => void) {
    this.#onChange = onChange;
  }

  add(frames: readonly Uint8Array[]): void {
    this.#bytes += sizeOf(frames);
    if (this.#isFull || this.#bytes < tooMuch) return;
    this.#isFull = true;
    this.#onChange(true);
  }

  take(frames: readonly Uint8Array[]): void {
    this.#bytes -= sizeOf(frames);
    if (!this.#isFull || this.#bytes > little) return;
    this.#isFull = false;
    this.#onChange(false);
  }
}

function sizeOf(frames: readonly Uint8Array[]): number {
  return frames.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
