/**
 * Tells messages that have been seen before by their signatures. A signed message that was overheard stays valid for
 * ever otherwise: whoever sends it again would run its cell again.
 */
export class ReplayGuard {
  readonly #seen = new Set<string>();
  readonly #limit: number;

  /** Remembers the last `limit` signatures. */
  constructor(limit = 65_536) {
    this.#limit = limit;
  }

  /** Whether this signature is new; it is not any more, from now on. The empty one, of connections without a key, always is. */
  admit(signature: string): boolean {
    if (signature === "") return true;
    if (this.#seen.has(signature)) return false;
    this.#seen.add(signature);
    // A set keeps the order in which its values came.
    for (const oldest of this.#seen) {
      if (this.#seen.size <= this.#limit) break;
      this.#seen.delete(oldest);
    }
    return true;
  }
}
