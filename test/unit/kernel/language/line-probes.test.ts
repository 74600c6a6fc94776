// Probed code must do what it did without probes. It runs here over the real meter, with every flag set.
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { variations } from "../../../../kernel/language/line-probes/allocates.js";
import { giveBodiesLines } from "../../../../kernel/language/line-probes/body-lines.js";
import { addLineProbes, type ProbedCode } from "../../../../kernel/language/line-probes/line-probes.js";
import { probeNames } from "../../../../kernel/language/line-probes/names.js";
import type { TypeScript } from "../../../../kernel/language/tslab.js";
import { LineMeter } from "../../../../profiler/probe/lines/line-meter.js";
import { type Converted, loadTypeScript, ownPaths } from "../../../support/notebook-typescript.js";

let typeScript: TypeScript;
const meter = new LineMeter();
beforeAll(async () => {
  const { createTypeScript } = await loadTypeScript();
  typeScript = createTypeScript({ own: ownPaths });
}, 60_000);

function convert(source: string): Converted {
  const conversion = typeScript.convert("", source);
  if (conversion.status === "converted") return conversion;
  throw new Error(`${conversion.diagnostics.map(({ message }) => message).join("\n")}\nin\n${source}`);
}

function probe(source: string, functions?: readonly string[]): ProbedCode & { readonly conversion: Converted } {
  const conversion = convert(source);
  const order = { code: conversion.code, sourceMap: conversion.sourceMap ?? "", firstSite: 1, siteLimit: 16_384 };
  return { ...addLineProbes(functions === undefined ? order : { ...order, functions }), conversion };
}

const probeValues = [
  meter.shared.register,
  meter.shared.flags,
  meter.counts,
  meter.left,
  meter.lapse,
  meter.read,
  meter.enter,
  meter.decide,
  meter.leave,
  meter.suspend,
  meter.resume,
] as const;

/** What the cell has said to `log`, its value, and what it threw, as text. */
async function observe(code: string, { awaits, resultName }: Converted): Promise<readonly string[]> {
  const logged: string[] = [];
  const log = (...values: readonly unknown[]) => {
    logged.push(values.map(show).join(" "));
  };
  const variables: Record<string, unknown> = {};
  try {
    const make = new Function(
      ...Object.values(probeNames),
      "log",
      `return (${awaits ? "async " : ""}function (exports, require) { ${code}\n})`,
    );
    await make(...probeValues, log)(variables, undefined);
    await new Promise((resolve) => setImmediate(resolve));
  } catch (error) {
    logged.push(`threw ${String(error)}`);
  }
  if (resultName !== undefined) logged.push(`value ${show(variables[resultName])}`);
  return logged;
}

function show(value: unknown): string {
  if (typeof value === "function") return `function ${value.name}/${value.length}`;
  return value instanceof Error ? String(value) : (JSON.stringify(value) ?? String(value));
}

/** Runs a cell without and with probes, all of them reading. */
async function bothWays(source: string): Promise<{ plain: readonly string[]; probed: readonly string[] }> {
  const { code, conversion, sites } = probe(`declare const log: (...values: unknown[]) => void;\n${source}`);
  meter.prepare({
    names: probeNames,
    firstSite: 1,
    siteCount: sites.length,
    counters: sites.map(({ counter }) => counter),
    variations: sites.map(({ variation }) => variation),
    sources: [],
  });
  meter.begin();
  const probed = await observe(code, conversion);
  meter.end();
  return { plain: await observe(conversion.code, conversion), probed };
}

