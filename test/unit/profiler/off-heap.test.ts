import { expect, test } from "vitest";
import type { StackTable } from "../../../profiler/probe/self/call-stack.js";
import { watchOffHeap } from "../../../profiler/probe/self/off-heap.js";

const MiB = 1024 ** 2;

/** Memory and a stack that the test sets; the watch reads nothing else. */
function watch() {
  const now = { external: 2 * MiB, stack: 0, clock: 0 };
  // Of the table only `capture` is used.
  const stacks = { capture: () => now.stack } as unknown as StackTable;
  const offHeap = watchOffHeap(
    stacks,
    () => now.external,
    () => now.clock,
  );
  const allocate = (stack: number, bytes: number | undefined, comes: number) => {
    now.stack = stack;
    offHeap.allocated(bytes);
    now.external += comes;
  };
  const held = () =>
    Object.fromEntries(offHeap.holders().map(({ stack, bytes, uncertain }) => [stack, [bytes / MiB, uncertain / MiB]]));
  return { now, offHeap, allocate, held };
}

test("what an allocator asked for belongs to the stack that called it", () => {
  const { offHeap, allocate, held } = watch();
  allocate(1, 10 * MiB, 10 * MiB);
  allocate(2, 4 * MiB, 4 * MiB);
  offHeap.settle();
  expect(held()).toEqual({ 1: [10, 0], 2: [4, 0] });
  expect([offHeap.grown(), offHeap.total()]).toEqual([14 * MiB, 14 * MiB]);
});

test("what was freed again stays in the sums of what was allocated", () => {
  const { now, offHeap, allocate, held } = watch();
  allocate(1, 10 * MiB, 10 * MiB);
  offHeap.settle();
  now.external -= 10 * MiB;
  allocate(2, 4 * MiB, 4 * MiB);
  allocate(1, 3 * MiB, 3 * MiB);
  offHeap.settle();
  expect(held()).toEqual({ 1: [3, 0], 2: [4, 0] });
  expect(offHeap.allocations()).toEqual([
    { stack: 1, bytes: 13 * MiB, uncertain: 0 },
    { stack: 2, bytes: 4 * MiB, uncertain: 0 },
  ]);
});

test("memory that is just being allocated is counted at once", () => {
  const { offHeap, allocate, held } = watch();
  allocate(1, 800 * MiB, 0);
  expect(held()).toEqual({ 1: [800, 0] });
  expect(offHeap.grown()).toBe(800 * MiB);
});

test("an allocator that calls another one counts once", () => {
  const { offHeap, allocate, held } = watch();
  allocate(1, 10 * MiB, 0);
  allocate(2, 10 * MiB, 10 * MiB);
  offHeap.settle();
  expect(held()).toEqual({ 2: [10, 0] });
});

test("an allocator whose argument tells nothing is charged with what grew", () => {
  const { offHeap, allocate, held } = watch();
  allocate(1, undefined, 3 * MiB);
  offHeap.settle();
  expect(held()).toEqual({ 1: [3, 0] });
});

test("what grew without notice is charged to what runs, and is uncertain", () => {
  const { now, offHeap, held } = watch();
  now.external += 5 * MiB;
  now.stack = 7;
  offHeap.settle();
  expect(held()).toEqual({ 7: [5, 5] });
});

test("what grew when nothing runs any more is charged to what was seen last, until nothing runs at a look", () => {
  const { now, offHeap, allocate, held } = watch();
  allocate(1, 10 * MiB, 10 * MiB);
  offHeap.settle();
  now.external += 20 * MiB;
  now.stack = 0;
  offHeap.settle();
  expect(held()).toEqual({ 1: [30, 20] });
  now.external += 5 * MiB;
  offHeap.settle();
  expect(held()).toEqual({ 0: [5, 5], 1: [30, 20] });
});

test("what a collection takes was the youngest, which is uncertain when others may have gone", () => {
  const { now, offHeap, allocate, held } = watch();
  allocate(1, 100 * MiB, 100 * MiB);
  for (let i = 0; i < 5; i++) allocate(2, 8 * MiB, 8 * MiB);
  offHeap.settle();
  now.external -= 32 * MiB;
  offHeap.settle();
  expect(held()).toEqual({ 1: [100, 100], 2: [8, 8] });
});

test("what one stack alone holds stays certain when a part of it goes", () => {
  const { now, offHeap, allocate, held } = watch();
  for (let i = 0; i < 3; i++) allocate(1, 8 * MiB, 8 * MiB);
  offHeap.settle();
  now.external -= 16 * MiB;
  offHeap.settle();
  expect(held()).toEqual({ 1: [8, 0] });
});

test("while the breaks rest, growth is shared as it was spread before", () => {
  const { now, offHeap, allocate, held } = watch();
  allocate(1, 3 * MiB, 3 * MiB);
  allocate(2, MiB, MiB);
  offHeap.rest();
  now.external += 40 * MiB;
  offHeap.settle();
  expect(held()).toEqual({ 1: [33, 30], 2: [11, 10] });
});

test("what grows while no allocator gives notice is spread as before, also where no argument told how much", () => {
  const { now, offHeap, allocate, held } = watch();
  allocate(1, undefined, 3 * MiB);
  offHeap.settle();
  offHeap.rest();
  now.external += 2 * MiB;
  now.stack = 9;
  offHeap.settle();
  expect(held()).toEqual({ 1: [5, 2] });
});

test("what grows when no allocator has ever grown anything is charged to what runs", () => {
  const { now, offHeap, allocate, held } = watch();
  allocate(1, undefined, 0);
  offHeap.rest();
  now.external += 2 * MiB;
  now.stack = 9;
  offHeap.settle();
  expect(offHeap.total()).toBe(2 * MiB);
  expect(Object.values(held()).map(([bytes]) => bytes)).toEqual([2]);
});

test("a leap while no allocator gives notice belongs to what runs, not to the small ones before", () => {
  const { now, offHeap, allocate, held } = watch();
  for (let call = 0; call < 100; call++) {
    allocate(1, 1024, 1024);
    now.clock += 0.1;
  }
  offHeap.rest();
  now.clock += 10;
  now.external += MiB;
  offHeap.settle();
  now.clock += 10;
  now.external += 60 * MiB;
  now.stack = 2;
  offHeap.settle();
  expect(held()[2]).toEqual([60, 60]);
  expect(held()[1]?.[0]).toBeCloseTo(1.1, 1);
});
