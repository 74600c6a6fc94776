import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CellOutput, CodeCell } from "../../../../runner/nbformat.js";
import { normalizeOutputs, normalizeText } from "../../../../runner/outputs/normalize.js";
import { toPattern } from "../../../../runner/outputs/patterns.js";

const cellWith = (outputs: CellOutput[], tags: string[] = []): CodeCell => ({
  cell_type: "code",
  id: "cell",
  metadata: { tags },
  source: "",
  execution_count: 1,
  outputs,
});
const stdout = (text: string): CellOutput => ({ output_type: "stream", name: "stdout", text });
const stderr = (text: string): CellOutput => ({ output_type: "stream", name: "stderr", text });
const shown = (data: Record<string, unknown>): CellOutput => ({ output_type: "display_data", data, metadata: {} });

test.each([
  ["2026-11-21T15:47:01.123Z and 2026-11-21 15:47:01,5 +0100", "<time> and <time>"],
  ["at 15:47:01", "at <time>"],
  ["Sat Nov 21 2026 15:47:01 GMT+0000 (Coordinated Universal Time)", "<time>"],
  ["Sat, 21 Nov 2026 15:47:01 GMT; Sat Nov  7 15:47:01 UTC 2026", "<time>; <time>"],
  ["took 812 ms, 1.5s, 2 min 03 s, 3 µs", "took <time>, <time>, <time>, <time>"],
  ["CPU times: user 3 ms, sys: 1e3", "CPU times: user <time>, sys: 1e3"],
  ["423.3 MB, 1,024 KiB, 4233 bytes", "<size>, <size>, <size>"],
  ["<Foo object at 0x7f3a2b1c4d5e>", "<Foo object at <address>>"],
  ["id 1b4e28ba-2fa1-11d2-883f-0016d3cca427.", "id <id>."],
  ["pid 1234, http://localhost:45123/x", "pid <id>, http://localhost:<port>/x"],
  ["open '/home/you/data/books.json'", "open '<path>/books.json'"],
  ["file:///Users/you/x.ts:3:4", "<path>/x.ts:3:4"],
  ["C:\\Users\\you\\x.ts and C:/Users/you/y.ts", "<path>/x.ts and <path>/y.ts"],
  ["/tmp/run-8f3a/out.txt in /tmp/run-8f3a", "<path>/out.txt in <path>"],
  ["\x1b[31mred\x1b[0m", "red"],
  ["10%\r50%\r100%\ndone\r\n", "100%\ndone"],
])("%j becomes %j", (text, normal) => {
  expect(normalizeText(text)).toBe(normal);
});

test.each([
  ["3 days in Lisbon"],
  ["2026-11-21"],
  ["100000 rows, 16 columns"],
  ["https://example.org/home/books"],
  ["/api/v1/users"],
  ["0xff and version 1.2.3"],
  ["ratio 12:30"],
  ["12 items"],
])("%j is a result and stays", (text) => {
  expect(normalizeText(text)).toBe(text);
});

test("what is normal stays as it is", () => {
  const part = fc.constantFrom(
    "1.5 s",
    "/tmp/a/b",
    "12 MiB",
    "0x7f3a2b1c4d",
    "\r",
    "\n",
    " ",
    ":",
    "15:47:01",
    "<",
    "x",
    "7",
  );
  fc.assert(
    fc.property(fc.array(part), fc.boolean(), (parts, measured) => {
      const normal = normalizeText(parts.join(" "), { measured });
      expect(normalizeText(normal, { measured })).toBe(normal);
    }),
  );
});

describe("in a measured cell", () => {
  const normal = (text: string) => normalizeOutputs(cellWith([stdout(text)], ["measured"]));

  test.each([
    ["100000 rows, 423.3 MB", "10000 rows, 42.3 MB"],
    ["peak 76.31 MiB in 812 ms", "peak ~5 MiB in 1.2 s"],
    ["line 5 allocated 2.22 MiB", "line 5 allocated ?1.41 MiB"],
    ["| a | 1,024 MiB | 3 % |", "| a | 7 MiB | 12.5 % |"],
    ["kept 3.20 MiB (+7 %)", "kept -0.04 MiB (-12 %)"],
    ["peak 5 MiB · 12 ms · ▁▂▃▅▇███", "peak 7 MiB · 3 ms"],
    ['<img src="data:image/svg+xml;base64,PHN2Zy8+">', '<img src="data:image/svg+xml;base64,AAAA">'],
  ])("%j is the same as %j", (one, other) => {
    expect(normal(one)).toEqual(normal(other));
  });

  test("other words are another output", () => {
    expect(normal("3 rows")).not.toEqual(normal("3 lines"));
  });
});

test("a stream is one text, however it came, and stands before the other outputs", () => {
  const one = [stdout("a\n"), shown({ "text/plain": "x" }), stderr("oh"), stdout("b\n")];
  expect(normalizeOutputs(cellWith(one))).toEqual([
    { kind: "stdout", parts: { text: "a\nb" } },
    { kind: "stderr", parts: { text: "oh" } },
    { kind: "display_data", parts: { "text/plain": "x" } },
  ]);
});

test("of a memory profile, the kinds of content and the words of the first line stay", () => {
  const report = shown({
    "text/plain": "peak memory: 76.31 MiB, increment: 0.50 MiB\nkept 1 MiB",
    "application/vnd.cellscope.profile.v1+json": { peak: 1 },
  });
  expect(normalizeOutputs(cellWith([report]))[0]?.parts).toEqual({
    "text/plain": "peak memory: #, increment: #",
    "application/vnd.cellscope.profile.v1+json": "a report of measurements",
  });
});

test("an error keeps its name and message, and not the paths of its traceback", () => {
  const error = (path: string) =>
    normalizeOutputs(
      cellWith([{ output_type: "error", ename: "RangeError", evalue: `no ${path}`, traceback: [`at ${path}`] }]),
    );
  expect(error("/home/a/x.ts")).toEqual(error("/srv/b/x.ts"));
  expect(error("y")).toEqual([{ kind: "error", parts: { text: "RangeError: no y" } }]);
});

test("an image is told by its size and its hash, and JSON does not depend on the order of its fields", () => {
  const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const [output] = normalizeOutputs(
    cellWith([shown({ "image/png": `${png}\n`, "application/json": { b: [2], a: 1 } })]),
  );
  expect(output?.parts).toEqual({
    "image/png": "1 × 1 pixels, 70 bytes, sha256 6b7fa434f92a8b80",
    "application/json": '{\n "a": 1,\n "b": [\n  2\n ]\n}',
  });
});

test("what a user gives comes before the rules, and types can be left out", () => {
  const outputs = [shown({ "text/plain": "seed 42 in 3 ms", "image/png": "AA==" })];
  const patterns = [toPattern("seed \\d+", "seed N", "here")];
  expect(normalizeOutputs(cellWith(outputs), { patterns, ignore: ["image/png"] })[0]?.parts).toEqual({
    "text/plain": "seed N in <time>",
  });
});