const corpus: readonly (readonly [what: string, source: string])[] = [
  [
    "loops of every kind",
    "let s = 0; for (let i = 0; i < 3; i++) s += i; for (const k in { a: 1, b: 2 }) log(k); for (const v of [1, 2]) log(v); while (s > 0) s--; do { s++; } while (s < 3); s",
  ],
  [
    "loops without braces in loops",
    "for (let i = 0; i < 2; i++) for (const j of [1, 2]) if (i === j) log('same'); else log(i, j);",
  ],
  [
    "closures over the variable of a loop",
    "const fs: (() => number)[] = []; for (let i = 0; i < 3; i++) fs.push(() => i); fs.map((f) => f())",
  ],
  [
    "labels",
    "outer: for (let i = 0; i < 3; i++) { for (let j = 0; j < 3; j++) { if (j === 1) continue outer; if (i === 2) break outer; log(i, j); } } block: { if (1 < 2) break block; log('no'); }",
  ],
  [
    "a label before a loop without calls",
    "let n = 0; again: for (let i = 0; i < 4; i++) { if (i === 1) continue again; if (i === 3) break again; n += i; } n",
  ],
  [
    "switch with falling through",
    "const f = (x: number) => { switch (x) { case 1: log('one'); case 2: { log('two'); break; } case [3][0]: return 'three'; default: log('other'); } return 'end'; }; [f(1), f(2), f(3), f(4)]",
  ],
  [
    "returns out of finally",
    "function f(x: number) { try { if (x) return log('try') ?? 'a'; throw new Error('b'); } catch (e) { return String(e); } finally { log('finally'); } } [f(0), f(1)]",
  ],
  [
    "exceptions through many functions",
    "function g(): never { throw new TypeError('deep'); } function f() { const x = [1].map(() => g()); return x; } try { f(); } catch (e) { log(e); } f()",
  ],
  [
    "if else chains without braces",
    "const f = (n: number) => { if (n === 0) return 'zero'; else if (n === 1) return [1]; else return { n }; }; [f(0), f(1), f(2)]",
  ],
  [
    "arrow bodies",
    "const o = (x: number) => ({ x }); const c = (x: number) => x ? [x] : null; const f = (x: number) => (y: number) => x + y; const v = () => void log('void'); [o(1), c(0), c(2), f(1)(2), v()]",
  ],
  [
    "names of functions that are returned",
    "const f = () => () => 1; function g() { return class {}; } function h() { return (function () { return 2; }); } [f().name, g().name, h().name, f.name]",
  ],
  [
    "names of fields, defaults and members",
    "class A { f = () => 1; static g = class {}; h = new Array(3); constructor(readonly z = () => 2) {} } const a = new A(); log(a.f, A.g, a.h, a.z); const { q = () => 3 } = {} as { q?: () => number }; q.name",
  ],
  [
    "default parameters",
    "let n = 0; function f(a = [n++], b = a.concat(n), { c = [...b] } = {}) { return { a, b, c }; } [f(), f([9]), f.length]",
  ],
  [
    "getters, setters and static blocks",
    "class P { static n: number[] = []; static { for (const i of [1, 2]) P.n.push(i); } get v() { return [this.w]; } set v(x: number[]) { this.w = x[0] ?? 0; } w = 1; #p = [1]; m() { return this.#p; } } const p = new P(); p.v = [5]; [p.v, P.n, p.m()]",
  ],
  [
    "constructors that call super late",
    "class A { constructor(readonly x: number[]) {} } class B extends A { y; constructor() { const z = [1, 2]; super(z); this.y = z.length; } } class C { constructor() { return { other: [true] } as unknown as C; } } [new B(), new C()]",
  ],
  [
    "generators",
    "function* g(n: number): Generator<number[], string, string> { for (let i = 0; i < n; i++) { const got = yield [i]; log('got', got); } return 'done'; } const i = g(2); [i.next('x'), i.next('y'), i.next('z'), i.next('u')]",
  ],
  [
    "yield in expressions and yield*",
    "function* a(): Generator<number, number> { yield 1; return 2; } function* b(): Generator<any, any, number> { const r = yield* a(); const s = (yield) + (yield r); try { yield [s]; } finally { log('closed'); } } const i = b(); log(i.next(0), i.next(0), i.next(3), i.next(4)); i.return('early')",
  ],
  [
    "await in every place",
    "const p = async (x: number) => { await null; return [x]; }; const [a] = await p(1); log(a, (await p(2)).length, `${await p(3)}`, -(await p(4)).length); if ((await p(5)).length) log('if'); for (let i = 0; i < (await p(2)).length; i++) log('for', i); await p(6)",
  ],
  [
    "the order of what awaits",
    "const a = async (n: string) => { log(n, 1); await null; log(n, 2); await Promise.resolve(); log(n, 3); return n; }; const both = [a('x'), a('y')]; log('between'); await Promise.all(both)",
  ],
  [
    "rejections",
    "const f = async () => { throw new RangeError('no'); }; const g = async () => { try { return await f(); } catch (e) { return String(e); } }; log(await g()); const h = async () => { try { return f(); } catch { return 'never'; } }; await h()",
  ],
  [
    "async generators and for await",
    "async function* g() { for (const i of [1, 2, 3]) { yield Promise.resolve([i]); } return [4]; } for await (const [x] of g()) { if (x === 3) break; log(x); } for await (const y of [Promise.resolve('a')]) log(y);",
  ],
  [
    "this and arguments",
    "const o = { n: 1, m() { return [this.n, (() => this.n)()]; }, a: function (..._: number[]) { return [...arguments].length; } }; [o.m(), o.a(1, 2)]",
  ],
  [
    "directives",
    "function f(this: unknown) { 'use strict'; return this === undefined; } [f(), (function (this: unknown) { 'use strict'; return [typeof this]; })()]",
  ],
  [
    "destructuring with values that are computed",
    "const { a, ...rest } = { a: [1], b: 2, c: 3 }; const [x = [7], ...ys] = [undefined, 2, 3] as (number[] | number | undefined)[]; let m: number, n: number; [m, n] = [1, 2]; [m, n] = [n, m]; ({ a, rest, x, ys, m, n })",
  ],
  [
    "comma, conditional and short circuits",
    "let n = 0; const f = () => (n++, [n]); const g = n > 5 ? f() : (f(), f()); n > 0 && f(); const none = null as number[] | null; const h = none ?? f(); [n, g, h]",
  ],
  [
    "templates and tags",
    "const t = (s: TemplateStringsArray, ...v: unknown[]) => [s.raw, v]; [t`a${[1]}b`, `x${[1, 2]}`]",
  ],
  [
    "comments at the ends of lines",
    "const a = [1]; // one\nfunction f() { // two\n  return [2]; // three\n  // four\n}\n[a, f()] // five",
  ],
  [
    "functions that are used before they stand there",
    "log(later()); function later() { return inner(); function inner() { return ['hoisted']; } }",
  ],
  [
    "classes in expressions",
    "const C = class Named { static make() { return new Named(); } v = [1]; }; [C.name, C.make().v, new (class { x = { y: 1 }; })().x]",
  ],
  [
    "optional calls and chains",
    "const o: { f?: () => number[]; g?: { h(): number[] } } = { f: () => [1] }; [o.f?.(), o.g?.h(), o?.f?.().length]",
  ],
  [
    "enums and namespaces",
    "enum E { A = 1, B = 'x'.length } namespace N { export const v = [E.B]; export function f() { return v; } } [E.A, E[1], N.f()]",
  ],
  [
    "var in blocks and functions",
    "var a = [1]; { var b = [2]; } for (var i = 0; i < 2; i++) { var c = [i]; } function f() { if (false) { var d = 1; } return d; } [a, b, c, i, f()]",
  ],
  [
    "recursion",
    "const fib = (n: number): number => (n < 2 ? n : fib(n - 1) + fib(n - 2)); const tree = (n: number): unknown => n ? { l: tree(n - 1), r: [n] } : null; [fib(10), tree(3)]",
  ],
  [
    "errors that are thrown by a value",
    "const f = (x?: { y: number }) => x!.y; try { f(); } catch (e) { log((e as Error).name); } const y = [f({ y: 1 })]; throw [y, 'text'];",
  ],
  [
    "an iterator that is closed",
    "const it = { [Symbol.iterator]() { let i = 0; return { next: () => ({ done: i > 5, value: i++ }), return: () => { log('return'); return { done: true as const, value: 0 }; } }; } }; for (const x of it) { if (x === 1) break; log(x); } const [p, q] = it; [p, q]",
  ],
];

