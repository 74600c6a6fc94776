// The cells of `bench/lines.ts`. `truth` says, by line of the code, what the line allocates, in any unit.

/** A cell whose lines allocate known amounts. */
export interface TruthCell {
  readonly name: string;
  /** `large`: 64 KiB or more at a time; `small`: hot loops. */
  readonly set: "large" | "small";
  /** A cell that has to have run. */
  readonly before?: string;
  readonly code: string;
  readonly truth: Readonly<Record<number, number>>;
}

/** Which share of all bytes stands on the line that allocated them, from 0 to 1; the magic's own line comes first. */
export function shareOnRightLine(
  costs: readonly { readonly line: number; readonly heap: number; readonly external: number }[],
  truth: Readonly<Record<number, number>>,
): number {
  const total = costs.reduce((sum, { heap, external }) => sum + heap + external, 0);
  const whole = Object.values(truth).reduce((sum, weight) => sum + weight, 0);
  const shares = Object.entries(truth).map(([line, weight]) => {
    const cost = costs.find((each) => each.line === Number(line) + 1);
    return Math.min(weight / whole, ((cost?.heap ?? 0) + (cost?.external ?? 0)) / total);
  });
  return shares.reduce((sum, share) => sum + share, 0);
}

/** Where the bytes have to be found. */
export const truthCells: readonly TruthCell[] = [
  {
    name: "typed arrays one after the other",
    set: "large",
    code: "const a = new Float64Array(5e6).fill(1);\nconst b = a.slice();\nconst c = new Float64Array(b);\nc.subarray(3).length",
    truth: { 1: 40, 2: 40, 3: 40 },
  },
  {
    name: "Buffers that are joined",
    set: "large",
    code: "const parts: Buffer[] = [];\nfor (let i = 0; i < 40; i++) {\n  parts.push(Buffer.alloc(1e6, i));\n}\nconst whole = Buffer.concat(parts);\nconst copy = Buffer.from(whole);\ncopy.length",
    truth: { 3: 40, 5: 40, 6: 40 },
  },
  {
    name: "a temporary between two that stay",
    set: "large",
    code: "const keep = new Uint8Array(2e7).fill(1);\nfunction work(n: number) {\n  const scratch = new Float64Array(n);\n  scratch.fill(2);\n  return scratch[5]!;\n}\nconst results = [3e6, 2e6, 1e6].map(work);\nconst more = new Uint8Array(3e7).fill(results[0]!);\nmore.length",
    truth: { 1: 20, 3: 48, 8: 30 },
  },
  {
    name: "blocks of 64 KiB and of 128 KiB",
    set: "large",
    code: "let n = 0;\nfor (let i = 0; i < 600; i++) {\n  const small = new Uint8Array(65536);\n  n += small.length;\n  const larger = Buffer.alloc(131072);\n  n += larger.length;\n}\nn",
    truth: { 3: 1, 5: 2 },
  },
  {
    name: "async steps, side by side",
    set: "large",
    code: "const step = async (n: number) => {\n  const a = new Float64Array(n);\n  await new Promise((done) => setTimeout(done, 2));\n  const b = new Float64Array(2 * n);\n  return a.length + b.length;\n};\nawait Promise.all([step(1e6), step(1e6), step(1e6)]);\nconst last = new Float64Array(3e6);\nlast.length",
    truth: { 2: 24, 4: 48, 8: 24 },
  },
  {
    name: "a generator and its consumer",
    set: "large",
    code: "function* blocks() {\n  for (let i = 0; i < 50; i++) {\n    yield new Uint8Array(200_000);\n  }\n}\nlet sum = 0;\nfor (const block of blocks()) {\n  const copy = block.slice();\n  sum += copy.length;\n}\nsum",
    truth: { 3: 1, 8: 1 },
  },
  {
    name: "a generator in haste",
    set: "large",
    code: "function* blocks() {\n  for (let i = 0; i < 2000; i++) {\n    yield new Uint8Array(70_000);\n  }\n}\nlet sum = 0;\nfor (const block of blocks()) {\n  const copy = block.slice();\n  sum += copy.length;\n}\nsum",
    truth: { 3: 1, 8: 1 },
  },
  {
    name: "an async generator in haste",
    set: "large",
    code: "async function* blocks() {\n  for (let i = 0; i < 2000; i++) {\n    yield new Uint8Array(70_000 + (await Promise.resolve(1)));\n  }\n}\nlet sum = 0;\nfor await (const block of blocks()) {\n  const copy = new Uint8Array(block);\n  sum += copy.length;\n}\nsum",
    truth: { 3: 1, 8: 1 },
  },
  {
    name: "arrays of the heap",
    set: "large",
    code: "const one = new Array(1e6).fill(0);\nconst two = one.concat(one);\nconst three = one.concat(two);\nthree.length",
    truth: { 1: 8, 2: 16, 3: 24 },
  },
  {
    name: "exceptions on the way",
    set: "large",
    code: "let failed = 0;\nfor (let i = 0; i < 20; i++) {\n  try {\n    const data = new Float64Array(1e5);\n    if (i % 2) throw new Error(String(data.length));\n    const copy = data.slice();\n    failed -= copy[0]!;\n  } catch {\n    const log = new Uint8Array(4e5);\n    failed += log.length;\n  }\n}\nfailed",
    truth: { 4: 16, 6: 8, 9: 4 },
  },
  {
    name: "Buffers of 2 KiB beside 6 KiB",
    set: "small",
    code: "let n = 0;\nfor (let i = 0; i < 30_000; i++) {\n  const a = new Uint8Array(2048);\n  const b = new Uint8Array(6144);\n  n += a.length + b.length;\n}\nn",
    truth: { 3: 2048 + 176, 4: 6144 + 176 },
  },
  {
    name: "arrays of 10, 30 and 60",
    set: "small",
    code: "let n = 0;\nfor (let i = 0; i < 300_000; i++) {\n  const a = new Array(10).fill(i);\n  const b = new Array(30).fill(i);\n  const c = new Array(60).fill(i);\n  n += a.length + b.length + c.length;\n}\nn",
    truth: { 3: 32 + 16 + 80, 4: 32 + 16 + 240, 5: 32 + 16 + 480 },
  },
  {
    name: "objects kept in two tables",
    set: "small",
    code: "const left: object[] = new Array(400_000);\nconst right: object[] = new Array(400_000);\nfor (let i = 0; i < 400_000; i++) {\n  left[i] = { a: i };\n  right[i] = { a: i, b: i, c: i, d: i, e: i };\n}\nleft.length + right.length",
    truth: { 1: 3.2, 2: 3.2, 4: 400_000 * 32e-6, 5: 400_000 * 64e-6 },
  },
  {
    name: "one branch in eight",
    set: "small",
    code: "let n = 0;\nfor (let i = 0; i < 400_000; i++) {\n  if (i % 8 === 0) {\n    const big = new Array(200).fill(0);\n    n += big.length;\n  } else {\n    const small = new Array(20).fill(0);\n    n += small.length;\n  }\n}\nn",
    truth: { 4: 1648, 7: 7 * 208 },
  },
  {
    name: "a helper called by two lines",
    set: "small",
    code: "function pair(n: number) {\n  const out = new Array(n).fill(n);\n  return out;\n}\nlet s = 0;\nfor (let i = 0; i < 200_000; i++) {\n  s += pair(16).length;\n  const own = new Array(48).fill(i);\n  s += own.length;\n}\ns",
    truth: { 2: 176, 8: 432 },
  },
  {
    name: "recursion over a tree",
    set: "small",
    code: "interface Tree { left?: Tree; right?: Tree; data: number[] }\nfunction grow(depth: number): Tree {\n  const data = new Array(12).fill(depth);\n  if (depth === 0) return { data };\n  const left = grow(depth - 1);\n  const right = grow(depth - 1);\n  return { left, right, data };\n}\ngrow(16).data.length",
    truth: { 3: 131_071 * 144, 4: 65_536 * 48, 7: 65_535 * 48 },
  },
  {
    name: "async loop of small Buffers",
    set: "small",
    code: "let n = 0;\nfor (let i = 0; i < 40_000; i++) {\n  const a = new Uint8Array(4096);\n  if (i % 100 === 0) await null;\n  const b = new Uint8Array(1024);\n  n += a.length + b.length;\n}\nn",
    truth: { 3: 4096 + 176, 5: 1024 + 176 },
  },
];

