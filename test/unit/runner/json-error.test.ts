import { expect, test } from "vitest";
import { describeJsonError } from "../../../runner/json-error.js";

test.each([
  ['{"a":1,}', 'line 1, column 8: expected a key, got "}"'],
  ['{"a":1', "line 1, column 7: expected , or }, got the end of the file"],
  ['{\n "a": tru\n}', 'line 2, column 7: expected a value, got "tru\\n}"'],
  ["[1 2]", 'line 1, column 4: expected , or ], got "2]"'],
  ['{"a" 1}', 'line 1, column 6: expected :, got "1}"'],
  ["{} x", 'line 1, column 4: expected nothing more, got "x"'],
  ["<html>", 'line 1, column 1: expected a value, got "<html>"'],
  ["{a: 1}", 'line 1, column 2: expected a key or }, got "a: 1}"'],
  ['["a\nb"]', 'line 1, column 2: expected a value or ], got "\\"a\\nb\\"]"'],
  ["[01]", 'line 1, column 2: expected a value or ], got "01]"'],
])("says what is wrong with %j", (text, expected) => {
  expect(describeJsonError(text)).toBe(expected);
});
