import { expect, test } from "vitest";
import { functionsOf, type PeakHolders, treeOf } from "../../../profiler/peak-holders.js";

const cell = { name: "", file: "In[3]", line: 0 };
const load = { name: "load", file: "In[2]", line: 4 };
const parse = { name: "parse", file: "In[1]", line: 1 };
const held: Pick<PeakHolders, "frames" | "stacks"> = {
  frames: [cell, load, parse],
  stacks: [
    { frames: [0, 1, 2], heap: 10, offHeap: 100, uncertain: 30 },
    { frames: [0, 1], heap: 20, offHeap: 0, uncertain: 0 },
    { frames: [0, 2], heap: 7, offHeap: 0, uncertain: 0 },
    { frames: [], heap: 1, offHeap: 2, uncertain: 0 },
  ],
};

test("a tree has what each function and its callees held, the largest first", () => {
  const root = treeOf(held);
  expect(root).toMatchObject({ heap: 38, offHeap: 102, uncertain: 30, self: 3 });
  const [top] = root.children;
  expect(top).toMatchObject({ frame: cell, heap: 37, offHeap: 100, self: 0 });
  expect(top?.children.map(({ frame, heap, offHeap, self }) => [frame?.name, heap, offHeap, self])).toEqual([
    ["load", 30, 100, 20],
    ["parse", 7, 0, 7],
  ]);
});

test("functions have what they allocated themselves, over all stacks, and their main caller", () => {
  expect(functionsOf(held)).toEqual([
    { frame: parse, caller: load, heap: 17, offHeap: 100, uncertain: 30 },
    { frame: load, caller: cell, heap: 20, offHeap: 0, uncertain: 0 },
    { heap: 1, offHeap: 2, uncertain: 0 },
  ]);
});
