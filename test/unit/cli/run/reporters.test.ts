import { expect, test } from "vitest";
import { formatLogfmt } from "../../../../cli/run/log-reporter.js";
import { formatNotebooksBar } from "../../../../cli/run/notebooks-progress.js";
import { joinPairs } from "../../../../cli/run/options.js";

test("logfmt quotes what would be read as something else", () => {
  expect(formatLogfmt({ a: 1, b: "x y", c: "", d: 'q"', e: "k=v", f: "line\n", g: true })).toBe(
    'a=1 b="x y" c="" d="q\\"" e="k=v" f="line\\n" g=true',
  );
});

test("the bar names the notebooks that run, as far as the terminal is wide", () => {
  const state = { done: 1, count: 4, elapsed: 2000, running: new Map([["a.ipynb", "2/3"]]), memory: 3 * 2 ** 29 };
  expect(formatNotebooksBar(state, 80)).toBe("█████░░░░░░░░░░░░░░░  1/4  2.00 s  1.5 GiB  a.ipynb 2/3");
  expect(formatNotebooksBar(state, 40)).toHaveLength(39);
});

test.each([
  [
    ["n", "-p", "a", "1", "-p", "b=2", "-r", "c", "-5"],
    ["n", "-pa=1", "-p", "b=2", "-rc=-5"],
  ],
  [
    ["--parameters", "a", "-1", "--", "-p", "x"],
    ["--parameters=a=-1", "--", "-p", "x"],
  ],
])("%j is read as %j", (argv, expected) => {
  expect(joinPairs(argv)).toEqual(expected);
});

test("a parameter without a value is refused", () => {
  expect(() => joinPairs(["-p", "a"])).toThrow("-p a needs a value: -p NAME VALUE.");
});
