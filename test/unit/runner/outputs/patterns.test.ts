import { expect, test } from "vitest";
import { applyPattern, parsePatterns, toPattern } from "../../../../runner/outputs/patterns.js";

const apply = (text: string, file: string) => parsePatterns(file, "x.cfg").reduce(applyPattern, text);

test("a sanitize file of nbval is read: pairs of lines, with titles and comments between", () => {
  const file = [
    "[dates]",
    "# the day of the run",
    "regex: \\d{1,2}/\\d{1,2}/\\d{2,4}",
    "replace: DATE",
    "",
    "[names]",
    "regex: (?P<first>\\w+) (\\w+)ing",
    "replace: \\2 \\g<first> $&",
    "",
  ].join("\n");
  expect(apply("on 1/2/2026", file)).toBe("on DATE");
  expect(apply("one running", file)).toBe("runn one $&");
});

test.each([
  ["(?i)ABC", "xabc", "x-"],
  ["(?s)a.b", "a\nb", "-"],
  ["\\Aa|b\\Z", "abab", "-ba-"],
  ["(?P<q>['\"]).(?P=q)", "'x\" 'y'", "'x\" -"],
])("Python's %j means the same here", (regex, text, replaced) => {
  expect(applyPattern(text, toPattern(regex, "-", "here"))).toBe(replaced);
});

test.each([
  ["regex: a", 'x.cfg:1: this regex has no "replace:" line after it.'],
  ["replace: a", 'x.cfg:1: this replacement has no "regex:" line before it.'],
  ["\nregexp: a", 'x.cfg:2: a line must begin with "regex:" or "replace:", got "regexp: a".'],
  ["regex: (\nreplace: a", "x.cfg:1: Invalid regular expression"],
  ["regex: (?x)a b\nreplace: c", 'x.cfg:1: the flag "x" of (?x) is not known here.'],
])("%j is refused with its line", (file, message) => {
  expect(() => parsePatterns(file, "x.cfg")).toThrow(message);
});
