// `memprofile()` in cells, and results as values of the notebook, over the built executor and the built kernel.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CellKernel, startCells } from "../../bench/cells.js";
import { startBuiltKernel } from "../support/built-kernel.js";

let kernel: CellKernel;
beforeAll(async () => {
  kernel = await startCells();
  await kernel.run(
    'import { memprofile, type MemoryProfile, type LineProfile } from "cellscope";\nfunction load(n: number) {\n  const rows: { i: number; name: string }[] = [];\n  for (let i = 0; i < n; i++) rows.push({ i, name: "row" + i });\n  return rows;\n}\nlet shown: MemoryProfile;',
  );
}, 60_000);
afterAll(() => kernel.close());

/** The value of a cell's last expression, which is to be JSON. */
async function jsonOf(code: string): Promise<unknown> {
  const { outcome } = await kernel.run(code);
  if (outcome.status === "error") throw new Error(outcome.error.traceback.join("\n"));
  const text = String(outcome.result?.["text/plain"] ?? "");
  // As `util.inspect` shows a text.
  return JSON.parse(text.slice(1, -1).replaceAll("\\'", "'").replaceAll("\\\\", "\\"));
}

async function errorOf(code: string): Promise<{ readonly ename: string; readonly evalue: string }> {
  const { outcome } = await kernel.run(code);
  return outcome.status === "error" ? outcome.error : { ename: "", evalue: `ended as ${outcome.status}` };
}

const mebibyte = 1024 * 1024;

test("a function's value and what it did to memory come back, measured as the magic measures a cell", async () => {
  const seen = (await jsonOf(
    `const { value, profile } = await memprofile(() => Buffer.alloc(80 * ${mebibyte}, 1));\nshown = profile;\nJSON.stringify({ length: value.length, increment: profile.increment, kept: profile.figures.kept, exact: profile.peak.exact, rows: profile.samples.numRows, count: profile.sampleCount, columns: profile.samples.schema.names, summary: String(profile) })`,
  )) as Readonly<Record<string, unknown>>;
  expect(seen).toMatchObject({ length: 80 * mebibyte, exact: process.platform === "linux" });
  for (const figure of [seen.increment, seen.kept]) {
    expect(Number(figure)).toBeGreaterThan(79 * mebibyte);
    expect(Number(figure)).toBeLessThan(83 * mebibyte);
  }
  expect(seen.rows).toBe(seen.count);
  expect(seen.columns).toContain("arrayBuffers");
  expect(seen.summary).toMatch(/^peak memory: \d+\.\d\d MiB, increment: [78]\d\.\d\d MiB$/);
}, 60_000);

test("a profile shows its report where it is the value of a cell, with page and data, and one line in a log", async () => {
  const { outcome } = await kernel.run("shown");
  const bundle = outcome.status === "ok" ? (outcome.result ?? {}) : {};
  expect(Object.keys(bundle).sort()).toEqual(["application/vnd.cellscope.profile.v1+json", "text/html", "text/plain"]);
  expect(String(bundle["text/plain"])).toMatch(/^peak memory: [\d.]+ MiB, increment: [78][\d.]+ MiB\nkept /);
  expect(String(bundle["text/html"])).toContain("<img");
  expect(bundle["application/vnd.cellscope.profile.v1+json"]).toMatchObject({ kind: "memory", peak: { exact: true } });
  const { text } = await kernel.run("console.log(shown);\nconsole.log(JSON.stringify(shown).length > 500);");
  expect(text).toMatch(/^MemoryProfile \[peak memory: [^\n]*\]\ntrue\n$/);
}, 60_000);

test("synchronous and asynchronous functions are measured several times in one cell", async () => {
  const increments = (await jsonOf(
    `const increments: number[] = [];\nfor (const size of [10, 40]) {\n  const held = await memprofile(async () => { await new Promise((resolve) => setTimeout(resolve, 20)); return Buffer.alloc(size * ${mebibyte}, 1).length; });\n  const { profile } = await memprofile(() => Buffer.alloc(size * ${mebibyte}, 1).length);\n  increments.push(held.profile.increment, profile.increment);\n}\nJSON.stringify(increments)`,
  )) as readonly number[];
  for (const [index, size] of [10, 10, 40, 40].entries()) {
    expect(increments[index]).toBeGreaterThan((size - 1) * mebibyte);
    expect(increments[index]).toBeLessThan((size + 3) * mebibyte);
  }
}, 60_000);

