import { describe, expect, test } from "vitest";
import { ExactNumber, formatPythonJson, formatPythonNumber, parsePythonJson } from "../../../runner/python-json.js";

describe("formatPythonNumber", () => {
  // Right sides: repr() of CPython 3.11.
  test.each([
    ["1", "1"],
    ["-0", "0"],
    ["1.0", "1.0"],
    ["-0.0", "-0.0"],
    ["1e5", "100000.0"],
    ["1e15", "1000000000000000.0"],
    ["1e16", "1e+16"],
    ["123456789012345678.0", "1.2345678901234568e+17"],
    ["1e22", "1e+22"],
    ["0.0001", "0.0001"],
    ["0.00001", "1e-05"],
    ["1.5e-7", "1.5e-07"],
    ["5e-324", "5e-324"],
    ["0.1", "0.1"],
    ["1e400", "Infinity"],
    ["-1e400", "-Infinity"],
    ["123456789012345678901234567890", "123456789012345678901234567890"],
  ])("writes %s as %s", (text, expected) => {
    expect(formatPythonNumber(text)).toBe(expected);
  });
});

test.each([
  '{\n "a": 1.0,\n "b": [\n  9007199254740993,\n  NaN,\n  -Infinity\n ]\n}',
  '[\n "1.0",\n "\\"2.0\\\\",\n 3.0\n]',
  "[]",
  "{}",
  '"\u2028"',
])("gives %j back as it was", (text) => {
  expect(formatPythonJson(parsePythonJson(text))).toBe(text);
});

test("orders keys by code points, as Python does", () => {
  expect(formatPythonJson({ "\uffee": 1, "😀": 2, é: 3, b: 4 })).toBe(
    '{\n "b": 4,\n "é": 3,\n "\uffee": 1,\n "😀": 2\n}',
  );
});

test("keeps ordinary numbers as numbers", () => {
  expect(parsePythonJson("[1, -2, 0.5, 1e21]")).toEqual([1, -2, 0.5, 1e21]);
});

test("an exact number is its nearest JavaScript number for JSON.stringify", () => {
  expect(JSON.stringify([new ExactNumber("9007199254740993"), new ExactNumber("1.0")])).toBe("[9007199254740992,1]");
});

test.each(["", "[1.0,]", "[1.0", "nope", '{"a" 1}'])("rejects %j", (text) => {
  expect(() => parsePythonJson(text)).toThrow(SyntaxError);
});
