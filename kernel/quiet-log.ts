/** A log that a flood of the same fault cannot fill. */
export interface QuietLog {
  readonly log: (line: string) => void;
  /** Tells now what was only counted so far. */
  readonly flush: () => void;
}

/** Passes on the first line of each kind, and from then on, every `interval` at most, how many more of it came. */
export function createQuietLog(write: (line: string) => void, interval = 10_000): QuietLog {
  const kinds = new Map<string, Kind>();
  const tell = (kind: string, { more }: Kind) => write(`${kind}: ${more} more`);
  return {
    log: (line) => {
      const own = kindOf(line);
      // Whoever invents kinds does not get a line for each of them.
      const kind = kinds.has(own) || kinds.size < mostKinds ? own : otherKinds;
      const known = kinds.get(kind);
      if (known !== undefined) {
        known.more += 1;
        return;
      }
      const timer = setInterval(() => {
        const entry = kinds.get(kind);
        if (entry !== undefined && entry.more > 0) {
          tell(kind, entry);
          entry.more = 0;
          return;
        }
        clearInterval(timer);
        kinds.delete(kind);
      }, interval);
      timer.unref();
      kinds.set(kind, { more: 0, timer });
      write(line);
    },
    flush: () => {
      for (const [kind, entry] of kinds) {
        clearInterval(entry.timer);
        if (entry.more > 0) tell(kind, entry);
      }
      kinds.clear();
    },
  };
}

/** What lines that tell of the same fault have in common: what was quoted, counted or given with them left out. */
export function kindOf(line: string): string {
  const [first = ""] = line.split("\n", 1);
  const [common = ""] = first.replace(/"(?:[^"\\]|\\.)*"?/g, "…").split(", got ", 1);
  return common.replace(/\d+/g, "…").split(": ").slice(0, 3).join(": ");
}

interface Kind {
  more: number;
  readonly timer: NodeJS.Timeout;
}

const mostKinds = 50;
const otherKinds = "other messages";
