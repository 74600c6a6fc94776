// What stayed, over the built executor and the process that reads its heap.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CellKernel, startCells } from "../../bench/cells.js";
import type { MemoryProfile } from "../../profiler/memory-profile.js";
import { profileMimeType } from "../../report/memory-profile.js";

let kernel: CellKernel;
beforeAll(async () => {
  kernel = await startCells();
  await kernel.run(
    "class Row { constructor(readonly id: number) {} }\nconst listeners: (() => number)[] = [];\nfunction leak(n: number) {\n  const rows = Array.from({ length: n }, (_, id) => new Row(id));\n  listeners.push(() => rows.length);\n  return n;\n}\nfunction clean(n: number) {\n  return Array.from({ length: n }, (_, id) => new Row(id)).length;\n}",
  );
}, 60_000);
afterAll(() => kernel.close());

async function report(code: string) {
  const { outcome, displays } = await kernel.run(code);
  if (outcome.status === "error") throw new Error(outcome.error.traceback.join("\n"));
  const bundle = displays.at(-1) ?? {};
  const text = String(bundle["text/plain"]);
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  // The report's data is that of `renderMemoryProfile`.
  return { text, page: String(bundle["text/html"]), data: bundle[profileMimeType] as unknown as MemoryProfile };
}

test("--leaks names what stayed, the function that made it, the variable that holds it, and the way to it", async () => {
  const { text, page, data } = await report("%memprofile --leaks leak(50_000)");
  if (data.alive === undefined || "missing" in data.alive) throw new Error(data.alive?.missing ?? "Nothing was read.");
  const { groups, holders } = data.alive.value;
  expect(groups.find(({ name }) => name === "Row")).toMatchObject({ count: 50_000 });
  expect(groups.find(({ name }) => name === "Row")?.path).toMatch(/^listeners\[0\] → rows\[\d+\]$/);
  expect(holders[0]?.variable).toBe("listeners");
  expect(text).toMatch(/^Alive after the cell: .* most of it by\s+listeners\.$/m);
  expect(text).toMatch(/^allocated by/m);
  expect(page).toContain("listeners[0] → rows[");
}, 120_000);

test("the snapshots before and after the code are no part of the time that it is given", async () => {
  await kernel.run("let many: Row[] | undefined = Array.from({ length: 200_000 }, (_, id) => new Row(id));");
  const { text } = await report("%%memprofile --leaks -t 500\n1 + 1");
  expect(text).toMatch(/^peak memory: /);
  await kernel.run("many = undefined;");
}, 120_000);

test("a cell that leaves nothing is said to leave nothing", async () => {
  const { text } = await report("%memprofile --leaks clean(50_000)");
  expect(text).toContain("Alive after the cell: nothing to speak of.");
}, 120_000);

test("--repeat with --leaks tells what each run adds", async () => {
  const { text } = await report("%memprofile --repeat 8 --leaks leak(20_000)");
  expect(text).toMatch(/^It leaks: each run keeps \d+/m);
}, 120_000);

test("--repeat with --leaks and few runs says how many it takes", async () => {
  const { text } = await report("%memprofile --repeat 2 --leaks clean(1000)");
  expect(text).toContain("A slope needs at least 5 runs");
}, 120_000);
