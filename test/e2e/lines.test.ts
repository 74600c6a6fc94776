// Lines over the built executor, language process and probe: what each one cost, and that the cell stays what it was.
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CellKernel, startCells } from "../../bench/cells.js";
import type { LineProfile } from "../../profiler/lines/line-profile.js";
import { profileMimeType } from "../../report/memory-profile.js";

const mebibyte = 1024 * 1024;
let kernel: CellKernel;
beforeAll(async () => {
  kernel = await startCells();
}, 60_000);
afterAll(() => kernel.close());

/** The last report of a cell that must end well, and the value of the cell. */
async function linesOf(code: string) {
  const { outcome, displays } = await kernel.run(code);
  if (outcome.status === "error") throw new Error(outcome.error.traceback.join("\n"));
  // The report's data is that of `renderLineProfile`.
  const profile = displays.at(-1)?.[profileMimeType] as unknown as LineProfile;
  const table = (index: number) => profile.tables[index] ?? { title: "", firstLine: 0, source: [], lines: [] };
  const cost = (index: number, line: number) => table(index).lines.find((each) => each.line === line);
  return { profile, table, cost, value: outcome.result?.["text/plain"], text: String(displays.at(-1)?.["text/plain"]) };
}

test("bytes are on the line that allocates them, on the heap or not, and the value is shown", async () => {
  const { cost, value, text } = await linesOf(
    "%%memprofile --lines\nconst big = new Uint8Array(30_000_000);\nconst rows: object[] = [];\nfor (let i = 0; i < 100_000; i++) {\n  rows.push({ i, name: `row ${i}` });\n}\nconst later = await Promise.resolve(new Uint8Array(10_000_000));\nbig.length + rows.length + later.length",
  );
  expect(value).toContain("40100000");
  expect(cost(0, 2)?.external).toBeGreaterThan(29_000_000);
  expect(cost(0, 5)?.heap).toBeGreaterThan(100_000 * 32);
  expect(cost(0, 5)?.hits).toBe(100_000);
  expect(cost(0, 7)?.external).toBeGreaterThan(9_000_000);
  expect(cost(0, 3)?.external ?? 0).toBeLessThan(mebibyte);
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
}, 60_000);

test("-f measures a function of an earlier cell, which stays the same object with what it has closed over", async () => {
  await kernel.run(
    "let calls = 0;\nfunction load(n: number) {\n  calls++;\n  const data = new Float64Array(n);\n  return data.length;\n}\nclass Table {\n  #rows = [1];\n  static parse(n: number) {\n    return new Uint8Array(n).length + new Table().#rows.length;\n  }\n}\nconst kept = load;",
  );
  const { profile, cost, value } = await linesOf("%mprun -f load -f Table.parse kept(1e6) + Table.parse(2e6)");
  expect(value).toContain("3000001");
  expect(profile.tables.map(({ title }) => title.replace(/\d+/, "N"))).toEqual([
    "load in In[N]",
    "Table.parse in In[N]",
  ]);
  expect(cost(0, 4)?.external).toBeGreaterThan(7_900_000);
  expect(cost(1, 10)?.external).toBeGreaterThan(1_900_000);
  const after = await kernel.run("[kept === load, calls, load.toString().includes('$cs')]");
  expect(after.outcome).toMatchObject({ status: "ok", result: { "text/plain": "[ true, 1, false ]" } });
}, 60_000);

test("a cell that is measured twice, and functions that it leaves behind, are as without probes", async () => {
  for (const _ of [1, 2]) {
    await linesOf("%%mprun\nfunction left(n: number) {\n  return new Array(n).fill(n);\n}\nleft(3).length");
  }
  const { cost } = await linesOf("%mprun -f left left(100_000).length");
  expect(cost(0, 3)?.heap).toBeGreaterThan(700_000);
  const { outcome } = await kernel.run("left.toString().includes('$cs')");
  expect(outcome).toMatchObject({ result: { "text/plain": "false" } });
}, 60_000);

test("an error shows its own line, after the tables", async () => {
  const { outcome, displays } = await kernel.run(
    "%%mprun\nconst a = new Uint8Array(5_000_000);\nif (a.length) throw new RangeError('enough');",
  );
  expect(outcome.status === "error" && outcome.error.traceback.join("\n")).toMatch(/RangeError.*enough/s);
  expect(outcome.status === "error" && outcome.error.traceback.join("\n")).toContain(":3:");
  expect(String(displays[0]?.["text/plain"])).toContain("line 2 allocated");
}, 60_000);

test("a function that no cell defines is an error that says what to write, and nothing runs", async () => {
  const { outcome, displays } = await kernel.run("%mprun -f nowhere (globalThis as any).ran = 1");
  expect(outcome).toMatchObject({ status: "error", error: { ename: "UsageError" } });
  expect(outcome.status === "error" && outcome.error.evalue).toContain("no cell that has run defines nowhere");
  expect(displays).toEqual([]);
  expect((await kernel.run("(globalThis as any).ran")).outcome).toEqual({ status: "ok" });
}, 60_000);

