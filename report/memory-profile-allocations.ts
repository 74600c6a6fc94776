// Who allocated while a cell ran, freed again or not, in words: the table of functions, and how much was gone after it.
import { type Allocations, type Allocator, allocatorsOf, goneOfAll } from "../profiler/allocations.js";
import type { MemoryProfile } from "../profiler/memory-profile.js";
import { holderColumns, holderWords, sizeColumns, smallestHolder } from "./memory-profile-holders.js";
import { formatMebibytes } from "./memory-profile-words.js";

const shownFunctions = 8;

/** What a profile says of who allocated, when there is something to say. */
export function shownAllocations({ allocations }: MemoryProfile): Allocations | undefined {
  if (allocations === undefined || "missing" in allocations) return undefined;
  const { heap, offHeap } = allocations.value;
  return heap + offHeap >= smallestHolder ? allocations.value : undefined;
}

/** One line about all of it. */
export function allocationsTitle(allocations: Allocations): string {
  const { heap, offHeap } = allocations;
  const offIt = offHeap < smallestHolder ? "" : ` and ${formatMebibytes(offHeap)}+ off it`;
  const gone = goneShare({ heap, offHeap, gone: goneOfAll(allocations) }, allocations).replace("≥", "at least");
  return `Allocated while the cell ran, freed again or not: ${formatMebibytes(heap)} MiB on the heap${offIt}; gone after the cell: ${gone}.`;
}

/** The titles of the table of functions. */
export const allocationColumns = ["allocated by", ...holderColumns.slice(1), "gone"] as const;

/** The functions that allocated the most, what the others did, and what no sample stands for. */
export function allocationRows(allocations: Allocations): readonly (readonly string[])[] {
  const functions = allocatorsOf(allocations);
  const shown = functions.filter(({ heap, offHeap }) => heap + offHeap >= smallestHolder).slice(0, shownFunctions);
  const rest = functions.slice(shown.length);
  const sum = (of: (each: Allocator) => number) => rest.reduce((all, each) => all + of(each), 0);
  const others = { heap: sum(({ heap }) => heap), offHeap: sum(({ offHeap }) => offHeap), uncertain: 0 };
  const unseen = unseenAllocations(allocations);
  return [
    ...shown.map((each) => [...holderWords(each), ...sizeColumns(each), goneShare(each, allocations)]),
    ...(others.heap + others.offHeap < smallestHolder
      ? []
      : [[`${rest.length} others`, "", "", ...sizeColumns(others), ""]]),
    ...(unseen === 0 ? [] : [["not seen by stack", "", "", formatMebibytes(unseen), "", "", ""]]),
  ];
}

/** What was allocated and stands on no stack, when it is more than what samples err by. */
export function unseenAllocations({ heap, offHeap, stacks }: Allocations): number {
  const seen = stacks.reduce((sum, stack) => sum + stack.heap + stack.offHeap, 0);
  const unseen = heap + offHeap - seen;
  return unseen >= smallestHolder && unseen > (heap + offHeap) / 10 ? unseen : 0;
}

/** From here on what is certain says enough. */
const nearlyAll = 90;

/** `97 %`, `≥ 97 %` where no more of it can be alive, `~97 %` if the cell let go of no older objects; a dash where nothing is known. */
export function goneShare(
  { heap, offHeap, gone }: Pick<Allocator, "heap" | "offHeap" | "gone">,
  { stacks }: Pick<Allocations, "stacks">,
): string {
  // Never more than it is.
  const percentOf = (bytes: number) => (heap + offHeap === 0 ? 0 : Math.floor((bytes / (heap + offHeap)) * 100));
  const [certain, likely] = [percentOf(gone.certain), percentOf(gone.likely)];
  if (certain >= 100 || stacks.some(({ alive }) => alive !== undefined)) return `${certain} %`;
  if (likely === 0) return "—";
  return certain >= nearlyAll || certain >= likely ? `≥ ${certain} %` : `~${likely} %`;
}

/** Why there is nothing about it, or what is not certain. */
export function allocationNotes({ allocations }: MemoryProfile): readonly string[] {
  if (allocations === undefined) return [];
  if ("missing" in allocations) return [`Not known who allocated: ${allocations.missing}.`];
  const { stacks, notes } = allocations.value;
  const guessed = stacks.some(({ uncertain }) => uncertain > 0);
  const isLikely = allocatorsOf(allocations.value).some((each) => goneShare(each, allocations.value).startsWith("~"));
  return [
    ...notes,
    ...(isLikely ? ["~ of what was gone: if the cell let go of no older objects."] : []),
    ...(guessed ? ["~ of the bytes off the heap: they may be another function's."] : []),
  ];
}