/** What is run with and without `--lines`. */
export const overheadCells: readonly { readonly name: string; readonly code: string }[] = [
  {
    name: "numbers in a loop",
    code: "let s = 0;\nfor (let i = 0; i < 1e8; i++) {\n  s += i * 1.5;\n  s -= i & 3;\n}\ns",
  },
  {
    name: "nested loops over a typed array",
    code: "{\n  const a = new Float64Array(2000);\n  let s = 0;\n  for (let k = 0; k < 60_000; k++) {\n    for (let i = 0; i < 2000; i++) {\n      const x = a[i]!;\n      s += x * k;\n      a[i] = s;\n    }\n  }\n  s;\n}",
  },
  {
    name: "objects",
    code: "{\n  const rows: object[] = [];\n  for (let i = 0; i < 3e6; i++) {\n    rows.push({ i, j: i + 1 });\n  }\n  rows.length;\n}",
  },
  {
    name: "calls that recur",
    code: "{\n  function fib(n: number): number {\n    if (n < 2) return n;\n    return fib(n - 1) + fib(n - 2);\n  }\n  fib(37);\n}",
  },
  {
    name: "JSON",
    code: "{\n  const text = JSON.stringify(Array.from({ length: 2e5 }, (_, i) => ({ i, name: `n${i}` })));\n  for (let i = 0; i < 5; i++) {\n    JSON.parse(text);\n  }\n}",
  },
  {
    name: "closures in a Map",
    code: "{\n  const m = new Map<number, () => number>();\n  let s = 0;\n  for (let i = 0; i < 5e6; i++) {\n    m.set(i % 1000, () => i);\n    const f = m.get(i % 1000)!;\n    s += f();\n  }\n  s;\n}",
  },
  {
    name: "await",
    code: "{\n  let s = 0;\n  for (let i = 0; i < 1e6; i++) {\n    s += await Promise.resolve(i);\n  }\n  s;\n}",
  },
  {
    name: "a generator",
    code: "{\n  function* count(n: number) {\n    for (let i = 0; i < n; i++) {\n      yield i;\n    }\n  }\n  let s = 0;\n  for (const x of count(1e7)) {\n    s += x;\n  }\n  s;\n}",
  },
  {
    name: "a method in a loop",
    code: "{\n  class V {\n    x = 0;\n    add(d: number) {\n      this.x += d;\n      return this;\n    }\n  }\n  const v = new V();\n  for (let i = 0; i < 5e7; i++) {\n    v.add(i);\n  }\n  v.x;\n}",
  },
  {
    name: "map, filter, map",
    code: "{\n  const xs = Array.from({ length: 1e6 }, (_, i) => i);\n  let t = 0;\n  for (let k = 0; k < 5; k++) {\n    t += xs\n      .map((x) => ({ x }))\n      .filter((o) => o.x % 2 === 0)\n      .map((o) => o.x).length;\n  }\n  t;\n}",
  },
  {
    name: "lines of a CSV",
    code: '{\n  const text = Array.from({ length: 3e5 }, (_, i) => `${i},${i * 2},abc`).join("\\n");\n  let n = 0;\n  for (const line of text.split("\\n")) {\n    const fields = line.split(",");\n    n += fields.length;\n  }\n  n;\n}',
  },
];
