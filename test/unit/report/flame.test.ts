import { expect, test } from "vitest";
import { type HolderStack, invertHolders, type PeakHolders, treeOf } from "../../../profiler/peak-holders.js";
import { type FlameNode, findInFlame, flameOfHolders, nodeAt, pathOfNames, placeBars } from "../../../report/flame.js";

const MiB = 1024 ** 2;
const frames = [
  { name: "", file: "In[3]", line: 0 },
  { name: "load", file: "In[1]", line: 1 },
  { name: "parse", file: "In[1]", line: 4 },
  { name: "decode", file: "/work/node_modules/arrow/decode.js", line: 9 },
];
const stack = (at: readonly number[], heap: number, offHeap = 0): HolderStack => ({
  frames: at,
  heap: heap * MiB,
  offHeap: offHeap * MiB,
  uncertain: 0,
});
const holders: PeakHolders = {
  time: 5,
  heapGrown: 60 * MiB,
  offHeapGrown: 40 * MiB,
  frames,
  // `parse` by two ways, and once under itself.
  stacks: [stack([0, 1, 2], 30), stack([0, 1, 2, 2], 10), stack([0, 2, 3], 20, 40)],
  notes: [],
};

function outline({ name, bytes, children }: FlameNode): unknown {
  return [`${name} ${bytes / MiB}`, ...children.map(outline)];
}

test("bars are as wide as what was held under them, the widest first", () => {
  expect(outline(flameOfHolders(treeOf(holders)))).toEqual([
    "all 100",
    ["In[3] 100", ["parse 60", ["decode 60"]], ["load 40", ["parse 40", ["parse 10"]]]],
  ]);
});

test("inverted, the functions that allocated stand above those that called them", () => {
  expect(outline(flameOfHolders(treeOf(invertHolders(holders))))).toEqual([
    "all 100",
    ["decode 60", ["parse 60", ["In[3] 60"]]],
    ["parse 40", ["load 30", ["In[3] 30"]], ["parse 10", ["load 10", ["In[3] 10"]]]],
  ]);
});

test("a graph of one kind of memory leaves out what holds none of it", () => {
  expect(outline(flameOfHolders(treeOf(holders), "offHeap"))).toEqual([
    "all 40",
    ["In[3] 40", ["parse 40", ["decode 40"]]],
  ]);
});

test("what a search finds is counted once, also where it is under itself", () => {
  const root = flameOfHolders(treeOf(holders));
  expect(findInFlame(root, "PARSE")).toEqual({ functions: 1, bytes: 100 * MiB });
  expect(findInFlame(root, "arrow/")).toEqual({ functions: 1, bytes: 60 * MiB });
  expect(findInFlame(root, "nothing")).toEqual({ functions: 0, bytes: 0 });
});

test("zoomed, a bar and all above it are as wide as the graph", () => {
  const root = flameOfHolders(treeOf(holders));
  const bars = placeBars(root, [0, 1], 0).map(({ node, row, left, width }) => [node.name, row, left, width]);
  expect(bars).toEqual([
    ["all", 0, 0, 1],
    ["In[3]", 1, 0, 1],
    ["load", 2, 0, 1],
    ["parse", 3, 0, 1],
    ["parse", 4, 0, 0.25],
  ]);
  expect(placeBars(root, [], 0.5).map(({ node }) => node.name)).toEqual(["all", "In[3]", "parse", "decode"]);
});

test("the same functions are found again in another tree, as far down as they go there", () => {
  const root = flameOfHolders(treeOf(holders));
  const names = ["In[3] ", "load In[1]:1", "parse In[1]:4", "gone In[9]:1"];
  const path = pathOfNames(root, names);
  expect(path).toEqual([0, 1, 0]);
  expect(nodeAt(root, path)?.name).toBe("parse");
});
