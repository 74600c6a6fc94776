// Who held more and who held less than in a run before, by stack.
import type { HolderFrame, PeakHolders } from "./peak-holders.js";

/** The stacks of a run, as a baseline keeps them. */
export type KeptHolders = Pick<PeakHolders, "frames" | "stacks">;

/** A function in both runs or in one of them, with all that was called from it. */
export interface DifferenceNode {
  /** Where it is now, or where it was; absent at the root. */
  readonly frame?: HolderFrame;
  /** Bytes that it and all under it held. */
  readonly before: number;
  readonly now: number;
  /** What was held in both runs, what only now, and what only before: function by function, under it summed up. */
  readonly same: number;
  readonly more: number;
  readonly less: number;
  /** The widest first. */
  readonly children: readonly DifferenceNode[];
}

interface Growing {
  frame?: HolderFrame;
  before: number;
  now: number;
  readonly children: Map<string, Growing>;
}

/** Puts the stacks of two runs over each other. Functions are the same by name and file; lines move when code is changed. */
export function differenceOf(before: KeptHolders, now: KeptHolders): DifferenceNode {
  const root: Growing = { before: 0, now: 0, children: new Map() };
  addTo(root, before, "before");
  addTo(root, now, "now");
  return finish(root);
}

/** What tells a function from others in runs between which code is changed and cells are run again, under new numbers. */
function keyOf({ name, file, line }: HolderFrame): string {
  if (/^In\[\d+\]$/.test(file)) return line === 0 && name === "" ? "the cell" : `cell ${name}`;
  const path = file.replaceAll("\\", "/");
  const inPackage = path.lastIndexOf("/node_modules/");
  return `${inPackage < 0 ? path : path.slice(inPackage)} ${name}`;
}

function addTo(root: Growing, { frames, stacks }: KeptHolders, run: "before" | "now"): void {
  for (const { frames: indices, heap, offHeap } of stacks) {
    let node = root;
    for (const index of indices) {
      const frame = frames[index];
      if (frame === undefined) break;
      const key = keyOf(frame);
      const next: Growing = node.children.get(key) ?? { before: 0, now: 0, children: new Map() };
      node.children.set(key, next);
      // The later run is added last: its lines are those of the code as it is.
      next.frame = frame;
      node = next;
    }
    node[run] += heap + offHeap;
  }
}

function finish({ frame, before, now, children }: Growing): DifferenceNode {
  const below = [...children.values()].map(finish);
  const sum = (own: number, of: (node: DifferenceNode) => number) => below.reduce((all, node) => all + of(node), own);
  return {
    ...(frame && { frame }),
    before: sum(before, (node) => node.before),
    now: sum(now, (node) => node.now),
    same: sum(Math.min(before, now), (node) => node.same),
    more: sum(Math.max(0, now - before), (node) => node.more),
    less: sum(Math.max(0, before - now), (node) => node.less),
    children: below.sort((one, other) => widthOf(other) - widthOf(one)),
  };
}

function widthOf({ same, more, less }: DifferenceNode): number {
  return same + more + less;
}
