import { expect, test } from "vitest";
import { normalizeOutput } from "../../support/normalize-output.js";

const stream = (text: string | string[]) => ({ output_type: "stream", name: "stdout", text }) as const;
const report = (first: string) =>
  ({
    output_type: "display_data",
    metadata: {},
    data: { "text/plain": `${first}\nkept 1 MiB`, "text/html": "<p>", "application/vnd.cellscope.profile.v1+json": {} },
  }) as const;

test.each([
  ["100000 rows, 423.3 MB", "10000 rows, 42.3 MB"],
  ["peak 76.31 MiB in 812 ms", "peak ~5 MiB in 1.2 s"],
  ["| a | 1,024 MiB | 3 % |", "| a | 7 MiB | 12.5 % |"],
])("in a measured cell, %j is the same as %j", (one, other) => {
  expect(normalizeOutput(stream(one), { measured: true })).toEqual(normalizeOutput(stream(other), { measured: true }));
  expect(normalizeOutput(stream(one))).not.toEqual(normalizeOutput(stream(other)));
});

test("in a measured cell, other words are another output", () => {
  const words = (text: string) => normalizeOutput(stream(text), { measured: true });
  expect(words("3 rows")).not.toEqual(words("3 lines"));
});

test("lines in a list are the text that they make", () => {
  expect(normalizeOutput(stream(["a\n", "b\n"]))).toEqual(normalizeOutput(stream("a\nb\n")));
});

test("of a memory profile, the kinds of content and the words of the first line stay", () => {
  expect(normalizeOutput(report("peak memory: 76.31 MiB, increment: 0.50 MiB"))).toEqual({
    output_type: "display_data",
    types: ["application/vnd.cellscope.profile.v1+json", "text/html", "text/plain"],
    first: "peak memory: #, increment: #",
  });
});

test("an error keeps its name and message, and not the paths of its traceback", () => {
  const error = (path: string) =>
    normalizeOutput({ output_type: "error", ename: "RangeError", evalue: "no visit", traceback: [`at ${path}`] });
  expect(error("/home/a/x.ts:1")).toEqual(error("/srv/b/x.ts:1"));
  expect(error("x")).toEqual({ output_type: "error", ename: "RangeError", evalue: "no visit" });
});
