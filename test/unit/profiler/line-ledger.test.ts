import { expect, test } from "vitest";
import { LineLedger } from "../../../profiler/probe/lines/line-ledger.js";

const none = 0;
const array = 2;
const table = 3;

/** A ledger of sites 1, 2, …, of which each has been read a hundred times and shown so many bytes of the heap. */
function learned(sites: readonly { readonly variation: number; readonly bytes: number }[]) {
  const counts = new Uint32Array(16);
  const ledger = new LineLedger(counts);
  ledger.prepare({
    firstSite: 1,
    siteCount: sites.length,
    counters: sites.map((_, index) => index + 1),
    variations: sites.map(({ variation }) => variation),
  });
  for (let run = 0; run < 100; run++) {
    for (const [index, { bytes }] of sites.entries()) {
      counts[index + 1] = run + 1;
      ledger.credit(index + 1, bytes, 0);
    }
  }
  const before = sites.map((_, index) => ledger.heap[index + 1] ?? 0);
  return {
    ledger,
    /** All sites run so often without being read; then the first one is. */
    runUnread: (runs: number, heap: number) => {
      for (const [index] of sites.entries()) ledger.putOff(index + 1);
      for (const [index] of sites.entries()) counts[index + 1] = (counts[index + 1] ?? 0) + runs;
      ledger.credit(1, heap, 0);
      ledger.readAll();
    },
    /** The same, where nobody knows what came: returns what was expected. */
    guessUnread: (runs: number) => {
      for (const [index] of sites.entries()) ledger.putOff(index + 1);
      for (const [index] of sites.entries()) counts[index + 1] = (counts[index + 1] ?? 0) + runs;
      const expected = ledger.expectedHeap(1);
      ledger.credit(1, expected, ledger.expectedExternal(1), true, false);
      ledger.readAll();
      return expected;
    },
    gained: () => sites.map((_, index) => Math.round((ledger.heap[index + 1] ?? 0) - (before[index] ?? 0))),
  };
}

test("bytes of a read are certain, those of a run without one are not", () => {
  const { ledger, runUnread } = learned([{ variation: none, bytes: 56 }]);
  expect([ledger.heap[1], ledger.certain[1]]).toEqual([5600, 5600]);
  runUnread(1000, 56_000);
  expect([ledger.heap[1], ledger.certain[1]]).toEqual([61_600, 5600]);
});

test("what runs without being read is shared out by what each run was seen to take", () => {
  const { runUnread, gained } = learned([
    { variation: none, bytes: 56 },
    { variation: none, bytes: 24 },
  ]);
  runUnread(1000, 80_000);
  expect(gained()).toEqual([56_000, 24_000]);
});

test("where far more comes than was expected, an array has made room", () => {
  const { runUnread, gained } = learned([
    { variation: none, bytes: 80 },
    { variation: array, bytes: 48 },
  ]);
  runUnread(1000, 128_000 + 500_000);
  expect(gained()).toEqual([80_000, 548_000]);
});

test.each([
  ["an array, when it is 12 bytes for each time it was added to", 12, 2],
  ["a table, when it is 40", 40, 1],
])("of an array and a table that may have made room it was mostly %s", (_, each, expected) => {
  const { runUnread, gained } = learned([
    { variation: none, bytes: 32 },
    { variation: table, bytes: 0 },
    { variation: array, bytes: 0 },
  ]);
  runUnread(99_900, 99_900 * 32 + 100_000 * each);
  const [literal, ...others] = gained();
  expect(literal).toBe(99_900 * 32);
  expect((others[expected - 1] ?? 0) / (100_000 * each)).toBeGreaterThan(0.8);
});

test("where V8 has come to take memory by the page, sites are paid what they took before", () => {
  const { ledger, runUnread, gained } = learned([
    { variation: none, bytes: 96 },
    { variation: none, bytes: 32 },
  ]);
  // Reads show nothing from here on.
  for (let tick = 0; tick < 30; tick++) {
    for (let read = 0; read < 64; read++) for (const site of [1, 2]) ledger.credit(site, 0, 0);
    for (const site of [1, 2]) ledger.age(site);
    runUnread(10_000, 5 * 257_664);
  }
  const [first = 0, second = 0] = gained();
  expect(first + second).toBe(30 * 5 * 257_664);
  expect(first / (first + second)).toBeCloseTo(0.75, 1);
});

