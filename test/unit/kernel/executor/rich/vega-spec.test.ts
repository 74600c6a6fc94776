import { expect, test } from "vitest";
import { renderValue } from "../../../../../kernel/executor/rich-result.js";

const render = (value: unknown) =>
  renderValue(value, (line) => {
    throw new Error(line);
  });

const schema = (library: string, version: string) => `https://vega.github.io/schema/${library}/${version}.json`;

test.each([
  ["vega-lite", "v5", "application/vnd.vegalite.v5+json", "v5"],
  ["vega-lite", "v5.20.1", "application/vnd.vegalite.v5+json", "v5.20.1"],
  ["vega-lite", "v4", "application/vnd.vegalite.v4+json", "v4"],
  ["vega-lite", "v6", "application/vnd.vegalite.v5+json", "v5"],
  ["vega-lite", "v2", "application/vnd.vegalite.v3+json", "v3"],
  ["vega", "v5", "application/vnd.vega.v5+json", "v5"],
  ["vega", "v6.1", "application/vnd.vega.v5+json", "v5"],
])("a chart of %s %s goes out as %s", async (library, version, type, given) => {
  const spec = { $schema: schema(library, version), data: { values: [{ a: 1 }] }, mark: "bar" };
  const { "text/plain": text, ...rest } = await render(spec);
  expect(text).toContain("mark: 'bar'");
  expect(rest).toEqual({ [type]: { ...spec, $schema: schema(library, given) } });
});

test.each([
  { $schema: "http://json-schema.org/draft-07/schema#" },
  { $schema: 5 },
  { $schema: "https://example.org/vega.github.io/schema/vega-lite/v5.json" },
])("%j is no chart", async (value) => {
  expect(Object.keys(await render(value))).toEqual(["text/plain"]);
});

test("a chart that is no JSON is shown as text, with a warning", async () => {
  const warnings: string[] = [];
  const bundle = await renderValue({ $schema: schema("vega-lite", "v5"), n: 1n }, (line) => warnings.push(line));
  expect(Object.keys(bundle)).toEqual(["text/plain"]);
  expect(warnings).toEqual([expect.stringContaining("Vega chart failed")]);
});
