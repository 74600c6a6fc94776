// What was run in earlier sessions, kept as one file for each session: `<number>.jsonl`, one JSON text a line. Only
// the kernel of a session writes to its file, so that kernels need no locks; docs/decisions/history-store.md.
import { appendFile, mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** One cell that was run. */
export interface HistoryEntry {
  /** Numbers the sessions of all kernels of a user. */
  readonly session: number;
  /** The cell's `execution_count`. */
  readonly line: number;
  readonly input: string;
  /** The `text/plain` of the cell's value. */
  readonly output?: string;
}

/** How much is kept. */
export interface HistoryLimits {
  /** Bytes of all sessions; the oldest are taken away when a session begins. */
  readonly total: number;
  /** Bytes of one session; what comes later is not kept. */
  readonly session: number;
  /** UTF-16 units of one output; the rest is cut off. */
  readonly output: number;
}

const usualLimits: HistoryLimits = { total: 32 * 1024 * 1024, session: 4 * 1024 * 1024, output: 16 * 1024 };

/** The sessions in a directory. Nothing about them ever fails a cell: what cannot be written or read is logged and left out. */
export class HistoryStore {
  readonly #directory: string;
  readonly #log: (line: string) => void;
  readonly #limits: HistoryLimits;
  #own: Promise<OwnSession | undefined> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #written = 0;

  constructor(directory: string, log: (line: string) => void, limits: Partial<HistoryLimits> = {}) {
    this.#directory = directory;
    this.#log = log;
    this.#limits = { ...usualLimits, ...limits };
  }

  /** Appends a cell to this session, which begins with the first one. */
  add(line: number, input: string): void {
    this.#append({ line, input });
  }

  /** Appends the value of a cell. */
  setOutput(line: number, output: string): void {
    const { output: limit } = this.#limits;
    this.#append({ line, output: output.length > limit ? `${output.slice(0, limit)}…` : output });
  }

  /** The number of this session: the next free one as long as nothing was kept of it. */
  async session(): Promise<number> {
    const own = await this.#own;
    return own?.number ?? Math.max(0, ...(await this.#sessions())) + 1;
  }

  /** The numbers of the other sessions, the oldest first. */
  async others(): Promise<number[]> {
    const own = (await this.#own)?.number;
    return (await this.#sessions()).filter((number) => number !== own);
  }

  /** The cells of another session; those that cannot be read are left out. */
  async read(session: number): Promise<readonly HistoryEntry[]> {
    try {
      const path = this.#pathOf(session);
      // A file that has grown without bounds was not written by a kernel.
      if ((await stat(path)).size > 2 * this.#limits.session) return [];
      return parseSession(session, await readFile(path, "utf8"));
    } catch (error) {
      if (codeOf(error) !== "ENOENT") this.#log(`history: session ${session} cannot be read: ${String(error)}`);
      return [];
    }
  }

  /** Resolves when everything added so far was written. */
  flushed(): Promise<void> {
    return this.#writing;
  }

  #append(record: object): void {
    const text = `${JSON.stringify(record)}\n`;
    this.#own ??= this.#begin();
    this.#writing = this.#writing
      .then(async () => {
        // Asked for when it is this record's turn: the one before it may have been the last that could be written.
        const session = await this.#own;
        const size = Buffer.byteLength(text);
        if (session === undefined || this.#written + size > this.#limits.session) return;
        this.#written += size;
        await appendFile(session.path, text, { mode: 0o600 });
      })
      .catch((error: unknown) => {
        this.#log(`history: this session is kept no further: ${String(error)}`);
        this.#own = Promise.resolve(undefined);
      });
  }

  /** Takes the next number. Creating the file is what takes it: of two kernels, one finds it there and goes on. */
  async #begin(): Promise<OwnSession | undefined> {
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      const sessions = await this.#sessions();
      await this.#prune(sessions);
      for (let number = Math.max(0, ...sessions) + 1; ; number++) {
        const path = this.#pathOf(number);
        try {
          await (await open(path, "wx", 0o600)).close();
          return { number, path };
        } catch (error) {
          if (codeOf(error) !== "EEXIST") throw error;
        }
      }
    } catch (error) {
      this.#log(`history: this session is not kept: ${String(error)}`);
      return undefined;
    }
  }

  async #prune(sessions: readonly number[]): Promise<void> {
    const sizes = await Promise.all(
      // Another kernel may take away the same files at the same time.
      sessions.map(async (number) => (await stat(this.#pathOf(number)).catch(() => ({ size: 0 }))).size),
    );
    let left = sizes.reduce((sum, size) => sum + size, 0);
    for (const [index, number] of sessions.entries()) {
      if (left <= this.#limits.total && sessions.length - index <= mostSessions) return;
      left -= sizes[index] ?? 0;
      await rm(this.#pathOf(number), { force: true });
    }
  }

  async #sessions(): Promise<number[]> {
    try {
      const names = await readdir(this.#directory);
      const numbers = names.map((name) => Number(/^([1-9]\d{0,8})\.jsonl$/.exec(name)?.[1]));
      return numbers.filter((number) => !Number.isNaN(number)).sort((a, b) => a - b);
    } catch (error) {
      if (codeOf(error) !== "ENOENT") this.#log(`history: earlier sessions cannot be listed: ${String(error)}`);
      return [];
    }
  }

  #pathOf(session: number): string {
    return join(this.#directory, `${session}.jsonl`);
  }
}

interface OwnSession {
  readonly number: number;
  readonly path: string;
}

/** More files than this make every look at the history slow. */
const mostSessions = 2000;

/** Reads the lines of a session; those that are cut off or broken are left out. */
function parseSession(session: number, text: string): HistoryEntry[] {
  const entries = new Map<number, HistoryEntry>();
  for (const json of text.split("\n")) {
    const { line, input, output } = parseRecord(json);
    if (typeof line !== "number" || !Number.isSafeInteger(line) || line < 1) continue;
    if (typeof input === "string") entries.set(line, { session, line, input });
    const entry = entries.get(line);
    if (entry && typeof output === "string") entries.set(line, { ...entry, output });
  }
  return [...entries.values()].sort((a, b) => a.line - b.line);
}

function parseRecord(json: string): { readonly line?: unknown; readonly input?: unknown; readonly output?: unknown } {
  if (json === "") return {};
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? value : {};
  } catch (error) {
    // A kernel that was killed leaves half a line; the others are whole.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