test("a site that V8 has made do without memory gets nothing of what the others take", () => {
  const { ledger, runUnread, gained } = learned([
    { variation: none, bytes: 64 },
    { variation: none, bytes: 64 },
  ]);
  for (let tick = 0; tick < 30; tick++) {
    for (let read = 0; read < 64; read++) {
      ledger.credit(1, 64, 0);
      ledger.credit(2, 0, 0);
    }
    for (const site of [1, 2]) ledger.age(site);
    runUnread(10_000, 640_000);
  }
  const [first = 0, second = 0] = gained();
  expect(second / (first + second)).toBeLessThan(0.1);
});

test("what a look has to guess is what the counts say, and nothing is learnt from it", () => {
  const { ledger, runUnread, gained, guessUnread } = learned([
    { variation: none, bytes: 56 },
    { variation: none, bytes: 24 },
  ]);
  expect(guessUnread(1000)).toBe(80_000);
  expect(gained()).toEqual([56_000, 24_000]);
  expect(ledger.certain[1]).toBe(5600);
  runUnread(1000, 80_000);
  expect(gained()).toEqual([112_000, 48_000]);
});

test.each([
  ["a few times is no habit", 4, 0],
  // Each look halves what was seen before: of 50 runs, which take nothing, 25, then 37.5, 43.75, 46.875 and 48.4375 are left.
  ["again and again is what the next runs take too", 5, 20_000 / 49.4375],
])("what a statement that takes nothing takes %s", (_, events, mean) => {
  const counts = new Uint32Array(16);
  const ledger = new LineLedger(counts);
  ledger.prepare({ firstSite: 1, siteCount: 1, counters: [1], variations: [none] });
  for (let event = 0; event < events; event++) {
    for (let run = 0; run < 50; run++) ledger.credit(1, 0, 0);
    ledger.age(1);
    ledger.credit(1, 20_000, 0);
  }
  expect(ledger.heap[1]).toBe(20_000 * events);
  ledger.putOff(1);
  counts[1] = 1000;
  expect(ledger.expectedHeap(1) / 1000).toBeCloseTo(mean);
});

test("what the first runs of a statement take is no habit until there have been several", () => {
  const counts = new Uint32Array(16);
  const ledger = new LineLedger(counts);
  ledger.prepare({ firstSite: 1, siteCount: 1, counters: [1], variations: [none] });
  const expected = () => {
    counts[1] = (counts[1] ?? 0) + 1;
    return ledger.expectedHeap(1);
  };
  ledger.credit(1, 5000, 0);
  expect(expected()).toBe(0);
  for (let run = 0; run < 3; run++) ledger.credit(1, 5000, 0);
  expect(expected()).toBe(5000);
});

test("a statement is idle once it has shown nothing for long, and a large allocation is not nothing", () => {
  const { ledger } = learned([{ variation: none, bytes: 0 }]);
  const read = (times: number, external: number) => {
    for (let time = 0; time < times; time++) ledger.credit(1, 0, external);
  };
  read(100, 0);
  expect(ledger.isIdle(1)).toBe(true);
  for (let run = 0; run < 100; run++) {
    read(1, 200_000);
    read(100, 0);
    expect(ledger.isIdle(1)).toBe(false);
  }
  read(100, 0);
  expect(ledger.isIdle(1)).toBe(true);
});

test("what is read while a statement waits is part of the run that ends later", () => {
  const { ledger, guessUnread } = learned([{ variation: none, bytes: 600 }]);
  for (let run = 0; run < 400; run++) {
    ledger.credit(1, 500, 0, false);
    ledger.credit(1, 0, 0, false);
    ledger.credit(1, 100, 0);
  }
  expect(guessUnread(10)).toBe(10 * 600);
});
