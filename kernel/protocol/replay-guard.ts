/**
 * Tells messages that have been seen before by their signatures. A signed message that was overheard stays valid for
 * ever otherwise: whoever sends it again would run its cell again.
 */
export class ReplayGuard {
  readonly #cells = new Set<string>();
  readonly #others = new Set<string>();
  readonly #limit: number;

  /** Remembers the last `limit` signatures of cells, and as many of all other messages. */
  constructor(limit = 65_536) {
    this.#limit = limit;
  }

  /** Whether this signature is new; it is not any more, from now on. The empty one, of connections without a key, always is. */
  admit(signature: string, msgType: string): boolean {
    if (signature === "") return true;
    // Apart, so that widgets and completions, which are many, do not make the kernel forget which cells it has run.
    const seen = msgType === "execute_request" ? this.#cells : this.#others;
    if (seen.has(signature)) return false;
    seen.add(signature);
    // A set keeps the order in which its values came.
    for (const oldest of seen) {
      if (seen.size <= this.#limit) break;
      seen.delete(oldest);
    }
    return true;
  }
}
