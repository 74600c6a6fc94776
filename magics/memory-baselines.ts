// `%memprofile --baseline` and `--compare`: runs with a name, in files beside the notebook, so that they outlive the
// kernel: between before and after, code is changed and kernels are restarted.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../kernel/errors.js";
import { figuresOf, heldByOf, keptHoldersOf, type MemoryBaseline, parseBaseline } from "../profiler/memory-figures.js";
import type { MemoryProfile } from "../profiler/memory-profile.js";

/** The runs that are kept in a directory of notebooks. */
export interface MemoryBaselines {
  /** Throws a `UsageError` when there is none of this name. */
  readonly read: (name: string) => Promise<MemoryBaseline>;
  /** Replaces one of the same name. */
  readonly write: (name: string, baseline: MemoryBaseline) => Promise<void>;
}

/** The baselines of the notebooks in `directory`. */
export function baselinesIn(directory: string): MemoryBaselines {
  const folder = join(directory, ".cellscope", "baselines");
  const pathOf = (name: string) => join(folder, `${name}.json`);
  return {
    read: async (name) => {
      try {
        return parseBaseline(await readFile(pathOf(name), "utf8"));
      } catch (cause) {
        if (isMissing(cause)) throw new UsageError(await noBaseline(name, folder), { cause });
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new UsageError(`--compare cannot read ${pathOf(name)}: ${reason}.`, { cause });
      }
    },
    write: async (name, baseline) => {
      await mkdir(folder, { recursive: true });
      await writeFile(pathOf(name), `${writeBaseline(baseline)}\n`);
    },
  };
}

/** A line for each figure, function and stack: baselines may be committed, and their changes read. */
function writeBaseline({ holders, ...figures }: MemoryBaseline): string {
  const text = JSON.stringify(figures, null, 2);
  if (holders === undefined) return text;
  const lines = (each: readonly unknown[]) =>
    `[\n${each.map((one) => `      ${JSON.stringify(one)}`).join(",\n")}\n    ]`;
  const kept = `{\n    "frames": ${lines(holders.frames)},\n    "stacks": ${lines(holders.stacks)}\n  }`;
  return `${text.slice(0, -2)},\n  "holders": ${kept}\n}`;
}

/** What a run is kept as. */
export function baselineOf(profile: MemoryProfile, created: Date): MemoryBaseline {
  const heldBy = heldByOf(profile);
  const holders = keptHoldersOf(profile);
  return {
    kind: "cellscope-memory-baseline",
    version: 1,
    created: created.toISOString(),
    node: process.version,
    figures: figuresOf(profile),
    ...(heldBy && { heldBy }),
    ...(holders && { holders }),
  };
}

/** Refuses what cannot be the name of a file on every system. */
export function checkBaselineName(option: string, name: string | undefined): void {
  if (name === undefined || /^\w[\w.-]{0,99}$/.test(name)) return;
  throw new UsageError(`${option} must be a name of letters, digits, _ - and dots, got ${JSON.stringify(name)}.`);
}

async function noBaseline(name: string, folder: string): Promise<string> {
  const files = await readdir(folder).catch(() => []);
  const names = files.filter((file) => file.endsWith(".json")).map((file) => file.slice(0, -".json".length));
  const there =
    names.length === 0
      ? "there is none yet: run the code with --baseline NAME first"
      : `there ${names.length === 1 ? "is" : "are"} ${names.sort().join(", ")}`;
  return `--compare knows no baseline ${JSON.stringify(name)} in ${folder}; ${there}.`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
