import { expect, test } from "vitest";
import type { LineReading } from "../../../profiler/lines/line-reading.js";
import {
  type LineSpan,
  mergeSpans,
  runningLinesOf,
  type SeenLine,
  seenLinesOf,
} from "../../../profiler/lines/running-lines.js";

const source = "\nconst a = make();\n  const b = a.map(twice);\n\nb.length";
const cell = { began: 1000, ended: 1100, peak: 1050, source };

function looks(...pairs: readonly (readonly [time: number, line: number])[]): readonly SeenLine[] {
  return pairs.map(([time, line]) => ({ time, line }));
}

function spansOf(seen: readonly SeenLine[], fromOutside = false) {
  const lines = runningLinesOf({ seen, fromOutside }, cell);
  return lines?.spans.map(({ from, to, first, last }) => [from, to, first, last]);
}

test("a line runs from half-way since the look before until half-way to the next", () => {
  expect(
    spansOf(looks([1010, 2], [1020, 2], [1030, 3], [1040, 3], [1050, 3], [1060, 3], [1070, 3], [1080, 3], [1090, 5])),
  ).toEqual([
    [0, 25, 2, 2],
    [25, 85, 3, 3],
    [85, 100, 5, 5],
  ]);
});

test("while nobody could look it was one of the lines between, unless the same line was seen at both ends", () => {
  expect(
    spansOf(looks([1005, 2], [1010, 2], [1015, 2], [1070, 5], [1075, 5], [1080, 5], [1085, 5], [1095, 5])),
  ).toEqual([
    [0, 15, 2, 2],
    [15, 70, 2, 5],
    [70, 100, 5, 5],
  ]);
  expect(spansOf(looks([1010, 3], [1020, 3], [1080, 3], [1085, 3], [1090, 3]))).toEqual([[0, 100, 3, 3]]);
});

test("the older a cell, the further looks may be apart", () => {
  const seen = looks([1010, 2], [1020, 2], [1030, 2], [1040, 2], [1050, 2], [1060, 2], [1300, 3], [1400, 3], [1500, 5]);
  const spans = runningLinesOf({ seen, fromOutside: false }, { ...cell, ended: 1520 })?.spans;
  expect(spans?.map(({ from, to, first, last }) => [from, to, first, last])).toEqual([
    [0, 60, 2, 2],
    [60, 300, 2, 3],
    [300, 450, 3, 3],
    [450, 520, 5, 5],
  ]);
});

test("a line that was about to take memory ran from then until the next look", () => {
  const taking = { time: 1030, line: 3, takes: true } as const;
  expect(spansOf([...looks([1010, 2], [1020, 2]), taking, ...looks([1040, 5], [1050, 5], [1100, 5])])).toEqual([
    [0, 30, 2, 2],
    [30, 40, 3, 3],
    [40, 100, 5, 5],
  ]);
});

test("a line that was about to take memory ran until the end, where nobody looked again in time", () => {
  const taking = { time: 1200, line: 3, takes: true } as const;
  const seen = [...looks([1020, 2], [1040, 2], [1070, 2], [1110, 2], [1150, 2]), taking];
  const spans = runningLinesOf({ seen, fromOutside: false }, { ...cell, ended: 1260 })?.spans;
  expect(spans?.map(({ from, to, first, last }) => [from, to, first, last])).toEqual([
    [0, 200, 2, 2],
    [200, 260, 3, 3],
  ]);
});

test("what comes before the first look may have been any line since the first one that is written, and the end likewise", () => {
  expect(spansOf(looks([1050, 3], [1055, 3]))).toEqual([
    [0, 50, 2, 3],
    [50, 55, 3, 3],
    [55, 100, 3, 5],
  ]);
});

test("looks from another thread have no such gaps", () => {
  expect(spansOf(looks([1001, 2], [1070, 3], [1099, 5]), true)).toEqual([
    [0, 35.5, 2, 2],
    [35.5, 84.5, 3, 3],
    [84.5, 100, 5, 5],
  ]);
});

