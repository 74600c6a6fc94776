// Cells that were written when the method was done, and then run once. Whoever tunes the method after them writes new
// ones, and these join the known.
import { grownArray, type MemoryCell, mapped } from "./memory-cell.js";

const mebibyte = 1024 * 1024;
/** Beside its elements: the array, its ArrayBuffer, and what V8 keeps of it, in the heap. */
const typedArray = 176;

/** All of them. */
export const heldOutCells: readonly MemoryCell[] = [
  {
    name: "a histogram by worker functions",
    set: "held out",
    size: "large",
    code: `{
  const bins = (count: number) => new Uint32Array(count).fill(1);
  function merge(parts: readonly Uint32Array[]) {
    const whole = new Uint32Array(parts[0]!.length).fill(0);
    for (const part of parts) {
      for (let i = 0; i < part.length; i += 1024) whole[i] += part[i]!;
    }
    return whole;
  }
  const parts = Array.from({ length: 6 }, () => bins(${(8 * mebibyte) / 4}));
  merge(parts).length;
}`,
    peak: { by: "arithmetic", bytes: 7 * mapped(8 * mebibyte) },
    holder: "bins",
    lines: { 2: 6, 4: 1 },
  },
  {
    name: "a spike of 3 ms between two quiet halves",
    set: "held out",
    size: "large",
    code: `{
  function quiet() {
    let sum = 0;
    for (let i = 0; i < 2e7; i++) sum += i % 3;
    return sum;
  }
  function spike() {
    const block = Buffer.alloc(${60 * mebibyte}, 7);
    const until = Date.now() + 3;
    while (Date.now() < until);
    return block[9];
  }
  quiet();
  spike();
  quiet();
}`,
    peak: { by: "arithmetic", bytes: mapped(60 * mebibyte) },
    holder: "spike",
    lines: { 8: 1 },
  },
  {
    name: "JSON of many rows",
    set: "held out",
    size: "large",
    before:
      "const rowsText = JSON.stringify(Array.from({ length: 120_000 }, (_, id) => ({ id, at: [id, id + 1], ok: id % 2 === 0 }))); rowsText.length;",
    code: `{
  function parse(text: string) {
    const rows = JSON.parse(text) as object[];
    return rows.length;
  }
  parse(rowsText);
}`,
    peak: { by: "plain run" },
    holder: "parse",
  },
  {
    name: "a Map of lists",
    set: "held out",
    size: "small",
    code: `{
  function group(count: number) {
    const groups = new Map<number, number[]>();
    for (let i = 0; i < count; i++) {
      const key = i % 50_000;
      const list = groups.get(key) ?? [];
      list.push(i);
      groups.set(key, list);
    }
    return groups;
  }
  group(1_500_000).size;
}`,
    peak: { by: "plain run" },
    holder: "group",
  },
  {
    name: "chunks that are gathered from a stream",
    set: "held out",
    size: "large",
    before: 'import { Readable } from "node:stream";',
    code: `{
  async function gather(count: number, size: number) {
    const chunks: Buffer[] = [];
    const source = Readable.from(function* () {
      for (let i = 0; i < count; i++) yield Buffer.alloc(size, i + 1);
    }());
    for await (const chunk of source) {
      chunks.push(chunk as Buffer);
    }
    const whole = Buffer.concat(chunks);
    return whole.length;
  }
  await gather(24, ${2 * mebibyte});
}`,
    // Buffer.concat writes what it allocates.
    peak: { by: "arithmetic", bytes: 24 * mapped(2 * mebibyte) + mapped(48 * mebibyte) },
    lines: { 5: 1, 10: 1 },
  },
  {
    name: "columns from rows",
    set: "held out",
    size: "large",
    before: "const heldRows = Array.from({ length: 400_000 }, (_, i) => ({ a: i, b: i * 0.5 })); heldRows.length;",
    code: `{
  type Row = { a: number; b: number };
  function columns(rows: readonly Row[]) {
    const a = new Float64Array(8 * rows.length);
    const b = new Float64Array(16 * rows.length);
    for (let i = 0; i < rows.length; i++) {
      a.fill(rows[i]!.a, 8 * i, 8 * i + 8);
      b.fill(rows[i]!.b, 16 * i, 16 * i + 16);
    }
    return a.length + b.length;
  }
  columns(heldRows);
}`,
    peak: { by: "arithmetic", bytes: mapped(400_000 * 64) + mapped(400_000 * 128) },
    holder: "columns",
    lines: { 4: 1, 5: 2 },
  },
  {
    name: "a child process that grows in steps",
    set: "held out",
    size: "large",
    options: "-c",
    before: 'import { execFileSync } from "node:child_process";',
    code: `execFileSync(process.execPath, ["-e", "const l = []; for (let i = 0; i < 6; i++) l.push(Buffer.alloc(20 * 1048576, 1)); setTimeout(() => l.length, 500)"]).length;`,
    peak: { by: "plain run and child" },
  },
  {
    name: "points and their sums",
    set: "held out",
    size: "small",
    code: `{
  const seen: unknown[] = new Array(128).fill(0);
  for (let i = 0; i < 500_000; i++) {
    const point = { x: i, y: i + 1, z: i + 2, w: i + 3 };
    const pair = [point.x, point.y];
    seen[i & 63] = point;
    seen[64 + (i & 63)] = pair;
  }
  seen.length;
}`,
    peak: { by: "plain run" },
    lines: { 4: 24 + 4 * 8, 5: 32 + 16 + 16 },
  },
  {
    name: "a queue of small blocks",
    set: "held out",
    size: "small",
    code: `{
  const queue: Uint8Array[] = [];
  let bytes = 0;
  for (let i = 0; i < 60_000; i++) {
    queue.push(new Uint8Array(512));
    const head = new Uint8Array(3072);
    bytes += head.length;
    if (queue.length > 100) queue.length = 0;
  }
  bytes;
}`,
    peak: { by: "plain run" },
    lines: { 5: 512 + typedArray, 6: 3072 + typedArray },
  },
  {
    name: "lists that are chained",
    set: "held out",
    size: "small",
    code: `{
  function chain(count: number) {
    let last: unknown = null;
    for (let i = 0; i < count; i++) {
      const data = new Array(6).fill(i);
      last = { last, data };
    }
    return last;
  }
  let n = 0;
  for (let k = 0; k < 6; k++) {
    n += chain(60_000) === null ? 1 : 0;
    const big = new Array(40_000).fill(k);
    n += big.length;
  }
  n;
}`,
    peak: { by: "plain run" },
    lines: { 5: 6 * 60_000 * (32 + 16 + 48), 6: 6 * 60_000 * (24 + 16), 13: 6 * (32 + 16 + 40_000 * 8) },
  },
  {
    name: "an array that grows",
    set: "held out",
    size: "small",
    code: `{
  const kept: object[] = [];
  for (let i = 0; i < 300_000; i++) {
    const label = { i };
    kept.push({ label, next: i + 1, rest: i });
  }
  kept.length;
}`,
    peak: { by: "plain run" },
    lines: { 4: 300_000 * 32, 5: 300_000 * 48 + grownArray(300_000) },
  },
];
