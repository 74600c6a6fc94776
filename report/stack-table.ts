// The one table of functions that a report has, with its picture: who held it at the peak, or who allocated.
import type { MemoryProfile } from "../profiler/memory-profile.js";
import type { HolderStacks } from "../profiler/peak-holders.js";
import { allocationColumns, allocationRows, allocationsTitle, shownAllocations } from "./memory-profile-allocations.js";
import { holderColumns, holderRows, holdersTitle, shownHolders } from "./memory-profile-holders.js";
import { allocatedWords, heldWords, type StackWords } from "./stack-words.js";

/** A table with the stacks that it sums up; its first three columns are words, the others figures. */
export interface StackTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly stacks: HolderStacks;
  readonly words: StackWords;
}

/** `undefined` when there is nothing to say about who held or allocated it. */
export function stackTableOf(profile: MemoryProfile): StackTable | undefined {
  const allocations = shownAllocations(profile);
  if (allocations !== undefined) {
    return {
      title: allocationsTitle(allocations),
      columns: allocationColumns,
      rows: allocationRows(allocations),
      stacks: allocations,
      words: allocatedWords,
    };
  }
  const holders = shownHolders(profile);
  if (holders === undefined) return undefined;
  return {
    title: holdersTitle(holders),
    columns: holderColumns,
    rows: holderRows(holders),
    stacks: holders,
    words: heldWords,
  };
}