test("where no line of the cell was on the stack there is no span", () => {
  const waiting = [1020, 1030, 1040, 1050, 1060, 1070, 1080].map((time) => [time, 0] as const);
  expect(spansOf(looks([1010, 2], ...waiting, [1090, 3]))).toEqual([
    [0, 15, 2, 2],
    [85, 100, 3, 3],
  ]);
  expect(runningLinesOf({ seen: looks([1010, 0]), fromOutside: false }, cell)).toBeUndefined();
});

test("what ran at the peak is told with its text, as near or for certain", () => {
  const seen = looks([1010, 2], [1020, 3], [1030, 3], [1040, 3], [1050, 3], [1060, 3], [1070, 3], [1080, 3], [1090, 5]);
  const near = runningLinesOf({ seen, fromOutside: false }, cell);
  expect(near?.peak).toEqual({ first: 3, last: 3, near: true, time: 50 });
  expect(near?.texts).toEqual({ 2: "const a = make();", 3: "const b = a.map(twice);", 5: "b.length" });
  expect(runningLinesOf({ seen, fromOutside: true, atPeak: 2 }, cell)?.peak).toEqual({
    first: 2,
    last: 2,
    near: false,
    time: 50,
  });
});

test("of a peak at which no line ran, the line is told that had run last", () => {
  const waiting = [1020, 1030, 1040, 1050, 1060, 1070, 1080].map((time) => [time, 0] as const);
  const peakAt = (...seen: readonly (readonly [number, number])[]) =>
    runningLinesOf({ seen: looks(...seen), fromOutside: false }, cell)?.peak;
  const before = { first: 2, last: 2, near: true, waited: true, time: 50 };
  expect(peakAt([1010, 2], ...waiting, [1090, 3])).toEqual(before);
});

test("a loop over two lines for an hour has no more spans than can be drawn", () => {
  const seen = Array.from({ length: 4000 }, (_, index) => ({ time: index * 900, line: 2 + (index % 2) }));
  const lines = runningLinesOf({ seen, fromOutside: true }, { ...cell, began: 0, ended: 3_600_000, peak: 5 });
  expect(lines?.spans.length).toBeLessThan(200);
  expect(lines?.spans.every(({ first, last }) => first === 2 && last === 3)).toBe(true);
});

const span = (from: number, to: number, first: number, last = first): LineSpan => ({ from, to, first, last });

test.each<[string, readonly LineSpan[], readonly LineSpan[]]>([
  ["long spans stay", [span(0, 50, 1), span(50, 100, 2)], [span(0, 50, 1), span(50, 100, 2)]],
  ["a short one is lost in a long one", [span(0, 50, 1), span(50, 51, 9), span(51, 100, 1)], [span(0, 100, 1)]],
  ["short ones are put together", [span(0, 4, 3), span(4, 8, 5), span(8, 12, 4)], [span(0, 12, 3, 5)]],
  ["a gap parts them", [span(0, 4, 3), span(40, 44, 3)], [span(0, 4, 3), span(40, 44, 3)]],
])("%s", (_, spans, merged) => {
  expect(mergeSpans(spans, 10)).toEqual(merged);
});

const reading: LineReading = {
  counts: new Float64Array(3),
  heap: new Float64Array(3),
  external: new Float64Array(3),
  certain: new Float64Array(3),
  cpu: new Float64Array(3),
  rss: new Float64Array(3),
  peak: Float64Array.of(100, 300, 200),
  elsewhere: { heap: 0, external: 0, cpu: 0, rss: 0, peak: 0 },
  sampleCount: 5,
  course: { began: 1000, step: 2, sites: Int32Array.of(7, 7, 9, 0, 8) },
  firstSite: 7,
  notes: [],
};
const site = (line: number) => ({ line, counter: 0, reads: true, variation: 0 });

test("the looks of a measurement by line tell the line, also for a function of another cell, and none while the cell waits", () => {
  const scripts = [
    { isCurrent: true, sites: [site(2), site(3)] },
    { isCurrent: false, sites: [site(40)] },
  ];
  expect(seenLinesOf(scripts, reading)).toEqual({
    seen: looks([1001, 2], [1003, 2], [1005, 2], [1007, 0], [1009, 3]),
    fromOutside: true,
    atPeak: 3,
  });
  expect(seenLinesOf([{ isCurrent: false, sites: [site(1), site(2), site(3)] }], reading)).toBeUndefined();
});
