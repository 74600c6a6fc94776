// Who allocated over the whole time of a cell, whatever became of it, and how much of it was certainly gone at the end.
import { functionsOf, type HolderFrame, type HolderFunction, type HolderStack } from "./peak-holders.js";

/** What one stack allocated. */
export interface AllocationStack extends HolderStack {
  /** Bytes of `heap` that were alive after the cell, at most; absent where V8 does not tell. */
  readonly alive?: number;
}

/** Who allocated, freed again or not. */
export interface Allocations {
  /** All that was allocated in V8's heap, as V8 counts it: the stacks are samples of it. */
  readonly heap: number;
  /** Outside the heap, as far as it was seen: at least so much. */
  readonly offHeap: number;
  /** In use after the collection that followed the cell, whoever allocated it: no more of the cell's can be alive. */
  readonly inUse: { readonly heap: number; readonly offHeap: number };
  /** How much more than before the cell that is: no more is alive, unless the cell let go of older objects. */
  readonly grown: { readonly heap: number; readonly offHeap: number };
  readonly frames: readonly HolderFrame[];
  /** The largest first. */
  readonly stacks: readonly AllocationStack[];
  /** Why something is missing or not certain. */
  readonly notes: readonly string[];
}

/** A function with what it allocated itself. */
export interface Allocator extends HolderFunction {
  readonly gone: Gone;
}

/** How many of some bytes were gone after the cell. */
export interface Gone {
  /** Whatever became of older objects. */
  readonly certain: number;
  /** If the cell let go of none. */
  readonly likely: number;
}

/** Sums the stacks up by their innermost function; the largest first. */
export function allocatorsOf(allocations: Allocations): readonly Allocator[] {
  const { frames, stacks } = allocations;
  const alive = new Map<HolderFrame | undefined, number>();
  for (const stack of stacks) {
    const innermost = frames[stack.frames.at(-1) ?? -1];
    alive.set(innermost, (alive.get(innermost) ?? 0) + (stack.alive ?? stack.heap));
  }
  return functionsOf(allocations).map((each) => ({
    ...each,
    gone: goneOf(each, allocations, alive.get(each.frame) ?? each.heap),
  }));
}

/** Of all that was allocated, how much was gone after the cell. */
export function goneOfAll(allocations: Allocations): Gone {
  const { heap, stacks } = allocations;
  // Where V8 does not tell, what stands on no stack may be alive too.
  const isTold = stacks.some((stack) => stack.alive !== undefined);
  const alive = isTold ? stacks.reduce((sum, stack) => sum + (stack.alive ?? stack.heap), 0) : heap;
  return goneOf(allocations, allocations, alive);
}

function goneOf(
  { heap, offHeap }: { readonly heap: number; readonly offHeap: number },
  { inUse, grown }: Allocations,
  alive: number,
): Gone {
  const goneBeyond = (most: Allocations["inUse"]) =>
    Math.max(0, heap - Math.min(alive, most.heap)) + Math.max(0, offHeap - most.offHeap);
  return { certain: goneBeyond(inUse), likely: goneBeyond(grown) };
}
