import { expect, test } from "vitest";
import { readCallOptions } from "../../../magics/memprofile-calls.js";

test("options of a call are read as those of the magic, with its defaults", () => {
  const defaults = { children: false, leaks: false, temporaryAllocations: false, repeat: 1, functions: [] };
  expect(readCallOptions({})).toEqual(defaults);
  expect(
    readCallOptions({ interval: "1.5s", timeout: 200, maxPeak: "2GiB", maxTime: "2s", repeat: 3, leaks: true }),
  ).toEqual({
    ...defaults,
    interval: 1500,
    timeout: 200,
    maxPeak: 2 ** 31,
    maxTime: 2000,
    repeat: 3,
    leaks: true,
  });
  expect(readCallOptions({ timeout: undefined })).not.toHaveProperty("timeout");
});

test.each([
  [{ repeat: 1.5 }, 'The option repeat of memprofile must be an integer from 1 to 1000, got "1.5".'],
  [{ maxKept: -1 }, "The option maxKept of memprofile must be a size such as 512, 64KiB or 2GiB"],
  [{ timeout: 0 }, "timeout must be a time above 0."],
  [{ lines: "yes" }, 'The option lines of memprofile must be true or false, got "yes".'],
  [{ temporaryAllocations: true, leaks: true }, "temporaryAllocations cannot go with leaks: V8 samples either"],
  [{ constructor: 1 }, "memprofile has no option constructor."],
  [{ maxPeak: {} }, "The option maxPeak of memprofile must be a number or a text, got object."],
])("%j is refused", (options, message) => {
  expect(() => readCallOptions(options)).toThrow(message);
});
