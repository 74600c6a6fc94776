import { transformSync } from "esbuild";
import { expect, test } from "vitest";
import { SourceMaps } from "../../../../kernel/executor/source-maps.js";

const source = "interface Row { n: number }\n\nconst rows: Row[] = [];\nrows.push({ n: 1 });\n";
const { code, map } = transformSync(source, { loader: "ts", sourcemap: "external" });

test("a position of the script becomes one of the cell", () => {
  expect(code.split("\n")[1]).toBe("rows.push({ n: 1 });");
  const sourceMaps = new SourceMaps();
  sourceMaps.add("In[3]~2", "In[3]", map);
  expect(sourceMaps.map("In[3]~2", 1, 7)).toEqual({ file: "In[3]", line: 3, column: 7 });
  expect(sourceMaps.map("In[3]~2", 2, 1)).toEqual({ file: "In[3]", line: 4, column: 1 });
});

test("a position that the map does not know keeps its place, under the name that a person reads", () => {
  const sourceMaps = new SourceMaps();
  sourceMaps.add("In[3]~2", "In[3]", map);
  expect(sourceMaps.map("In[3]~2", 99, 1)).toEqual({ file: "In[3]", line: 99, column: 1 });
  sourceMaps.add("In[4]", "In[4]", undefined);
  expect(sourceMaps.map("In[4]", 2, 5)).toEqual({ file: "In[4]", line: 2, column: 5 });
  expect(sourceMaps.map("/books/lib.js", 2, 5)).toEqual({ file: "/books/lib.js", line: 2, column: 5 });
});

test("a script that is added again has the new map", () => {
  const sourceMaps = new SourceMaps();
  sourceMaps.add("/lib.ts", "/lib.ts", map);
  expect(sourceMaps.map("/lib.ts", 2, 1).line).toBe(4);
  sourceMaps.add("/lib.ts", "/lib.ts", transformSync(`\n\n${source}`, { loader: "ts", sourcemap: "external" }).map);
  expect(sourceMaps.map("/lib.ts", 2, 1).line).toBe(6);
});

test("the oldest maps go when they take too much room, the newest never", () => {
  const sourceMaps = new SourceMaps();
  const large = JSON.stringify({ ...JSON.parse(map), sourcesContent: ["x".repeat(12 * 1024 * 1024)] });
  for (const script of ["In[1]", "In[2]", "In[3]"]) sourceMaps.add(script, script, large);
  expect(["In[1]", "In[2]", "In[3]"].map((script) => sourceMaps.map(script, 2, 1).line)).toEqual([2, 4, 4]);
});
