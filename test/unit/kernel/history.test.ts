import { expect, test } from "vitest";
import { History } from "../../../kernel/history.js";

function historyOf(...inputs: readonly string[]): History {
  const history = new History();
  for (const input of inputs) history.add(input);
  return history;
}

test("numbers cells from 1", () => {
  const history = new History();
  expect(history.count).toBe(0);
  expect([history.add("a"), history.add("b")]).toEqual([1, 2]);
  expect(history.count).toBe(2);
});

test("keeps the output with its cell", async () => {
  const history = historyOf("a", "b");
  history.setOutput(1, "out");
  expect(await history.find({ access: "tail", n: 2 })).toEqual([
    { session: 1, line: 1, input: "a", output: "out" },
    { session: 1, line: 2, input: "b" },
  ]);
});

test.each([
  [0, []],
  [-1, []],
  [2, [2, 3]],
  [9, [1, 2, 3]],
])("the tail of %i of three cells is %j", async (n, lines) => {
  const found = await historyOf("a", "b", "c").find({ access: "tail", n });
  expect(found.map(({ line }) => line)).toEqual(lines);
});

test.each([
  [{ session: 0, start: 1, stop: undefined }, [1, 2, 3]],
  [{ session: 1, start: 2, stop: 3 }, [2]],
  [{ session: 0, start: 0, stop: 9 }, [1, 2, 3]],
  [{ session: 0, start: -2, stop: undefined }, [2, 3]],
  [{ session: 0, start: 1, stop: -1 }, [1, 2]],
  [{ session: -1, start: 1, stop: undefined }, []],
])("the range %j of three cells is %j", async (range, lines) => {
  const found = await historyOf("a", "b", "c").find({ access: "range", ...range });
  expect(found.map(({ line }) => line)).toEqual(lines);
});

test.each([
  ["*", ["const a = 1;", "b()", "multi\nline", "b()", "[x]"]],
  ["b()", ["b()", "b()"]],
  ["b", []],
  ["*a*", ["const a = 1;"]],
  ["m*e", ["multi\nline"]],
  ["?()", ["b()", "b()"]],
  ["[a-c]()", ["b()", "b()"]],
  ["[^a]()", ["b()", "b()"]],
  ["[^b]()", []],
  ["[[]x[]]", ["[x]"]],
  ["[x", []],
])("the pattern %j finds %j", async (pattern, inputs) => {
  const history = historyOf("const a = 1;", "b()", "multi\nline", "b()", "[x]");
  const found = await history.find({ access: "search", pattern, n: undefined, unique: false });
  expect(found.map(({ input }) => input)).toEqual(inputs);
});

test("a unique search keeps the latest of equal cells, and n counts after that", async () => {
  const history = historyOf("a", "b", "a", "c");
  const find = async (n: number | undefined) =>
    (await history.find({ access: "search", pattern: "*", n, unique: true })).map(({ line }) => line);
  expect(await find(undefined)).toEqual([2, 3, 4]);
  expect(await find(2)).toEqual([3, 4]);
});

test("a pattern with many stars is answered", async () => {
  // A regular expression made of this pattern would take for ever.
  const history = historyOf("a".repeat(2000));
  expect(await history.find({ access: "search", pattern: `${"*a".repeat(50)}b`, n: undefined, unique: false })).toEqual(
    [],
  );
});