describe("code with probes does what it does without", () => {
  // The first one starts the compiler.
  test.each(corpus)("%s", { timeout: 60_000 }, async (_, source) => {
    const { plain, probed } = await bothWays(source);
    expect(plain.length).toBeGreaterThan(0);
    expect(probed).toEqual(plain);
  });

  test("statements put together in any way", async () => {
    const expression = fc.constantFrom(
      "[n]",
      "n",
      "{ n }.n",
      "f(n)",
      "`t${n}`",
      "n > 2 ? [n] : f(n)",
      "((x: number) => [x])(n)",
      "(() => { n++; return n; })()",
    );
    const { statement } = fc.letrec<{ statement: string; block: string }>((tie) => ({
      statement: fc.oneof(
        { maxDepth: 3 },
        expression.map((text) => `log(${text === "{ n }.n" ? "({ n }).n" : text});`),
        fc.constantFrom(
          "n++;",
          "if (n > 6) break;",
          "if (n % 2) continue;",
          "if (n > 9) return [n];",
          "await null;",
          "yield n;",
          "if (n > 8) throw [n];",
          ";",
        ),
        tie("block").map((block) => `if (n < 5) ${block} else n += 2;`),
        tie("block").map((block) => `for (let i = 0; i < 3; i++) ${block}`),
        tie("block").map((block) => `for (const v of [n, n + 1]) { log(v); ${block} }`),
        tie("block").map((block) => `try ${block} catch (e) { log(e); n += 3; } finally { log('f'); }`),
        fc
          .tuple(tie("block"), tie("block"))
          .map(([a, b]) => `switch (n % 3) { case 0: ${a} case 1: ${b} break; default: n++; }`),
        tie("block").map(
          (block) => `log([1, 2].map((x) => { let n = x; for (;;) { n++; if (n > 4) break; } return [n]; })); ${block}`,
        ),
      ),
      block: fc.array(tie("statement"), { maxLength: 3 }).map((statements) => `{ ${statements.join("\n")} }`),
    }));
    await fc.assert(
      fc.asyncProperty(fc.array(statement, { minLength: 1, maxLength: 4 }), async (statements) => {
        const body = statements.join("\n");
        const source = `let n = 0; const f = (x: number): unknown => (x > 3 ? { x } : [x]);
async function* run(): AsyncGenerator<unknown, unknown> { for (let round = 0; round < 3; round++) { n++;\n${body}\n} return 'end'; }
try { const it = run(); for (let k = 0; k < 20; k++) { const r = await it.next(); log(r.value, r.done); if (r.done) break; } } catch (e) { log('out', e); }\nn`;
        const { plain, probed } = await bothWays(`// @ts-nocheck\n${source}`);
        expect(probed).toEqual(plain);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

describe("functions whose braces are put on lines of their own", () => {
  test.each(corpus)("do what they did: %s", { timeout: 60_000 }, async (_, source) => {
    const conversion = convert(`declare const log: (...values: unknown[]) => void;\n${source}`);
    const { code } = giveBodiesLines({
      code: `${conversion.code}\n// memprofile`,
      sourceMap: conversion.sourceMap ?? "",
    });
    expect(await observe(code, conversion)).toEqual(await observe(conversion.code, conversion));
  });

  test("have the places of the cell, and so have their probes", () => {
    const source =
      "const f = (n: number) =>\n  // so many\n  [n, [n].map((x) => x)];\nfunction g(n: number) { f(n); return [\n  n]; }\ng(1);";
    const { code, sourceMap = "" } = convert(source);
    const map = new TraceMap(sourceMap);
    for (const [index, line] of code.split("\n").entries()) {
      const column = line.indexOf("n,");
      if (column >= 0)
        expect(originalPositionFor(map, { line: index + 1, column })).toMatchObject({ line: 3, column: 3 });
    }
    const { sites, functions } = addLineProbes({
      code,
      sourceMap,
      firstSite: 1,
      siteLimit: 100,
      functions: ["f", "g"],
    });
    expect(functions).toEqual([
      { name: "f", firstLine: 1, lastLine: 3 },
      { name: "g", firstLine: 4, lastLine: 5 },
    ]);
    expect(sites.map(({ line }) => line)).toEqual([3, 4, 4]);
  });

  test.each([
    ["const f = () => [1];", "() => {\nreturn [1];\n}"],
    ["const o = { f: async (x: number) => x };", "async (x) => {\nreturn x;\n}"],
    ["const f = (x: number) => (y: number) => ({ x, y });", "(x) => {\nreturn (y) => ({ x, y });\n}"],
    ["function f() { return [1]; }", "function f() {\n return [1]; \n}"],
    ["class A { static m() { return 1; } }", "static m() { return 1; }"],
    ["[1].map((x) => x);", "(x) => x)"],
    ["function f() { }", "function f() { }"],
    ["const memprofile = (f: () => unknown) => { f(); }; memprofile(() => [1]);", "(() => {\nreturn [1];\n})"],
  ])("are those with a name, and those that memprofile() may be given: %s", (source, expected) => {
    expect(convert(source).code.replace(/\{\s+return 1; \s*\}/, "{ return 1; }")).toContain(expected);
  });
});

describe("sites", () => {
  /** Runs a cell with its probes, and says what the meter has read. */
  async function metered(source: string) {
    const { code, sites, conversion } = probe(source);
    meter.prepare({
      names: probeNames,
      firstSite: 1,
      siteCount: sites.length,
      counters: sites.map(({ counter }) => counter),
      variations: sites.map(({ variation }) => variation),
      sources: [],
    });
    meter.begin();
    await observe(code, conversion);
    meter.end();
    return { sites, reading: meter.takeReading([]) };
  }

  test("stand on the lines of the cell, and count as often as their line runs", async () => {
    const source =
      "let n = 0;\nfor (let i = 0; i < 10; i++) {\n  n += i;\n  if (i % 2) continue;\n  [n].map((x) => [x]);\n}\nfunction f() {\n  return [n];\n}\nf();\nf();";
    const { sites, reading } = await metered(source);
    const { counts } = reading;
    const byLine = new Map<number, number>();
    for (const [index, { line }] of sites.entries()) if (!byLine.has(line)) byLine.set(line, counts[index] ?? 0);
    expect([...byLine].sort(([a], [b]) => a - b)).toEqual([
      [1, 1],
      [2, 1],
      [3, 10],
      [4, 10],
      [5, 5],
      [8, 2],
      [10, 1],
      [11, 1],
    ]);
  });

  test("that call a function have what they made for it", async () => {
    const source =
      "class Box {\n  note;\n  constructor(readonly list: number[]) {\n    this.note = { text: 'small' };\n  }\n}\nconst box = new Box(new Array(100_000).fill(0));\nbox.note.text";
    const { sites, reading } = await metered(source);
    const { heap } = reading;
    const of = (wanted: number) =>
      sites.reduce((sum, { line }, index) => sum + (line === wanted ? (heap[index] ?? 0) : 0), 0);
    expect(of(7)).toBeGreaterThan(800_000);
    expect(of(4)).toBeLessThan(100_000);
  });

  test("read a statement that waits in its middle, and end it where it ends", () => {
    const source =
      "async function* rows() {\n  yield await load([1]);\n  if (await load([2])) yield* [[3]];\n}\nconst load = async (row: number[]) => row;";
    const { code, sites } = probe(source);
    const siteOf = (line: number) => sites.findIndex((site) => site.line === line) + 1;
    const { decide, leave, read, resume, suspend } = probeNames;
    const readsOf = (line: number) =>
      [...code.matchAll(/(\$cs[A-Z])\((\d+)/g)]
        .filter(([, , site]) => Number(site) === siteOf(line))
        .map(([, name]) => name);
    expect(readsOf(2)).toEqual([resume, suspend, resume, suspend, read]);
    expect(readsOf(3)).toEqual([decide, resume, suspend]);
    expect(code).not.toContain(leave);
  });

  test("of a loop have their counts when one of them is read", () => {
    const { code, sites } = probe(
      "const all: number[][] = [];\nfor (let i = 0; i < 3; i++) {\n  all[i] = [i];\n  all[i] = [i, i];\n}",
    );
    const counts = new Uint32Array(sites.length + 1);
    const seen: number[] = [];
    const read = (site: number) => {
      const { line, counter } = sites[site - 1] ?? {};
      if (line === 3) seen.push(counts[counter ?? 0] ?? 0);
    };
    const values = { register: new Int32Array(1), flags: new Uint8Array(sites.length + 1).fill(1), counts, read };
    const names = [probeNames.register, probeNames.flags, probeNames.counts, probeNames.read];
    new Function(...names, "exports", code)(...Object.values(values), {});
    expect(seen).toEqual([1, 2, 3]);
  });

  test.each([
    ["one statement", "  all[i & 7] = [i, i, i];\n", 2],
    [
      "the only one of three that takes memory",
      "  const place = i & 7;\n  all[place] = [i, i, i];\n  n += place;\n",
      3,
    ],
  ])("of a tight loop are looked at between its stretches: %s", async (_, body, line) => {
    const source = `let n = 0; const all: number[][] = [[], [], [], [], [], [], [], []]; for (let i = 0; i < 5000; i++) {\n${body}}\nn + all.length`;
    const { sites, reading } = await metered(source);
    const index = sites.findIndex((site) => site.line === line);
    expect(reading.counts[index]).toBe(5000);
    // An array of three small numbers: 32 bytes, 16 and 24 for what is in it, and 16 more until V8 has optimized it.
    expect((reading.heap[index] ?? 0) / 5000).toBeGreaterThan(71);
    expect((reading.heap[index] ?? 0) / 5000).toBeLessThan(89);
  });

  test.each([
    ["where nothing is read", "s += list[i]!.n;"],
    ["where a statement is read", "made[i & 3] = { n: list[i]!.n };"],
  ])("of a tight loop that an exception ends have their counts: %s", async (_, statement) => {
    const source = `let s = 0; const made: object[] = [];\nconst list: any[] = Array.from({ length: 3000 }, (_, n) => ({ n }));\nlist[2500] = null;\nfor (let i = 0; i < list.length; i++) {\n  ${statement}\n}`;
    const { sites, reading } = await metered(source);
    const counted = reading.counts[sites.findIndex(({ line }) => line === 5)] ?? 0;
    // Whether the one that failed is counted depends on where the count stands.
    expect(counted).toBeGreaterThanOrEqual(2500);
    expect(counted).toBeLessThanOrEqual(2501);
  });

  test.each([
    ["goes on by a condition that calls", "for (let i = 0; more(i); i++) all[i] = [i];"],
    ["goes on by a condition that changes something", "for (let i = 0; i++ < 5; i += 0) all[i] = [i];"],
    ["has a break", "for (let i = 0; i < 9; i++) { all[i] = [i]; if (i > 4) break; }"],
    ["reads a condition", "for (let i = 0; i < 5; i++) if ([i].length > 1) {}"],
    ["reads two statements", "for (let i = 0; i < 5; i++) { all[i] = [i]; all[i] = [i, i]; }"],
  ])("of a loop that %s are looked at in each run", (_, loop) => {
    const { code } = probe(`const all: number[][] = []; const more = (i: number) => i < 5; ${loop}`);
    expect(code).not.toContain(probeNames.lapse);
    expect(probe("const all: number[][] = []; for (let i = 0; i < 5; i++) all[i] = [i];").code).toContain(
      probeNames.lapse,
    );
  });

  test("tell how what they take differs from one run to the next", () => {
    const source =
      "const seen = new Set<number>(), all: number[][] = [];\nfor (let i = 0; i < 2; i++) {\n  const one = [i];\n  const text = `t${i}`;\n  all.push(one);\n  seen.add(i);\n  all[i] = [text.length];\n  const f = () => all.push(one);\n}";
    const { sites } = probe(source);
    expect(
      sites.filter(({ line, reads }) => line > 2 && reads).map(({ line, variation }) => [line, variation]),
    ).toEqual([
      [3, variations.none],
      [4, variations.some],
      [5, variations.array],
      [6, variations.table],
      [7, variations.array],
      [8, variations.none],
      [8, variations.array],
    ]);
  });

  test("are given to the functions that were asked for, and to nothing else", () => {
    const source =
      "function load() {\n  return [1];\n}\nclass Table {\n  parse() {\n    return [2];\n  }\n}\nconst other = () => [3];";
    const { functions, sites } = probe(source, ["load", "Table.parse", "missing"]);
    expect(functions).toEqual([
      { name: "load", firstLine: 1, lastLine: 3 },
      { name: "Table.parse", firstLine: 5, lastLine: 7 },
    ]);
    expect(sites.map(({ line }) => line)).toEqual([2, 6]);
  });

  test("are given to functions by where V8 has them begin", () => {
    const source =
      "const outer = (n: number) => {\n  return [1, 2].map(\n    (x) => {\n      return [x + n];\n    });\n};\nclass Table {\n  async parse(n = () => 1) {\n    return [n];\n  }\n}\nlog(async function () {\n  return [3];\n}, 5);";
    const { code, sourceMap = "" } = convert(`declare const log: (...values: unknown[]) => void; ${source}`);
    const placeOf = (text: string) => {
      const lines = code.slice(0, code.indexOf(text)).split("\n");
      return { line: lines.length - 1, column: (lines.at(-1) ?? "").length };
    };
    const order = { code, sourceMap, firstSite: 1, siteLimit: 100 };
    const namesAt = (...texts: readonly string[]) => {
      const { functions, missed } = addLineProbes({ ...order, places: texts.map(placeOf) });
      return [functions.map(({ name, firstLine, lastLine }) => `${name} ${firstLine}-${lastLine}`), missed];
    };
    expect(namesAt("(n) =>")).toEqual([["outer 1-6"], []]);
    expect(namesAt("(x) =>")).toEqual([["(anonymous) 3-5"], []]);
    expect(namesAt("(n = ")).toEqual([["Table.parse 8-10"], []]);
    expect(namesAt("() {")).toEqual([["(anonymous) 12-14"], []]);
    // What is inside of another one is in its table.
    expect(namesAt("(x) =>", "(n) =>")).toEqual([["outer 1-6"], []]);
    expect(namesAt("5)")).toEqual([[], [placeOf("5)")]]);
    expect(addLineProbes({ ...order, functions: ["outer"], places: [placeOf("(n) =>")] }).functions).toHaveLength(1);
  });

  test("leave code alone that uses their names", () => {
    const { code, conversion, notes } = probe("const $csR = [1]; $csR");
    expect(code).toBe(conversion.code);
    expect(notes).toHaveLength(1);
  });

  test("keep the lines of the code in their order, and nothing else on those of the braces of functions", () => {
    const { code, conversion } = probe("const a = [1]; // x\nfunction f() {\n  // y\n  return [a];\n}\nf()");
    expect(code.split("\n").length).toBeGreaterThanOrEqual(conversion.code.split("\n").length);
    const words = (text: string) => text.match(/\b(?:const (?!\$)|function|return)\b/g) ?? [];
    expect(words(code)).toEqual(words(conversion.code));
    for (const brace of conversion.code.split("\n").filter((line) => line.endsWith("{")))
      expect(code.split("\n")).toContain(brace);
  });
});
