// Bars of a flame graph, whatever they stand for: who held memory, or what is different between two runs. Pure.
import type { HolderNode } from "../profiler/peak-holders.js";
import { formatPercent } from "./format.js";
import { isUncertain, nameOfFrame, placeOfFrame } from "./memory-profile-holders.js";
import { formatMebibytes } from "./memory-profile-words.js";

/** What the bytes of a part of a bar are; each has its colour, and those of differences a pattern or a sign besides. */
export type FlameKind = "heap" | "offHeap" | "same" | "more" | "less";

/** A bar with all that is under it. */
export interface FlameNode {
  readonly name: string;
  readonly place: string;
  /** How wide it is. */
  readonly bytes: number;
  /** What it is made of, from left to right; without what is empty. */
  readonly parts: readonly { readonly kind: FlameKind; readonly bytes: number }[];
  /** `27.75`, `▲ +11.44`: what stands at its right end. */
  readonly figure: string;
  /** All that is known of it, a line each. */
  readonly words: readonly string[];
  /** The widest first. */
  readonly children: readonly FlameNode[];
}

/** Which bytes a flame graph of holders shows. */
export type ShownBytes = "all" | "heap" | "offHeap";

/** Turns a tree of holders into bars; what holds nothing of the shown kind is left out. */
export function flameOfHolders(root: HolderNode, shown: ShownBytes = "all"): FlameNode {
  const heapOf = ({ heap }: HolderNode) => (shown === "offHeap" ? 0 : heap);
  const offHeapOf = ({ offHeap }: HolderNode) => (shown === "heap" ? 0 : offHeap);
  const whole = heapOf(root) + offHeapOf(root);
  const barOf = (node: HolderNode): FlameNode => {
    const [heap, offHeap] = [heapOf(node), offHeapOf(node)];
    const bytes = heap + offHeap;
    const mark = isUncertain(node.offHeap, node.uncertain) && offHeap > 0 ? "~" : "";
    const figure = `${mark}${formatMebibytes(bytes)}`;
    return {
      name: node.frame === undefined ? "all" : nameOfFrame(node.frame),
      place: node.frame?.line === 0 ? "" : placeOfFrame(node.frame),
      bytes,
      parts: [
        { kind: "heap" as const, bytes: heap },
        { kind: "offHeap" as const, bytes: offHeap },
      ].filter((part) => part.bytes > 0),
      figure,
      words: [
        `${figure} MiB, ${formatPercent(whole === 0 ? 0 : bytes / whole)} of ${formatMebibytes(whole)} MiB`,
        `heap ${formatMebibytes(heap)} MiB, off heap ${mark}${formatMebibytes(offHeap)} MiB`,
      ],
      children: node.children
        .map(barOf)
        .filter((child) => child.bytes > 0)
        .sort((one, other) => other.bytes - one.bytes),
    };
  };
  return barOf(root);
}

/** A bar where it is drawn: `left` and `width` are shares of the whole width. */
export interface PlacedBar {
  readonly node: FlameNode;
  /** Indices of children, from the root. */
  readonly path: readonly number[];
  readonly row: number;
  readonly left: number;
  readonly width: number;
}

/** Places the bars of the tree under `zoom`, and those that lead there across the whole width; none narrower than `narrowest`. */
export function placeBars(root: FlameNode, zoom: readonly number[], narrowest: number): readonly PlacedBar[] {
  const bars: PlacedBar[] = [];
  let node = root;
  for (const [depth, index] of zoom.entries()) {
    bars.push({ node, path: zoom.slice(0, depth), row: depth, left: 0, width: 1 });
    const child = node.children[index];
    if (child === undefined) return bars;
    node = child;
  }
  const place = (each: FlameNode, path: readonly number[], left: number, width: number) => {
    bars.push({ node: each, path, row: path.length, left, width });
    let x = left;
    for (const [index, child] of each.children.entries()) {
      const childWidth = each.bytes === 0 ? 0 : (width * child.bytes) / each.bytes;
      if (childWidth >= narrowest) place(child, [...path, index], x, childWidth);
      x += childWidth;
    }
  };
  place(node, zoom, 0, 1);
  return bars;
}

/** The node at a path; `undefined` when there is none. */
export function nodeAt(root: FlameNode, path: readonly number[]): FlameNode | undefined {
  return path.reduce<FlameNode | undefined>((node, index) => node?.children[index], root);
}

/** Where the functions of `names`, from the root down, stand in another tree: as far down as they go there. */
export function pathOfNames(root: FlameNode, names: readonly string[]): readonly number[] {
  const path: number[] = [];
  let node = root;
  for (const name of names) {
    const index = node.children.findIndex((child) => keyOf(child) === name);
    const child = node.children[index];
    if (child === undefined) break;
    path.push(index);
    node = child;
  }
  return path;
}

/** What tells a bar from the others beside it. */
export function keyOf({ name, place }: FlameNode): string {
  return `${name} ${place}`;
}

/** What the bars whose name or place has `text` in it come to: nested ones are counted once. */
export function findInFlame(root: FlameNode, text: string): { readonly functions: number; readonly bytes: number } {
  const found = new Set<string>();
  let bytes = 0;
  const visit = (node: FlameNode, counted: boolean) => {
    const matches = matchesText(node, text);
    if (matches) found.add(keyOf(node));
    if (matches && !counted) bytes += node.bytes;
    for (const child of node.children) visit(child, counted || matches);
  };
  for (const child of root.children) visit(child, false);
  return { functions: found.size, bytes };
}

/** Whether a bar is one that somebody looks for; upper and lower case are the same. */
export function matchesText(node: FlameNode, text: string): boolean {
  return text !== "" && keyOf(node).toLowerCase().includes(text.toLowerCase());
}
