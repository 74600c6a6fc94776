// The cells of this session, as history_request asks for them.

/** One cell of the session. */
export interface HistoryEntry {
  readonly session: number;
  /** The cell's `execution_count`. */
  readonly line: number;
  readonly input: string;
  /** The `text/plain` of the cell's value. */
  readonly output?: string;
}

/** Which entries are wanted. Entries come back oldest first. */
export type HistoryQuery =
  | { readonly access: "tail"; readonly n: number }
  /** `session` 0 is this one; lines from `start` up to and without `stop`, negative ones count from the end. */
  | { readonly access: "range"; readonly session: number; readonly start: number; readonly stop: number | undefined }
  /** The last `n` entries whose whole input fits the glob `pattern` (`*`, `?`, `[…]`); with `unique`, each input once. */
  | { readonly access: "search"; readonly pattern: string; readonly n: number | undefined; readonly unique: boolean };

/** The log of a session: what was run, and what came of it. */
export class History {
  readonly #entries: HistoryEntry[] = [];

  /** The number of the last cell; 0 before the first one. */
  get count(): number {
    return this.#entries.length;
  }

  /** Records a cell and returns its number. */
  add(input: string): number {
    const line = this.#entries.length + 1;
    this.#entries.push({ session: currentSession, line, input });
    return line;
  }

  /** Records the value of cell `line`. */
  setOutput(line: number, output: string): void {
    const entry = this.#entries[line - 1];
    if (entry) this.#entries[line - 1] = { ...entry, output };
  }

  find(query: HistoryQuery): readonly HistoryEntry[] {
    switch (query.access) {
      case "tail":
        return last(this.#entries, query.n);
      case "range":
        return this.#range(query);
      case "search":
        return search(this.#entries, query);
    }
  }

  #range({ session, start, stop }: { session: number; start: number; stop: number | undefined }): HistoryEntry[] {
    if (session !== 0 && session !== currentSession) return [];
    // As in IPython: the line that comes next is the end that negative numbers count from.
    const next = this.#entries.length + 1;
    const from = start < 0 ? start + next : start;
    const to = stop === undefined ? next : stop < 0 ? stop + next : stop;
    return this.#entries.filter(({ line }) => line >= from && line < to);
  }
}

const currentSession = 1;

function search(
  entries: readonly HistoryEntry[],
  { pattern, n, unique }: { readonly pattern: string; readonly n: number | undefined; readonly unique: boolean },
): HistoryEntry[] {
  const glob = parseGlob(pattern);
  const found = entries.filter(({ input }) => glob(input));
  // A map keeps the latest of equal inputs; taking it out first moves it to its latest place.
  const byInput = new Map<string, HistoryEntry>();
  for (const entry of unique ? found : []) {
    byInput.delete(entry.input);
    byInput.set(entry.input, entry);
  }
  return last(unique ? [...byInput.values()] : found, n ?? Number.POSITIVE_INFINITY);
}

function last<T>(values: readonly T[], n: number): T[] {
  return n <= 0 ? [] : values.slice(-n);
}

/** Turns a glob into a test of a whole text. Runs in time proportional to pattern times text, whatever the pattern. */
function parseGlob(pattern: string): (text: string) => boolean {
  const tokens = [...pattern.matchAll(/\[\^?\]?[^\]]*\]|[\s\S]/gu)].map(([token]) => token);
  const fits = tokens.map((token): ((character: string) => boolean) => {
    if (token === "?" || token === "*") return () => true;
    return token.length > 2 && token.startsWith("[")
      ? parseSet(token.slice(1, -1))
      : (character) => character === token;
  });
  return (text) => {
    const characters = [...text];
    let at = 0;
    let token = 0;
    // Where to go on when what follows the last `*` does not fit here.
    let star = -1;
    let resume = 0;
    while (at < characters.length) {
      if (tokens[token] === "*") {
        star = token++;
        resume = at;
      } else if (fits[token]?.(characters[at] ?? "")) {
        at++;
        token++;
      } else if (star !== -1) {
        token = star + 1;
        at = ++resume;
      } else {
        return false;
      }
    }
    return tokens.slice(token).every((rest) => rest === "*");
  };
}

function parseSet(body: string): (character: string) => boolean {
  const negated = body.startsWith("^");
  const ranges = [...body.slice(negated ? 1 : 0).matchAll(/([\s\S])-([\s\S])|([\s\S])/gu)].map(([, from, to, one]) => ({
    from: (from ?? one ?? "").codePointAt(0) ?? 0,
    to: (to ?? one ?? "").codePointAt(0) ?? 0,
  }));
  return (character) => {
    const code = character.codePointAt(0) ?? 0;
    return ranges.some(({ from, to }) => code >= from && code <= to) !== negated;
  };
}
