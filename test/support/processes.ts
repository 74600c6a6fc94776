// Processes as Linux shows them: who is there, whose child it is, and in which session.
import { readdirSync, readFileSync } from "node:fs";

/** One process. */
export interface SeenProcess {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** A letter such as `R`, `S`, `T`; `Z` has ended. */
  readonly state: string;
  readonly command: string;
}

/** Every process that has not ended. */
function listProcesses(): readonly SeenProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)))
    .filter(({ state }) => state !== "Z" && state !== "X");
}

/** One process; nothing when there is none. */
export function readProcess(pid: number): readonly SeenProcess[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    // The name stands in parentheses and may hold anything.
    const [state = "", parent, , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return [{ pid, parent: Number(parent), session: Number(session), state, command }];
  } catch {
    // It has ended between two looks.
    return [];
  }
}

/** A process with all that it has started, and what these have started. */
export function listFamily(pid: number): readonly SeenProcess[] {
  const all = listProcesses();
  const family = new Set([pid]);
  // Parents may come after their children.
  for (let size = 0; size < family.size; ) {
    size = family.size;
    for (const { pid: child, parent } of all) if (family.has(parent)) family.add(child);
  }
  return all.filter((each) => family.has(each.pid));
}