test("an error of the function is thrown on, with the profile", async () => {
  expect(
    await jsonOf(
      `let caught = "";\ntry {\n  await memprofile(async () => { Buffer.alloc(30 * ${mebibyte}, 1); throw new RangeError("late"); });\n} catch (error) {\n  const { name, message, profile } = error as RangeError & { profile: MemoryProfile };\n  caught = JSON.stringify([name, message, profile.increment > 29 * ${mebibyte}, Object.keys(error as object)]);\n}\ncaught`,
    ),
  ).toEqual(["RangeError", "late", true, []]);
  expect(await errorOf('await memprofile(() => { throw new TypeError("at once"); })')).toMatchObject({
    ename: "TypeError",
    evalue: "at once",
  });
}, 60_000);

test("a second measurement inside of the first, or beside it, is refused, and the next cell measures again", async () => {
  const refused = "memprofile() measures already, and has to be awaited before the next measurement begins;";
  expect((await errorOf("await memprofile(() => memprofile(() => 1))")).evalue).toContain(refused);
  expect((await errorOf("%%memprofile -q\nawait memprofile(() => 1)")).evalue).toMatch(/^In\[\d+\] is measured by/);
  expect(
    await jsonOf(
      "const both = await Promise.allSettled([memprofile(() => 1), memprofile(() => 2)]);\nJSON.stringify(both.map(({ status }) => status))",
    ),
  ).toEqual(["fulfilled", "rejected"]);
  expect(await jsonOf("JSON.stringify((await memprofile(() => 5)).value)")).toBe(5);
}, 60_000);

test.each([
  ["{ intervall: 20 }", "memprofile has no option intervall. Did you mean interval?"],
  ["{ interval: 3 }", 'interval must be from 5ms to 60s, got "3ms".'],
  [
    '{ maxPeak: "much" }',
    'The option maxPeak of memprofile must be a size such as 512, 64KiB or 2GiB (bytes without a unit), got "much".',
  ],
  ["{ leaks: 1 }", "The option leaks of memprofile must be true or false, got 1."],
  ["7", "The options of memprofile are an object, as in { leaks: true }, got number."],
])("the options %s are refused before anything runs", async (options, message) => {
  const { evalue } = await errorOf(`await memprofile(() => { (globalThis as any).ran = true; }, ${options} as any)`);
  expect(evalue).toBe(message);
  expect(await jsonOf("JSON.stringify((globalThis as any).ran ?? null)")).toBe(null);
});

test("a budget that is exceeded fails, with the profile", async () => {
  expect(
    await errorOf(`await memprofile(() => Buffer.alloc(50 * ${mebibyte}, 1), { maxIncrement: "20MiB" })`),
  ).toMatchObject({
    ename: "BudgetExceeded",
    evalue: expect.stringMatching(/^the increment, [45]\d\.\d\d MiB, is above maxIncrement 20\.00 MiB$/),
  });
}, 60_000);

test.each([
  ["waits", "() => new Promise(() => undefined)"],
  ["blocks", "() => { for (;;); }"],
])(
  "a function that %s for longer than its timeout is stopped",
  async (_, code) => {
    const before = kernel.executorPid();
    for (let time = 0; time < 2; time++) {
      expect(await errorOf(`await memprofile(${code}, { timeout: 300 })`)).toEqual(
        expect.objectContaining({
          ename: "TimeoutError",
          evalue: "the function took longer than 300 ms, as its timeout says",
        }),
      );
    }
    expect(await jsonOf("JSON.stringify((await memprofile(() => 6)).value)")).toBe(6);
    expect(kernel.executorPid()).toBe(before);
  },
  60_000,
);

