// Who held the memory that a cell took, at the moment when it held the most: functions, by the stacks that allocated it.

/** A function, where its code begins in what the user wrote. */
export interface HolderFrame {
  /** Empty for a function without a name, and for the cell itself. */
  readonly name: string;
  /** `In[7]`, an absolute path, or `node:…`. */
  readonly file: string;
  /** From 1; 0 when the frame is a whole cell. */
  readonly line: number;
}

/** What was allocated by one stack and alive, or not yet collected, at one moment. */
export interface HolderStack {
  /** Indices into the list of frames, the outermost first; empty when no JavaScript of the user's was running. */
  readonly frames: readonly number[];
  /** Bytes in V8's heap, by samples. */
  readonly heap: number;
  /** Bytes of ArrayBuffers and other memory outside the heap. */
  readonly offHeap: number;
  /** How many of the `offHeap` bytes another stack may have held just as well. */
  readonly uncertain: number;
}

/** Who held what when heap and ArrayBuffers together were at their highest. */
export interface PeakHolders {
  /** The clock of the samples. */
  readonly time: number;
  /** What V8 had in use at that moment, beyond the baseline: the heap, and outside of it. */
  readonly heapGrown: number;
  readonly offHeapGrown: number;
  readonly frames: readonly HolderFrame[];
  /** The largest first. */
  readonly stacks: readonly HolderStack[];
  /** Why something is missing or not certain. */
  readonly notes: readonly string[];
}

/** Stacks with what is said of each, whatever the bytes are: held at one moment, or allocated. */
export type HolderStacks = Pick<PeakHolders, "frames" | "stacks">;

/** A function and all that was called from it; `children` are the largest first. */
export interface HolderNode {
  /** Absent at the root. */
  readonly frame?: HolderFrame;
  /** With everything below. */
  readonly heap: number;
  readonly offHeap: number;
  readonly uncertain: number;
  /** What the function allocated itself. */
  readonly self: number;
  readonly children: readonly HolderNode[];
}

interface Growing {
  readonly frame?: HolderFrame;
  heap: number;
  offHeap: number;
  uncertain: number;
  self: number;
  readonly children: Map<number, Growing>;
}

/** Puts stacks together to a tree. */
export function treeOf({ frames, stacks }: HolderStacks): HolderNode {
  const root: Growing = { heap: 0, offHeap: 0, uncertain: 0, self: 0, children: new Map() };
  for (const stack of stacks) {
    let node = root;
    add(node, stack);
    for (const index of stack.frames) {
      const frame = frames[index];
      if (frame === undefined) break;
      let next = node.children.get(index);
      if (next === undefined) {
        next = { frame, heap: 0, offHeap: 0, uncertain: 0, self: 0, children: new Map() };
        node.children.set(index, next);
      }
      node = next;
      add(node, stack);
    }
    node.self += stack.heap + stack.offHeap;
  }
  return finish(root);
}

/** The same stacks from the inside out: under each function that allocated stand those that called it. */
export function invertHolders({ frames, stacks }: HolderStacks): HolderStacks {
  return { frames, stacks: stacks.map((stack) => ({ ...stack, frames: stack.frames.toReversed() })) };
}

/** A function with what it allocated itself, over all stacks on which it is innermost; the largest first. */
export interface HolderFunction {
  /** Absent for what was allocated while no JavaScript of the user's was running. */
  readonly frame?: HolderFrame;
  readonly heap: number;
  readonly offHeap: number;
  readonly uncertain: number;
  /** The frame that called it for the most bytes. */
  readonly caller?: HolderFrame;
}

/** Sums the stacks up by their innermost function. */
export function functionsOf({ frames, stacks }: HolderStacks): readonly HolderFunction[] {
  const sums = new Map<number, { heap: number; offHeap: number; uncertain: number; caller: number; most: number }>();
  for (const stack of stacks) {
    const { heap, offHeap, uncertain } = stack;
    const innermost = stack.frames.at(-1) ?? -1;
    const sum = sums.get(innermost) ?? { heap: 0, offHeap: 0, uncertain: 0, caller: -1, most: 0 };
    sum.heap += heap;
    sum.offHeap += offHeap;
    sum.uncertain += uncertain;
    if (heap + offHeap > sum.most) {
      sum.most = heap + offHeap;
      sum.caller = stack.frames.at(-2) ?? -1;
    }
    sums.set(innermost, sum);
  }
  return [...sums]
    .map(([index, { heap, offHeap, uncertain, caller }]) => ({
      ...frameAt(frames, index, "frame"),
      ...frameAt(frames, caller, "caller"),
      heap,
      offHeap,
      uncertain,
    }))
    .sort((a, b) => b.heap + b.offHeap - (a.heap + a.offHeap));
}

function frameAt<K extends string>(
  frames: readonly HolderFrame[],
  index: number,
  key: K,
): { readonly [P in K]?: HolderFrame } {
  const frame = frames[index];
  // One property of the name that the caller asked for.
  return (frame === undefined ? {} : { [key]: frame }) as { readonly [P in K]?: HolderFrame };
}

function add(node: Growing, { heap, offHeap, uncertain }: HolderStack): void {
  node.heap += heap;
  node.offHeap += offHeap;
  node.uncertain += uncertain;
}

function finish({ children, ...node }: Growing): HolderNode {
  return {
    ...node,
    children: [...children.values()].map(finish).sort((a, b) => b.heap + b.offHeap - (a.heap + a.offHeap)),
  };
}
