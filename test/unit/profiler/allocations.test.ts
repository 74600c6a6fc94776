import { expect, test } from "vitest";
import { type Allocations, allocatorsOf, goneOfAll } from "../../../profiler/allocations.js";

const MiB = 1024 ** 2;
const parse = { name: "parse", file: "In[1]", line: 3 };
const load = { name: "load", file: "In[2]", line: 1 };

/** What `parse` and `load` allocated, in MiB. */
function allocations(more: Partial<Allocations> = {}, alive?: readonly [number, number]): Allocations {
  return {
    heap: 500 * MiB,
    offHeap: 40 * MiB,
    inUse: { heap: 10 * MiB, offHeap: 2 * MiB },
    grown: { heap: 3 * MiB, offHeap: 0 },
    frames: [load, parse],
    stacks: [
      { frames: [0, 1], heap: 300 * MiB, offHeap: 0, uncertain: 0, ...(alive && { alive: alive[0] * MiB }) },
      { frames: [1], heap: 100 * MiB, offHeap: 0, uncertain: 0, ...(alive && { alive: alive[1] * MiB }) },
      { frames: [0], heap: 8 * MiB, offHeap: 40 * MiB, uncertain: 0 },
    ],
    notes: [],
    ...more,
  };
}

const goneBy = (of: Allocations) =>
  Object.fromEntries(allocatorsOf(of).map(({ frame, gone }) => [frame?.name, gone.certain / MiB]));

test("no more of a function is alive than all that is in use: the rest is gone for certain", () => {
  expect(goneBy(allocations())).toEqual({ parse: 390, load: 38 });
  expect(goneOfAll(allocations()).certain / MiB).toBe(490 + 38);
});

test("where more is in use than a function allocated nothing is certain of it", () => {
  const crowded = allocations({ inUse: { heap: 450 * MiB, offHeap: 100 * MiB } });
  expect(goneBy(crowded)).toEqual({ parse: 0, load: 0 });
  expect(goneOfAll(crowded).certain / MiB).toBe(50);
});

test("if nothing older was let go of, no more is alive than is in use more than before", () => {
  const crowded = allocations({ inUse: { heap: 450 * MiB, offHeap: 100 * MiB } });
  expect(allocatorsOf(crowded).map(({ gone }) => gone.likely / MiB)).toEqual([397, 45]);
  expect(goneOfAll(crowded).likely / MiB).toBe(537);
});

test("where V8 tells which samples are alive, those of a function are counted over its stacks", () => {
  const told = allocations({ inUse: { heap: 450 * MiB, offHeap: 2 * MiB } }, [5, 1]);
  expect(goneBy(told)).toEqual({ parse: 394, load: 38 });
});
