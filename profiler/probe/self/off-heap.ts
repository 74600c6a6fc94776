// Which stacks allocated what V8 counts outside its heap. Breaks at the entry of the allocators call `allocated` with
// the stack still there; what grew with no call is charged to the stack that is found running, and is not certain.
import { getHeapStatistics } from "node:v8";
import type { StackTable } from "./call-stack.js";
import { neverOptimize } from "./never-optimize.js";

/** Bytes outside the heap by the number of the stack that allocated them. */
export interface OffHeapStack {
  readonly stack: number;
  readonly bytes: number;
  readonly uncertain: number;
}

/** Follows the memory outside the heap. */
export interface OffHeap {
  /** An allocator begins; `bytes` is absent when its arguments do not tell. */
  readonly allocated: (bytes: number | undefined) => void;
  /** Compares what V8 counts with what is known, and charges the difference. */
  readonly settle: () => void;
  /** From now on allocators are called without notice. */
  readonly rest: () => void;
  /** What is held at this moment. */
  readonly holders: () => readonly OffHeapStack[];
  /** What V8 counts beyond what it counted at the start. */
  readonly grown: () => number;
  /** All that was allocated so far, as far as it was seen. */
  readonly total: () => number;
  /** The same by stack, whatever has been freed since. */
  readonly allocations: () => readonly OffHeapStack[];
}

interface Piece {
  readonly stack: number;
  bytes: number;
  uncertain: number;
}

/** Less than this is V8's own counting, and no buffer. */
const slack = 64 * 1024;
/** While no allocator gives notice, growth of less than this at once is more of the same. */
const leap = 2 * 1024 * 1024;
/** No allocator is called more often than once in so many milliseconds. */
const fastestCall = 0.0005;
/** Long lists of pieces are put together by stack: the order among them is lost. */
const pieceLimit = 8192;

/** Starts to follow; whatever is there already belongs to nobody. */
export function watchOffHeap(stacks: StackTable, read = readExternal, clock = () => performance.now()): OffHeap {
  const base = read();
  // The youngest last: that is what a collection mostly frees.
  let pieces: Piece[] = [];
  let known = 0;
  let total = 0;
  const totals = new Map<number, Piece>();
  // An allocator that has begun: its memory is counted when it is looked for next.
  let pending: { readonly stack: number; readonly bytes: number | undefined } | undefined;
  // Of the time when every allocator gave notice: how the bytes were spread over the stacks.
  let shares = new Map<number, number>();
  let resting = false;
  let calls = 0;
  let settledAt = clock();
  // The stack of the last call of an allocator, or of the look after it.
  let seen = 0;

  const push = (stack: number, bytes: number, uncertain: number) => {
    known += bytes;
    total += bytes;
    addTo(totals, stack, bytes, uncertain);
    const last = pieces.at(-1);
    if (last?.stack === stack) {
      last.bytes += bytes;
      last.uncertain += uncertain;
      return;
    }
    pieces.push({ stack, bytes, uncertain });
    if (pieces.length > pieceLimit) pieces = merge(pieces);
  };
  const charge = (grown: number) => {
    const spread = resting ? [...shares.values()].reduce((all, bytes) => all + bytes, 0) : 0;
    // What small allocators cannot have grown meanwhile is not more of the same.
    const most = Math.max(leap, ((spread / Math.max(1, calls)) * Math.max(1, clock() - settledAt)) / fastestCall);
    const sum = grown > most ? 0 : spread;
    if (sum === 0) {
      // When nothing runs any more, what was seen last has done it: a cell ends before anybody looks.
      if (grown > slack) push(stacks.capture() || seen, grown, grown);
      return;
    }
    for (const [stack, bytes] of shares) push(stack, (grown * bytes) / sum, (grown * bytes) / sum);
  };
  const free = (bytes: number) => {
    known -= bytes;
    let left = bytes;
    for (let last = pieces.at(-1); last !== undefined && left > 0; last = pieces.at(-1)) {
      const taken = Math.min(left, last.bytes);
      left -= taken;
      last.uncertain = Math.max(0, last.uncertain - taken);
      last.bytes -= taken;
      if (last.bytes > 0) break;
      pieces.pop();
    }
    // Which of them are left is a guess from here on, unless it is all of one stack.
    const [first] = pieces;
    if (pieces.some(({ stack }) => stack !== first?.stack)) for (const piece of pieces) piece.uncertain = piece.bytes;
  };
  const settle = (next: boolean) => {
    reckon(next);
    settledAt = clock();
  };
  const reckon = (next: boolean) => {
    const grown = read() - base - known;
    const waiting = pending;
    if (waiting === undefined) {
      if (grown > 0) charge(grown);
      else if (grown < -slack) free(-grown);
      return;
    }
    const { stack, bytes } = waiting;
    const expected = bytes ?? 1;
    if (grown >= expected * 0.9) {
      pending = undefined;
      push(stack, bytes ?? grown, 0);
      if (bytes === undefined) shares.set(stack, (shares.get(stack) ?? 0) + grown);
      if (bytes !== undefined && grown - bytes > slack) charge(grown - bytes);
      return;
    }
    if (grown < -slack) {
      // It has come, and a collection has taken others.
      pending = undefined;
      push(stack, bytes ?? 0, 0);
      free((bytes ?? 0) - grown);
      return;
    }
    // An allocator that calls another one has told of the same memory: the inner one counts.
    if (next || bytes === undefined) pending = undefined;
  };

  const following: OffHeap = {
    allocated: (bytes) => {
      if (bytes === 0) return;
      settle(true);
      const stack = stacks.capture();
      seen = stack;
      pending = { stack, bytes };
      if (resting) {
        resting = false;
        shares = new Map();
        calls = 0;
      }
      calls += 1;
      shares.set(stack, (shares.get(stack) ?? 0) + (bytes ?? 0));
    },
    settle: () => {
      settle(false);
      if (seen !== 0) seen = stacks.capture();
    },
    rest: () => {
      settle(false);
      resting = true;
    },
    holders: () => {
      const held = merge(pieces);
      // The one that has begun will be there in a moment: this is when a short peak is seen at all.
      if (pending?.bytes !== undefined) held.push({ stack: pending.stack, bytes: pending.bytes, uncertain: 0 });
      return merge(held);
    },
    grown: () => read() - base + (pending?.bytes ?? 0),
    total: () => total,
    allocations: () => [...totals.values()],
  };
  neverOptimize(push, charge, free, settle, reckon, following.allocated, following.settle, following.grown);
  return following;
}

function merge(pieces: readonly Piece[]): Piece[] {
  const sums = new Map<number, Piece>();
  for (const { stack, bytes, uncertain } of pieces) addTo(sums, stack, bytes, uncertain);
  return [...sums.values()];
}

function addTo(sums: Map<number, Piece>, stack: number, bytes: number, uncertain: number): void {
  const sum = sums.get(stack);
  if (sum === undefined) sums.set(stack, { stack, bytes, uncertain });
  else {
    sum.bytes += bytes;
    sum.uncertain += uncertain;
  }
}

function readExternal(): number {
  return getHeapStatistics().external_memory;
}
