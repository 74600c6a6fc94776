import { expect, test } from "vitest";
import { toCodePoints, toUtf16Offset } from "../../../../kernel/protocol/code-points.js";

test.each([
  ["", 0, 0],
  ["abc", 2, 2],
  ["😀a😀b", 1, 2],
  ["😀a😀b", 2, 3],
  ["😀a😀b", 4, 6],
  // A combining accent is a code point of its own.
  ["e\u0301x", 2, 2],
  // Half a pair counts as one.
  ["\ud83dx", 1, 1],
])("in %j, %i code points are %i UTF-16 units, both ways", (code, codePoints, utf16) => {
  expect(toUtf16Offset(code, codePoints)).toBe(utf16);
  expect(toCodePoints(code, utf16)).toBe(codePoints);
});

test("positions outside of the code are moved to its ends", () => {
  expect([toUtf16Offset("😀", -1), toUtf16Offset("😀", 9)]).toEqual([0, 2]);
  expect([toCodePoints("😀", -1), toCodePoints("😀", 9)]).toEqual([0, 1]);
});
