import { describe, expect, test } from "vitest";
import { parseParameters, parseParameterValue } from "../../../../runner/parameters/values.js";

test.each([
  ["5", 5],
  ["-2.5", -2.5],
  ["1e3", 1000],
  [".5", 0.5],
  ["true", true],
  ["False", false],
  ["None", null],
  ["null", null],
  ["text", "text"],
  ["", ""],
  ["0x10", "0x10"],
  ["12345678901234567890", "12345678901234567890"],
  ["1e999", "1e999"],
])("-p x %s is %j", (text, expected) => {
  expect(parseParameterValue(text)).toBe(expected);
});

describe("a file of parameters", () => {
  test("is JSON or YAML", async () => {
    expect(await parseParameters('{"rows": 5}', "p.json")).toEqual({ rows: 5 });
    expect(await parseParameters("rows: 5\nnames: [a, b]\n", "p.yaml")).toEqual({ rows: 5, names: ["a", "b"] });
  });

  test.each([
    ["[1]", 'p must hold names and values, such as {"rows": 1000}; got [1].'],
    ["", 'p must hold names and values, such as {"rows": 1000}; got null.'],
    ["a: [", "p is neither JSON nor YAML"],
  ])("%j is refused", async (text, message) => {
    await expect(parseParameters(text, "p")).rejects.toThrow(message);
  });
});