test("repeat and leaks tell what each run adds, and what is imported from Cellscope holds none of it", async () => {
  const seen = (await jsonOf(
    'const left: unknown[] = [];\nconst { profile: leaking } = await memprofile(() => { left.push(load(5000)); }, { repeat: 6, leaks: true });\nJSON.stringify({ runs: leaking.runs, holders: "value" in leaking.alive! ? leaking.alive.value.holders : [] })',
  )) as {
    readonly runs: {
      readonly increments: readonly number[];
      readonly leaks: { readonly slope: { readonly low: number } };
    };
    readonly holders: readonly { readonly variable?: string; readonly count: number }[];
  };
  expect(seen.runs.increments).toHaveLength(6);
  expect(seen.runs.leaks.slope.low).toBeGreaterThan(0);
  expect(seen.holders[0]).toMatchObject({ variable: "left" });
  expect(seen.holders.map(({ variable }) => variable)).not.toContain("memprofile");
}, 120_000);

test("-o gives later cells a typed result with samples and lines, which is shown as its report", async () => {
  const { outcome } = await kernel.run("%%memprofile -q -o prof --lines\nconst big = load(100_000);\nbig.length");
  expect(outcome).toMatchObject({ status: "ok", result: { "text/plain": "100000" } });
  expect(
    await jsonOf(
      "const line: number | undefined = prof.lines?.tables[0]?.lines[0]?.line;\nJSON.stringify([line, prof.samples.numRows === prof.sampleCount, prof.increment > 0])",
    ),
  ).toEqual([2, true, true]);
  const { outcome: after } = await kernel.run("prof");
  const text = after.status === "ok" ? String(after.result?.["text/plain"]) : "";
  expect(text).toMatch(/^peak memory: /);
  expect(text).toContain("const big = load(100_000);");
  expect((await errorOf("prof.nothing")).evalue).toContain("Property 'nothing' does not exist");
}, 60_000);

test("the lines of %mprun -o are a typed result, shown as their table", async () => {
  await kernel.run("%mprun -o lines -f load load(50_000).length");
  expect(await jsonOf("JSON.stringify(lines.tables.map(({ title }) => title))")).toEqual(["load in In[1]"]);
  const { outcome } = await kernel.run("lines");
  const bundle = outcome.status === "ok" ? (outcome.result ?? {}) : {};
  expect(String(bundle["text/plain"])).toMatch(/^load in In\[1\]: line \d+ /);
  expect(bundle["application/vnd.cellscope.profile.v1+json"]).toMatchObject({ kind: "lines" });
}, 60_000);

interface Lines {
  readonly titles: readonly string[];
  readonly costs: readonly (readonly { readonly line: number; readonly hits: number; readonly external: number }[])[];
  readonly notes: readonly string[];
}

/** The lines of a call, and what it returned. */
async function linesOf(before: string, call: string): Promise<Lines & { readonly value: unknown }> {
  return (await jsonOf(
    `${before}\nconst { value: got, profile: seen } = await ${call};\nJSON.stringify({ value: got, titles: seen.lines?.tables.map(({ title }) => title.replace(/\\d+$/, "")), costs: seen.lines?.tables.map(({ lines }) => lines.map(({ line, hits, external }) => ({ line, hits, external }))), notes: seen.lines?.notes })`,
  )) as Lines & { readonly value: unknown };
}

