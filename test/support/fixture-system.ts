import { readFileSync } from "node:fs";
import type { System } from "../../profiler/system/system.js";

/** A machine whose files are those of a fixture, as `tail -n +1` prints several; others are not there. */
export function fixtureSystem(name: string, replaced: Readonly<Record<string, string>> = {}): System {
  const text = readFileSync(new URL(`../fixtures/system/${name}.txt`, import.meta.url), "utf8");
  const files = new Map(Object.entries(replaced));
  for (const part of text.split(/^==> /m).slice(1)) {
    const [path = "", ...lines] = part.split(/ <==\n|\n/);
    if (!files.has(path)) files.set(path, lines.join("\n"));
  }
  return {
    platform: "linux",
    readText: async (path) => {
      const content = files.get(path);
      return content === undefined ? { missing: `${path} cannot be read (ENOENT)` } : { value: content };
    },
    readDirectory: async (path) => {
      const below = [...files.keys()].filter((file) => file.startsWith(`${path}/`));
      const names = new Set(below.map((file) => file.slice(path.length + 1).split("/")[0] ?? ""));
      return names.size === 0 ? { missing: `${path} cannot be read (ENOENT)` } : { value: [...names] };
    },
    readLink: async (path) => ({ missing: `${path} cannot be read (ENOENT)` }),
    readSpace: async (path) => ({ missing: `${path} cannot be read (ENOENT)` }),
    readUrl: async (url) => ({ missing: `${new URL(url).origin} cannot be asked (ECONNREFUSED)` }),
    run: async (program) => ({ missing: `${program} failed (ENOENT)` }),
    totalMemory: () => 1,
    availableMemory: () => 1,
    parallelism: () => 1,
    cpuTicks: () => new Map(),
    loadAverage: () => [0, 0, 0],
  };
}
