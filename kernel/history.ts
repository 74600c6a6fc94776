// The cells of this session and, where they are kept, of earlier ones, as history_request asks for them.
import type { HistoryEntry, HistoryStore } from "./history-store.js";

/** Which entries are wanted. Entries come back oldest first. */
export type HistoryQuery =
  | { readonly access: "tail"; readonly n: number }
  /** `session` 0 is this one, -1 the one before it; lines from `start` up to and without `stop`, negative ones count from the end. */
  | { readonly access: "range"; readonly session: number; readonly start: number; readonly stop: number | undefined }
  /** The last `n` entries whose whole input fits the glob `pattern` (`*`, `?`, `[…]`); with `unique`, each input once. */
  | { readonly access: "search"; readonly pattern: string; readonly n: number | undefined; readonly unique: boolean };

/** The log of a session: what was run, and what came of it. */
export class History {
  readonly #store: HistoryStore | undefined;
  readonly #cells: { readonly line: number; readonly input: string; output?: string }[] = [];

  /** Without a store there are no other sessions, and nothing is left of this one. */
  constructor(store?: HistoryStore) {
    this.#store = store;
  }

  /** The number of the last cell; 0 before the first one. */
  get count(): number {
    return this.#cells.length;
  }

  /** Records a cell and returns its number. */
  add(input: string): number {
    const line = this.#cells.length + 1;
    this.#cells.push({ line, input });
    this.#store?.add(line, input);
    return line;
  }

  /** Records the value of cell `line`. */
  setOutput(line: number, output: string): void {
    const cell = this.#cells[line - 1];
    if (!cell) return;
    cell.output = output;
    this.#store?.setOutput(line, output);
  }

  /** Resolves when everything is where it is kept. */
  async flushed(): Promise<void> {
    await this.#store?.flushed();
  }

  async find(query: HistoryQuery): Promise<readonly HistoryEntry[]> {
    switch (query.access) {
      case "tail":
        return this.#last(query.n, () => true);
      case "range":
        return this.#range(query);
      case "search": {
        const fits = parseGlob(query.pattern);
        const seen = new Set<string>();
        // From the latest to the earliest: of equal inputs the latest is met first.
        const isNew = ({ input }: HistoryEntry) => !seen.has(input) && seen.add(input) !== undefined;
        const isWanted = (entry: HistoryEntry) => fits(entry.input) && (!query.unique || isNew(entry));
        return this.#last(query.n ?? Number.POSITIVE_INFINITY, isWanted);
      }
    }
  }

  /** The last `n` of the entries that are wanted; asked from the latest to the earliest, and no further than needed. */
  async #last(n: number, isWanted: (entry: HistoryEntry) => boolean): Promise<HistoryEntry[]> {
    const found: HistoryEntry[] = [];
    const { own, others } = await this.#sessions();
    for (const session of [...others, own].sort((a, b) => b - a)) {
      const entries = session === own ? this.#entries(own) : ((await this.#store?.read(session)) ?? []);
      for (const entry of entries.toReversed()) {
        if (found.length >= n) return found.reverse();
        if (isWanted(entry)) found.push(entry);
      }
    }
    return found.reverse();
  }

  async #range({ session, start, stop }: Extract<HistoryQuery, { readonly access: "range" }>): Promise<HistoryEntry[]> {
    const { own } = await this.#sessions();
    const number = session <= 0 ? own + session : session;
    const entries = number === own ? this.#entries(own) : ((await this.#store?.read(number)) ?? []);
    // As in IPython: the line that comes next is the end that negative numbers count from.
    const next = (entries.at(-1)?.line ?? 0) + 1;
    const from = start < 0 ? start + next : start;
    const to = stop === undefined ? next : stop < 0 ? stop + next : stop;
    return entries.filter(({ line }) => line >= from && line < to);
  }

  async #sessions(): Promise<{ readonly own: number; readonly others: readonly number[] }> {
    if (this.#store === undefined) return { own: 1, others: [] };
    return { own: await this.#store.session(), others: await this.#store.others() };
  }

  #entries(session: number): HistoryEntry[] {
    return this.#cells.map((cell) => ({ session, ...cell }));
  }
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