test("lines are those of the function itself, also in the cell that calls it", async () => {
  const before = "const size = 4e6;";
  const call =
    "memprofile(() => {\n  const big = new Uint8Array(size);\n  let sum = 0;\n  for (let i = 0; i < 3; i++) {\n    sum += new Uint8Array(size / 2).length;\n  }\n  return big.length + sum;\n}, { lines: true })";
  const { value, titles, costs, notes } = await linesOf(before, call);
  expect([value, notes]).toEqual([10_000_000, []]);
  expect(titles).toEqual([expect.stringMatching(/^\(anonymous\) in In\[/)]);
  const at = (line: number) => costs[0]?.find((each) => each.line === line);
  expect(at(3)?.external).toBeGreaterThan(3_900_000);
  expect(at(6)).toMatchObject({ hits: 3 });
  expect(at(6)?.external).toBeGreaterThan(5_800_000);
}, 60_000);

test("a function whose body is one expression has its line too, and other functions of cells theirs", async () => {
  await kernel.run(
    "const parse = (n: number) => new Uint8Array(n);\nclass Table {\n  #own = 1;\n  static read(n: number) {\n    const data = parse(n);\n    return data.length + new Table().#own;\n  }\n}",
  );
  const { value, titles, costs, notes } = await linesOf(
    "",
    'memprofile(() => Table.read(5e6), { lines: true, functions: [parse, "Table.read"] })',
  );
  expect([value, notes]).toEqual([5_000_001, []]);
  expect(titles.map((title) => title.replace(/ in .*/, "")).sort()).toEqual(["(anonymous)", "Table.read", "parse"]);
  const parsed = costs[titles.findIndex((title) => title.startsWith("parse"))];
  expect(parsed?.[0]?.external).toBeGreaterThan(4_900_000);
  const after = await kernel.run("[parse(3).length, Table.read(4), parse.toString().includes('$cs')]");
  expect(after.outcome).toMatchObject({ status: "ok", result: { "text/plain": "[ 3, 5, false ]" } });
}, 60_000);

test("lines are shown with the report, and each of several runs has its own", async () => {
  const { outcome } = await kernel.run(
    "(await memprofile(async () => {\n  const rows = load(50_000);\n  await null;\n  return rows.length;\n}, { lines: true, functions: [load], repeat: 2 })).profile",
  );
  const text = outcome.status === "ok" ? String(outcome.result?.["text/plain"]) : JSON.stringify(outcome);
  expect(text).toMatch(/^peak memory: /);
  expect(text).toContain("load in In[1]: line 4 allocated");
  expect(text).toContain("const rows = load(50_0");
}, 60_000);

test("who allocated is told of a function too", async () => {
  const seen = (await jsonOf(
    "const { profile: all } = await memprofile(() => { for (let i = 0; i < 30; i++) load(20_000); }, { temporaryAllocations: true });\nJSON.stringify([all.holders ?? null, all.allocations])",
  )) as readonly [null, { readonly value: { readonly heap: number; readonly frames: readonly { name: string }[] } }];
  expect(seen[0]).toBe(null);
  expect(seen[1].value.heap).toBeGreaterThan(20 * mebibyte);
  expect(seen[1].value.frames.map(({ name }) => name)).toContain("load");
}, 60_000);

test.each([
  [
    "memprofile(Math.random, { lines: true })",
    "The option lines of memprofile looks at functions that cells define; the function that it calls is a built-in or bound function.",
  ],
  [
    "memprofile(() => 1, { functions: [require('node:path').join] as any })",
    "The option functions of memprofile looks at functions that cells define; join is a function of node:path.",
  ],
  [
    "memprofile(() => 1, { functions: [7] as any })",
    'The option functions of memprofile takes functions, or their names, as in [load, "Table.parse"], got number.',
  ],
  ["memprofile(() => 1, { functions: ['missing'] })", "no cell that has run defines missing."],
])(
  "%s is refused, and the next one is measured",
  async (call, message) => {
    expect((await errorOf(`await ${call}`)).evalue).toContain(message);
    expect(await jsonOf("JSON.stringify((await memprofile(() => 5)).value)")).toBe(5);
  },
  60_000,
);

test("the kernel as it is installed measures for cells", async () => {
  const built = await startBuiltKernel();
  try {
    const { reply, published } = await built.client.execute(
      `import { memprofile } from "cellscope";\n(await memprofile(() => Buffer.alloc(61 * ${mebibyte}, 1).length)).profile`,
      {},
      60_000,
    );
    expect(reply.content.status).toBe("ok");
    const result = published.find(({ header }) => header.msg_type === "execute_result");
    const data = result?.content.data as Readonly<Record<string, unknown>>;
    expect(String(data["text/plain"])).toMatch(/^peak memory: [\d.]+ MiB, increment: 6[\d.]+ MiB\n/);
  } finally {
    await built.close();
  }
}, 90_000);