describe("what a measured cell leaves behind", () => {
  const many = Array.from({ length: 40 }, (_, at) => `  total += Math.sqrt(x + ${at}) * ${at}; // one of many`);
  const body = `{\n  let total = 0;\n${many.join("\n")}\n  return total;\n}`;

  test("are functions as without probes, however long", async () => {
    await kernel.run(
      `%%memprofile --lines\nfunction declared(x: number): number ${body}\nconst assigned = (x: number): number => ${body};\nconst short = (x: number) => [x];\nlet sum = 0;\nfor (let i = 0; i < 100; i++) sum += declared(i) + assigned(i) + short(i).length;\nsum`,
    );
    const { outcome } = await kernel.run(
      '[declared, assigned, short].map(String).filter((text) => text.includes("$cs")).length + (declared(3) === assigned(3) ? 0 : 1)',
    );
    expect(outcome).toMatchObject({ result: { "text/plain": "0" } });
  }, 60_000);

  test("is a class that can be looked at, and works", async () => {
    await kernel.run(
      `%%memprofile --lines\nclass Owner {\n  method(x: number): number ${body}\n}\nlet owned = 0;\nfor (let i = 0; i < 100; i++) owned += new Owner().method(i);\nowned`,
    );
    const { outcome } = await kernel.run('[String(Owner).startsWith("class Owner"), new Owner().method(0) > 0, Owner]');
    expect(outcome).toMatchObject({ result: { "text/plain": "[ true, true, [class Owner] ]" } });
  }, 60_000);
});

test("a loop of garbage in a new kernel is hardly higher than without lines", async () => {
  const loop =
    "let total = 0;\nfor (let i = 0; i < 40_000_000; i++) {\n  const pair = [i, i + 1];\n  const point = { pair, i };\n  total += point.pair.length;\n  if (i % 1000 === 0) Object.assign(globalThis, { point });\n}";
  const incrementOf = async (magic: string) => {
    const fresh = await startCells();
    try {
      const { displays } = await fresh.run(`${magic}\n${loop}`);
      const texts = displays.map((display) => String(display["text/plain"]));
      return Number(/increment: ([\d.]+) MiB/.exec(texts.join("\n"))?.[1]);
    } finally {
      await fresh.close();
    }
  };
  // What follows the collections would write more than 20 MiB of them.
  expect((await incrementOf("%%memprofile --lines")) - (await incrementOf("%%memprofile"))).toBeLessThan(12);
}, 60_000);

test("-T writes the table, -r makes it the value, -o binds its figures", async () => {
  const file = join(tmpdir(), `cellscope-lines-${process.pid}.txt`);
  try {
    const { outcome, text, displays } = await kernel.run(`%mprun -r -o lines -T ${file} new Uint8Array(3e6).length`);
    expect(displays).toEqual([]);
    expect(outcome.status === "ok" && outcome.result?.["text/plain"]).toContain("line 1 allocated");
    expect(text).toContain(file);
    expect(await readFile(file, "utf8")).toContain("line 1 allocated");
    const bound = await kernel.run("lines.tables[0]!.lines[0]!.external > 2.9e6");
    expect(bound.outcome).toMatchObject({ result: { "text/plain": "true" } });
  } finally {
    await rm(file, { force: true });
  }
}, 60_000);

test("-f measures an arrow function whose body is one expression", async () => {
  await kernel.run("const widen = (n: number) => new Uint8Array(n).fill(1);");
  const { cost } = await linesOf("%mprun -f widen widen(5e6).length");
  expect(cost(0, 1)?.external).toBeGreaterThan(4_900_000);
  const after = await kernel.run("widen.toString().includes('$cs')");
  expect(after.outcome).toMatchObject({ status: "ok", result: { "text/plain": "false" } });
}, 60_000);

test("-f measures functions of any length, and several that stand one after the other", async () => {
  const parts = Array.from(
    { length: 30 },
    (_, index) => `  const part${index} = new Uint8Array(n + ${index}).fill(1);`,
  );
  await kernel.run(
    `function before(n: number) { return n; }\nfunction long(n: number) {\n${parts.join("\n")}\n  return part0.length;\n}\nfunction after(n: number) {\n  return new Uint8Array(n).length;\n}`,
  );
  const { cost, profile } = await linesOf("%mprun -f long -f after before(0) + long(1e5) + after(2e5)");
  expect(profile.notes).toEqual([]);
  for (const line of [3, 20, 32]) expect(cost(0, line)).toMatchObject({ hits: 1 });
  expect(cost(0, 20)?.external).toBeGreaterThan(90_000);
  expect(cost(1, 36)?.external).toBeGreaterThan(190_000);
  const { outcome } = await kernel.run("[long, after].map((each) => each.toString().includes('$cs'))");
  expect(outcome).toMatchObject({ status: "ok", result: { "text/plain": "[ false, false ]" } });
}, 60_000);
