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
  readonly frames: readonly HolderFrame[];
  /** The largest first. */
  readonly stacks: readonly AllocationStack[];
  /** Why something is missing or not certain. */
  readonly notes: readonly string[];
}

/** A function with what it allocated itself. */
export interface Allocator extends HolderFunction {
  /** Of these bytes, how many were certainly gone after the cell. */
  readonly gone: number;
}

/** Sums the stacks up by their innermost function; the largest first. */
export function allocatorsOf(allocations: Allocations): readonly Allocator[] {
  const { frames, stacks, inUse } = allocations;
  const alive = new Map<HolderFrame | undefined, number>();
  for (const stack of stacks) {
    const innermost = frames[stack.frames.at(-1) ?? -1];
    alive.set(innermost, (alive.get(innermost) ?? 0) + (stack.alive ?? stack.heap));
  }
  return functionsOf(allocations).map((each) => ({
    ...each,
    gone: goneBytes(each, inUse, alive.get(each.frame) ?? each.heap),
  }));
}

/** Of all that was allocated, how much was certainly gone after the cell. */
export function goneOf({ heap, offHeap, inUse, stacks }: Allocations): number {
  // Where V8 does not tell, what stands on no stack may be alive too.
  const isTold = stacks.some((stack) => stack.alive !== undefined);
  const alive = isTold ? stacks.reduce((sum, stack) => sum + (stack.alive ?? stack.heap), 0) : heap;
  return goneBytes({ heap, offHeap }, inUse, alive);
}

function goneBytes(
  { heap, offHeap }: { readonly heap: number; readonly offHeap: number },
  inUse: Allocations["inUse"],
  alive: number,
): number {
  return Math.max(0, heap - Math.min(alive, inUse.heap)) + Math.max(0, offHeap - inUse.offHeap);
}
