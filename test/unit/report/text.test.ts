import { expect, test } from "vitest";
import { sparkline, terminalWidth, textBar, textTable } from "../../../report/text.js";

test("a table aligns its columns by what a terminal shows and ends no line in spaces", () => {
  const table = textTable(
    [{ title: "name" }, { title: "size", align: "end" }, { title: "note" }],
    [
      ["本", "1", ""],
      ["abc", "1000", "x"],
    ],
  );
  expect(table.split("\n")).toEqual(["name  size  note", "本       1", "abc   1000  x"]);
});

test("a curve keeps a peak that is shorter than one of its characters", () => {
  const values = Array.from({ length: 1000 }, (_, index) => (index === 500 ? 100 : 1));
  const curve = sparkline(values, { width: 10 });
  expect(curve).toBe("▁▁▁▁▁█▁▁▁▁");
});

test.each([
  { values: [], curve: "" },
  { values: [0, 0], curve: "▁▁" },
  { values: [1, Number.NaN, 8], curve: "▂ █" },
  { values: [5], curve: "█" },
])("the curve of $values is $curve", ({ values, curve }) => {
  expect(sparkline(values)).toBe(curve);
});

test("a curve on a given scale does not leave it", () => {
  expect(sparkline([-5, 5, 50], { min: 0, max: 10 })).toBe("▁▅█");
});

test.each([
  [0, "░░░░"],
  [0.5, "██░░"],
  [0.53125, "██▏░"],
  [1, "████"],
  [7, "████"],
  [-1, "░░░░"],
])("the bar of %d is %s", (share, bar) => {
  expect(textBar(share, 4)).toBe(bar);
});

test.each([
  ["abc", 3],
  ["e\u0301", 1],
  ["日本", 4],
  ["한", 2],
  ["😀", 2],
])("%s takes %d cells", (text, cells) => {
  expect(terminalWidth(text)).toBe(cells);
});
