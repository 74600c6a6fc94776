import { describe, expect, test } from "vitest";
import { defineMagic } from "../../../../magics/dispatch/magic.js";
import { parseOptions } from "../../../../magics/dispatch/options.js";

const magic = defineMagic({
  name: "trial",
  forms: ["line", "cell"],
  summary: "Try the options.",
  operands: "[EXPR]",
  options: {
    repeat: { type: "integer", short: "r", default: 1, min: 1, description: "How often." },
    level: { type: "integer", min: -3, max: 3, description: "How deep." },
    ratio: { type: "number", default: 0.5, min: 0, description: "How much." },
    interval: { type: "duration", short: "i", default: 10, description: "Between samples." },
    limit: { type: "size", short: "l", description: "How large." },
    format: { type: "string", choices: ["text", "json"], default: "text", description: "As what." },
    title: { type: "string", short: "t", description: "Called what." },
    output: { type: "name", short: "o", description: "Bound as." },
    quiet: { type: "flag", short: "q", description: "Show nothing." },
    verboseErrors: { type: "flag", short: "v", description: "Show everything." },
  },
  run: async () => undefined,
});

const defaults = { repeat: 1, ratio: 0.5, interval: 10, format: "text", quiet: false, verboseErrors: false };

/** The values that differ from the defaults, and the operands. */
function parse(text: string): unknown {
  const { values, operandsStart, wantsHelp } = parseOptions(magic, text);
  const given = Object.entries(values).filter(
    ([key, value]) => !Object.entries(defaults).some(([other, byDefault]) => key === other && value === byDefault),
  );
  return [Object.fromEntries(given), wantsHelp ? "help" : text.slice(operandsStart)];
}

test("options that are not given have their defaults, or none", () => {
  expect(parseOptions(magic, "").values).toEqual(defaults);
});

test.each([
  ["-r5", { repeat: 5 }, ""],
  [" -r 5 f(x)", { repeat: 5 }, "f(x)"],
  ["-r=5", { repeat: 5 }, ""],
  ["--repeat=5 f(x)", { repeat: 5 }, "f(x)"],
  ["--repeat 5 f(x)", { repeat: 5 }, "f(x)"],
  ["-r 5 -r 6", { repeat: 6 }, ""],
  ["-qv", { quiet: true, verboseErrors: true }, ""],
  ["-qr5 x", { quiet: true, repeat: 5 }, "x"],
  ["-qvr 5 x", { quiet: true, verboseErrors: true, repeat: 5 }, "x"],
  ["--verbose-errors", { verboseErrors: true }, ""],
  ["--level -2", { level: -2 }, ""],
  ["--level=-2 x", { level: -2 }, "x"],
  ["--ratio .25", { ratio: 0.25 }, ""],
  ["-i5", { interval: 5 }, ""],
  ["-i 5ms", { interval: 5 }, ""],
  ["-i 1.5s", { interval: 1500 }, ""],
  ["-i 2m", { interval: 120_000 }, ""],
  ["-l 512", { limit: 512 }, ""],
  ["-l 64KiB", { limit: 65_536 }, ""],
  ["--limit=2GiB", { limit: 2_147_483_648 }, ""],
  ["-l 1kB", { limit: 1000 }, ""],
  ["--format json", { format: "json" }, ""],
  ["-o samples x", { output: "samples" }, "x"],
  ["-osamples", { output: "samples" }, ""],
  ['-t "two words" x', { title: "two words" }, "x"],
  ["--title='a \"b\"' x", { title: 'a "b"' }, "x"],
  ['-t "a \\"b\\" \\n"', { title: 'a "b" \\n' }, ""],
  ["--title= x", { title: "" }, "x"],
  ["-t a\\b", { title: "a\\b" }, ""],
  ["-q -- -r 5", { quiet: true }, "-r 5"],
  ["-q --", { quiet: true }, ""],
  ["f(a, -b)  'x  y'", {}, "f(a, -b)  'x  y'"],
  ["x -r 5", {}, "x -r 5"],
  ["-5 + x", {}, "-5 + x"],
  ["-(x)", {}, "-(x)"],
  ["- x", {}, "- x"],
  ["-q \\\n -r 5 x", { quiet: true, repeat: 5 }, "x"],
  ["-h", {}, "help"],
  ["-q --help -r x", { quiet: true }, "help"],
])("%j is read", (text, values, operands) => {
  expect(parse(text)).toEqual([values, operands]);
});

describe("what is wrong is said", () => {
  test.each([
    ["-r x", '-r must be a positive integer, got "x".'],
    ["-r 0", '-r must be a positive integer, got "0".'],
    ["-r 1.5", '-r must be a positive integer, got "1.5".'],
    ["--repeat=", '--repeat must be a positive integer, got "".'],
    ["--level 4", '--level must be an integer from -3 to 3, got "4".'],
    ["--ratio -1", '--ratio must be a number of at least 0, got "-1".'],
    ["--ratio Infinity", '--ratio must be a number of at least 0, got "Infinity".'],
    ["-i soon", '-i must be a time such as 10, 10ms, 1.5s or 2m (milliseconds without a unit), got "soon".'],
    ["-i -5", '-i must be a time such as 10, 10ms, 1.5s or 2m (milliseconds without a unit), got "-5".'],
    ["-l 5Mo", '-l must be a size such as 512, 64KiB or 2GiB (bytes without a unit), got "5Mo".'],
    ["--format yaml", '--format must be one of text, json, got "yaml".'],
    ["-o 2x", '-o must be a name such as `result`, got "2x".'],
    ["-o class", '-o must be a name that TypeScript does not reserve, got "class".'],
    ["-o", "-o needs a value: -o result."],
    ["--interval", "--interval needs a value: --interval 10ms."],
    ["--quiet=1", "--quiet takes no value: write it alone."],
    ["-t 'open", "A ' is not closed in the options of %trial: 'open"],
    [
      "--intreval 5",
      "%trial has no option --intreval. Did you mean --interval? An expression that begins with a minus goes behind `--`.",
    ],
    [
      "-quiet",
      "%trial has no option -u. Did you mean --quiet? An expression that begins with a minus goes behind `--`.",
    ],
    [
      "-xy",
      "%trial has no option -x. It takes --repeat, -r, --level, --ratio, --interval, -i, --limit, -l, --format, " +
        "--title, -t, --output, -o, --quiet, -q, --verbose-errors, -v, --help, -h. " +
        "An expression that begins with a minus goes behind `--`.",
    ],
  ])("%j", (text, message) => {
    expect(() => parseOptions(magic, text)).toThrow(expect.objectContaining({ name: "UsageError", message }));
  });
});
