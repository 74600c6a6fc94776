// `%memprofile on`, `off` and `last`: a line under every cell, and the whole report when somebody wants it.
import { UsageError } from "../kernel/errors.js";
import { type CellsWatch, watchCells } from "../profiler/cells-watch.js";
import type { KernelProbe } from "../profiler/kernel-probe.js";
import type { MemoryProfile } from "../profiler/memory-profile.js";
import { profileMimeType, renderMemoryProfile } from "../report/memory-profile.js";
import { renderQuietMemory } from "../report/quiet-memory.js";
import type { AroundCell, MagicContext } from "./dispatch/magic.js";
import { readMemoryAllowance } from "./memory-allowance.js";

interface QuietMemory {
  watch?: CellsWatch;
  last?: MemoryProfile;
}

/** One to a kernel. */
const states = new WeakMap<KernelProbe, QuietMemory>();

/** Cells that these magics run have a report of their own. */
const measuring = ["memprofile", "mprun"];

/** What `%memprofile` takes in place of code. */
export const quietWords = {
  on: turnOn,
  off: turnOff,
  last: showLast,
} as const satisfies Readonly<Record<string, (context: MagicContext) => Promise<void>>>;

/** Keeps what a measured cell did, for `%memprofile last`. */
export function rememberMemory(probe: KernelProbe, profile: MemoryProfile): void {
  stateOf(probe).last = profile;
}

function stateOf(probe: KernelProbe): QuietMemory {
  const state = states.get(probe) ?? {};
  states.set(probe, state);
  return state;
}

async function turnOn({ probe, aroundCells }: MagicContext): Promise<void> {
  if (process.platform !== "linux" || probe.cells === undefined) {
    throw new UsageError(
      `%memprofile on reads /proc, which only Linux has; this is ${process.platform}. %%memprofile measures single cells.`,
    );
  }
  const state = stateOf(probe);
  if (state.watch !== undefined) return;
  const watch = watchCells(probe.cells);
  state.watch = watch;
  const around: AroundCell = async ({ name, magics, output }, run) => {
    const outcome = await run();
    try {
      const profile = await watch.take(name);
      if (profile === undefined || measuring.some((magic) => magics.has(magic))) return outcome;
      state.last = profile;
      output.display({ data: renderQuietMemory(profile) });
    } catch (error) {
      output.stream("stderr", `%memprofile on: ${error instanceof Error ? error.message : String(error)}\n`);
    }
    return outcome;
  };
  aroundCells(around);
}

async function turnOff({ probe, aroundCells }: MagicContext): Promise<void> {
  const state = stateOf(probe);
  if (state.watch === undefined) return;
  aroundCells(undefined);
  state.watch.close();
  delete state.watch;
}

async function showLast({ probe, display }: MagicContext): Promise<void> {
  const { last } = stateOf(probe);
  if (last === undefined) {
    throw new UsageError("No cell has been measured yet: %memprofile on records every cell from then on.");
  }
  const report = renderMemoryProfile({ value: { ...(await readMemoryAllowance()), ...last } });
  // Without the data: whoever reads it out of a notebook takes it for what this very cell cost.
  const { [profileMimeType]: _, ...shown } = report;
  display(shown);
}
