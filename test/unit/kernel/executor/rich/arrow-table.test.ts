import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as arrow from "apache-arrow";
import { expect, test } from "vitest";
import { renderValue } from "../../../../../kernel/executor/rich-result.js";

const render = (value: unknown) =>
  renderValue(value, (line) => {
    throw new Error(line);
  });

const table = arrow.tableFromArrays({
  id: Int32Array.of(1, 20, 300),
  title: ["A <b>", null, "naïve ☕\nline"],
});

test("a table is an aligned text with types, rows, columns and bytes, and an HTML table, escaped", async () => {
  const { "text/plain": text, "text/html": markup } = await render(table);
  expect(String(text).split("\n").slice(0, -1)).toEqual([
    "   id  title",
    "Int32  Dictionary<Int32, Utf8>",
    "    1  A <b>",
    "   20  null",
    "  300  naïve ☕\\nline",
  ]);
  expect(String(text).split("\n").at(-1)).toMatch(/^3 rows × 2 columns, \d+ B$/);
  expect(markup).toContain('<th style="text-align: right">id<br><small>Int32</small></th>');
  expect(markup).toContain('<td style="text-align: left">A &lt;b&gt;</td>');
  expect(markup).toContain('<td style="text-align: left"><i>null</i></td>');
  expect(markup).not.toMatch(/<b>|<style|class=/);
});

test("of a long and wide table the beginning is shown, and the summary says so", async () => {
  const columns = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`c${at}`, Float64Array.from({ length: 1234 }, (_, row) => row + at / 100)]),
  );
  const { "text/plain": text, "text/html": markup } = await render(arrow.tableFromArrays(columns));
  const lines = String(text).split("\n");
  expect(lines).toHaveLength(23);
  expect(lines.at(-1)).toBe("1,234 rows × 40 columns, 385.6 KiB; shown: the first 20 rows and the first 30 columns");
  expect(String(markup).match(/<tr>/g)).toHaveLength(21);
});

test("a record batch and a vector are tables as well", async () => {
  const [batch] = table.batches;
  expect((await render(batch))["text/plain"]).toContain("   id  title\n");
  expect((await render(table.getChildAt(0)))["text/plain"]).toBe("Int32\n    1\n   20\n  300\n3 rows × 1 column, 12 B");
});

test("a table without rows has its schema", async () => {
  const empty = new arrow.Table(new arrow.Schema([arrow.Field.new("a", new arrow.Utf8())]));
  expect((await render(empty))["text/plain"]).toBe("a\nUtf8\n0 rows × 1 column, 0 B");
});

test("one of another copy of the package is recognised by its shape", async () => {
  // Another build of the same package, with classes and prototypes of its own.
  const file = join(dirname(createRequire(import.meta.url).resolve("apache-arrow")), "Arrow.es2015.min.js");
  const other = createRequire(import.meta.url)(file) as typeof arrow;
  expect(other.Table).not.toBe(arrow.Table);
  const bytes = arrow.tableToIPC(table);
  expect(await render(other.tableFromIPC(bytes))).toEqual(await render(arrow.tableFromIPC(bytes)));
});

const decimals = () => {
  const builder = arrow.makeBuilder({ type: new arrow.Decimal(2, 10) });
  builder.append(Uint32Array.of(12345, 0, 0, 0));
  builder.append(Uint32Array.of(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff));
  return builder.finish().toVector();
};

test.each([
  ["dates", arrow.vectorFromArray([new Date(0)], new arrow.DateDay()), ["1970-01-01"]],
  ["timestamps", arrow.vectorFromArray([1700000000123], new arrow.TimestampMicrosecond()), ["2023-11-14T22:13:20.123"]],
  [
    "timestamps with a time zone",
    arrow.vectorFromArray([1700000000123], new arrow.TimestampMillisecond("UTC")),
    ["2023-11-14T22:13:20.123Z"],
  ],
  ["times", arrow.vectorFromArray([3_723_004], new arrow.TimeMillisecond()), ["01:02:03.004"]],
  ["64-bit numbers", arrow.vectorFromArray([5n, -5n]), ["    5", "   -5"]],
  ["decimals", decimals(), [" 123.45", "  -0.01"]],
  ["bytes", arrow.vectorFromArray([Uint8Array.of(1, 255)], new arrow.Binary()), ["0x01ff"]],
  [
    "lists",
    arrow.vectorFromArray([[1, 2], []], new arrow.List(arrow.Field.new("item", new arrow.Int32()))),
    ["[1, 2]", "[]"],
  ],
  ["structs", arrow.vectorFromArray([{ x: 1, y: "q" }]), ["{x: 1, y: q}"]],
  ["booleans", arrow.vectorFromArray([true, false]), ["true", "false"]],
  ["long texts", arrow.vectorFromArray(["x".repeat(500)], new arrow.Utf8()), [`${"x".repeat(100)}…`]],
])("%s are shown as a person reads them", async (_name, vector, expected) => {
  const lines = String((await render(vector))["text/plain"]).split("\n");
  const cells = lines.slice(1, -1).map((line) => line.trimEnd());
  expect(cells.map((cell) => cell.trim())).toEqual(expected.map((cell) => cell.trim()));
});
