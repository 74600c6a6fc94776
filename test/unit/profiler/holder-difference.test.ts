import { expect, test } from "vitest";
import { type DifferenceNode, differenceOf, type KeptHolders } from "../../../profiler/holder-difference.js";
import { flameOfDifference } from "../../../report/memory-difference.js";

const MiB = 1024 ** 2;

/** Stacks as `[cell or file, function, line] …`, with what each held in MiB. */
function holders(
  ...stacks: readonly (readonly [bytes: number, ...stack: readonly [string, string, number][]])[]
): KeptHolders {
  const frames = stacks.flatMap(([, ...stack]) => stack.map(([file, name, line]) => ({ file, name, line })));
  let next = 0;
  return {
    frames,
    stacks: stacks.map(([bytes, ...stack]) => ({
      frames: stack.map(() => next++),
      heap: bytes * MiB,
      offHeap: 0,
      uncertain: 0,
    })),
  };
}

function outline({ frame, before, now, same, more, less, children }: DifferenceNode): unknown {
  const place = frame === undefined ? "" : `${frame.name} ${frame.file}:${frame.line}`;
  return [place, ...[before, now, same, more, less].map((bytes) => bytes / MiB), ...children.map(outline)];
}

test("a function is the same one when its lines or the number of its cell have changed", () => {
  const before = holders([10, ["In[3]", "", 0], ["In[2]", "load", 4]], [5, ["In[3]", "", 0]]);
  const now = holders([16, ["In[9]", "", 0], ["In[8]", "load", 7]], [5, ["In[9]", "", 0]]);
  expect(outline(differenceOf(before, now))).toEqual([
    "",
    15,
    21,
    15,
    6,
    0,
    [" In[9]:0", 15, 21, 15, 6, 0, ["load In[8]:7", 10, 16, 10, 6, 0]],
  ]);
});

test("functions of files are told by their file, of packages wherever they are installed", () => {
  const before = holders([4, ["/home/a/node_modules/arrow/table.js", "from", 9]], [3, ["/work/a.ts", "read", 1]]);
  const now = holders([4, ["/other/node_modules/arrow/table.js", "from", 12]], [3, ["/work/b.ts", "read", 1]]);
  expect(outline(differenceOf(before, now))).toEqual([
    "",
    7,
    7,
    4,
    3,
    3,
    ["from /other/node_modules/arrow/table.js:12", 4, 4, 4, 0, 0],
    ["read /work/a.ts:1", 3, 0, 0, 0, 3],
    ["read /work/b.ts:1", 0, 3, 0, 3, 0],
  ]);
});

test("what grew in one function and shrank in another is shown as both, though the sum is the same", () => {
  const before = holders([10, ["In[1]", "", 0], ["In[1]", "rows", 2]]);
  const now = holders([10, ["In[1]", "", 0], ["In[1]", "columns", 5]]);
  const { words, figure, parts } = flameOfDifference(differenceOf(before, now));
  expect(figure).toBe("≈");
  expect(parts).toEqual([
    { kind: "more", bytes: 10 * MiB },
    { kind: "less", bytes: 10 * MiB },
  ]);
  expect(words[0]).toBe("10.00 MiB before, 10.00 MiB now: ≈");
});
