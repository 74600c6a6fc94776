// Cells that were written when the method was done, and then run once. The method was tuned four times after that: those of
// then are "held out before", and the others were written afterwards. Whoever tunes it after those writes new ones.
import { grownArray, grownMap, type MemoryCell, mapped } from "./memory-cell.js";

const mebibyte = 1024 * 1024;
/** Beside its elements: the array, its ArrayBuffer, and what V8 keeps of it, in the heap. */
const typedArray = 176;

/** All of them. */
export const heldOutCells: readonly MemoryCell[] = [
  {
    name: "a histogram by worker functions",
    set: "held out before",
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
    set: "held out before",
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
    set: "held out before",
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
    set: "held out before",
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
    set: "held out before",
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
    set: "held out before",
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
    // Arithmetic has 73.25 MiB; but the heap is full of objects, and V8, which collects because of the arrays, lists what is
    // alive in it, in 1 to 2.5 MiB that a run without Cellscope takes too.
    peak: { by: "plain run" },
    holder: "columns",
    lines: { 4: 1, 5: 2 },
  },
  {
    name: "a child process that grows in steps",
    set: "held out before",
    size: "large",
    options: "-c",
    before: 'import { execFileSync } from "node:child_process";',
    code: `execFileSync(process.execPath, ["-e", "const l = []; for (let i = 0; i < 6; i++) l.push(Buffer.alloc(20 * 1048576, 1)); setTimeout(() => l.length, 500)"]).length;`,
    peak: { by: "plain run and child" },
  },
  {
    name: "points and their sums",
    set: "held out before",
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
    set: "held out before",
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
    set: "held out before",
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
    set: "held out before",
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
  {
    name: "vectors of fractions",
    set: "held out before",
    size: "small",
    code: `{
  const ring: unknown[] = new Array(64).fill(0);
  for (let i = 0; i < 700_000; i++) {
    const step = [i * 0.5, i * 0.25, i * 0.125];
    ring[i & 31] = step;
    const body = { x: i * 0.5, y: i * 1.5, z: i * 2.5, mass: i * 3.5 };
    ring[32 + (i & 31)] = body;
  }
  ring.length;
}`,
    peak: { by: "plain run" },
    // A number with a fraction has 16 bytes of its own in an object, and none in an array.
    lines: { 4: 32 + 16 + 24, 6: 24 + 4 * (8 + 16) },
  },
  {
    name: "words that are cut from a text",
    set: "held out before",
    size: "small",
    before:
      'const longText = Array.from({ length: 50_000 }, (_, i) => "word number " + i).join(" "); longText.indexOf("zz");',
    code: `{
  const recent: unknown[] = new Array(128).fill(0);
  for (let i = 0; i < 500_000; i++) {
    const word = longText.slice(i, i + 20);
    const pair = [word, i];
    recent[i & 127] = pair;
  }
  recent.length;
}`,
    peak: { by: "plain run" },
    // A part of a longer text refers to it.
    lines: { 4: 32, 5: 32 + 16 + 16 },
  },
  {
    name: "a tree of intervals",
    set: "held out before",
    size: "small",
    code: `{
  type Interval = { ends: number[]; low?: Interval; high?: Interval };
  function split(from: number, to: number, depth: number): Interval {
    const ends = [from, to];
    if (depth === 0) return { ends };
    const middle = (from + to) >> 1;
    return { ends, low: split(from, middle, depth - 1), high: split(middle, to, depth - 1) };
  }
  split(0, 1 << 20, 17).ends.length;
}`,
    peak: { by: "plain run" },
    holder: "split",
    lines: { 4: 262_143 * (32 + 16 + 16), 5: 131_072 * 32, 7: 131_071 * 48 },
  },
  {
    name: "records of three kinds by turns",
    set: "held out before",
    size: "small",
    code: `{
  const ring: unknown[] = new Array(256).fill(0);
  for (let i = 0; i < 600_000; i++) {
    switch (i % 3) {
      case 0:
        ring[i & 255] = { a: i };
        break;
      case 1:
        ring[i & 255] = [i, i, i, i, i, i];
        break;
      default:
        ring[i & 255] = new Array(30).fill(i);
    }
  }
  ring.length;
}`,
    peak: { by: "plain run" },
    lines: { 6: 24 + 8, 9: 32 + 16 + 48, 12: 32 + 16 + 240 },
  },
  {
    name: "an index beside a list",
    set: "held out before",
    size: "small",
    code: `{
  const index = new Map<number, object>();
  const order: object[] = [];
  for (let i = 0; i < 200_000; i++) {
    const entry = { i, half: i >> 1, odd: i & 1 };
    index.set(i, entry);
    order.push(entry);
  }
  index.size + order.length;
}`,
    peak: { by: "plain run" },
    lines: { 5: 200_000 * 48, 6: grownMap(200_000), 7: grownArray(200_000) },
  },
  {
    name: "accounts that make new ones",
    set: "held out before",
    size: "small",
    code: `{
  class Account {
    history: number[];
    constructor(start: number) {
      this.history = [start, 0, start];
    }
    next() {
      const made = new Account((this.history[0] ?? 0) + 1);
      return made;
    }
  }
  const all: Account[] = new Array(100).fill(new Account(0));
  for (let i = 1; i < 800_000; i++) {
    all[i % 100] = all[(i - 1) % 100]!.next();
  }
  all.length;
}`,
    peak: { by: "plain run" },
    lines: { 5: 32 + 16 + 24, 8: 24 + 8 },
  },
  {
    name: "levels of halves",
    set: "held out before",
    size: "large",
    code: `{
  function halve(size: number): number {
    const level = new Float32Array(size).fill(1);
    return size > ${2 ** 19} ? level.length + halve(size / 2) : level.length;
  }
  halve(${2 ** 24});
}`,
    peak: { by: "arithmetic", bytes: [24, 23, 22, 21, 20, 19].reduce((sum, power) => sum + mapped(4 * 2 ** power), 0) },
    holder: "halve",
    lines: { 3: 1 },
  },
  {
    name: "a block and its copy",
    set: "held out before",
    size: "large",
    code: `{
  function copy(bytes: number) {
    const block = new ArrayBuffer(bytes);
    new Uint8Array(block).fill(3);
    const second = block.slice(0);
    return second.byteLength;
  }
  copy(${40 * mebibyte});
}`,
    peak: { by: "arithmetic", bytes: 2 * mapped(40 * mebibyte) },
    holder: "copy",
    lines: { 3: 1, 5: 1 },
  },
  {
    name: "what a function is given and what it makes",
    set: "held out before",
    size: "small",
    code: `{
  const ring: unknown[] = new Array(64).fill(0);
  function wrap(inner: object, at: number) {
    const wrapper = [inner, at, inner];
    ring[at & 63] = wrapper;
    return wrapper.length;
  }
  let n = 0;
  for (let i = 0; i < 600_000; i++) {
    n += wrap({ i, next: i + 1 }, i);
  }
  n;
}`,
    peak: { by: "plain run" },
    lines: { 4: 32 + 16 + 24, 10: 24 + 16 },
  },
  {
    name: "names that are put together",
    set: "held out before",
    size: "small",
    before:
      'const firstNames = ["Maximilian-Alexander", "Anna-Katharina-Luise"], lastName = "of the northern mountains"; lastName;',
    code: `{
  const ring: unknown[] = new Array(128).fill(0);
  const [one, other] = firstNames as [string, string];
  const last = lastName;
  for (let i = 0; i < 500_000; i++) {
    const full = (i & 1 ? one : other) + ", " + last;
    const entry = { full, i, odd: i & 1 };
    ring[i & 127] = entry;
  }
  ring.length;
}`,
    peak: { by: "plain run" },
    // A text that is put together of two refers to both.
    lines: { 6: 2 * 32, 7: 24 + 3 * 8 },
  },
  {
    name: "rows and their joins",
    set: "held out before",
    size: "small",
    code: `{
  const ring: number[][] = new Array(96).fill([]);
  for (let i = 0; i < 300_000; i++) {
    const row: number[] = new Array(8).fill(i);
    ring[i & 31] = row;
    const twice = row.concat(row);
    ring[32 + (i & 31)] = twice;
    const end = twice.slice(12);
    ring[64 + (i & 31)] = end;
  }
  ring.length;
}`,
    peak: { by: "plain run" },
    lines: { 4: 32 + 16 + 64, 6: 32 + 16 + 128, 8: 32 + 16 + 32 },
  },
  {
    name: "a chain with notes",
    set: "held out before",
    size: "small",
    code: `{
  class Link {
    next: Link | null;
    note: unknown;
    constructor(next: Link | null, note: unknown) {
      this.next = next;
      this.note = note;
    }
  }
  let head: Link | null = null;
  let i = 0;
  while (i < 400_000) {
    const note = { i, text: "note", tags: i & 7 };
    head = new Link(head, note);
    i++;
  }
  head?.note;
}`,
    peak: { by: "plain run" },
    lines: { 13: 24 + 3 * 8, 14: 24 + 2 * 8 },
  },
  {
    name: "two buffers that change places",
    set: "held out before",
    size: "large",
    code: `{
  function smooth(rounds: number, size: number) {
    let from = new Float64Array(size).fill(1);
    for (let round = 0; round < rounds; round++) {
      const to = new Float64Array(size).fill(round);
      from = to;
    }
    return from.length;
  }
  smooth(1, ${(24 * mebibyte) / 8});
}`,
    peak: { by: "arithmetic", bytes: 2 * mapped(24 * mebibyte) },
    holder: "smooth",
    lines: { 3: 1, 5: 1 },
  },
  {
    name: "a room that doubles",
    set: "held out before",
    size: "large",
    code: `{
  function gather(count: number) {
    let room = new Float64Array(65_536).fill(1);
    while (room.length < count) {
      const wider = new Float64Array(2 * room.length).fill(2);
      wider.set(room);
      room = wider;
    }
    return room.length;
  }
  gather(4_000_000);
}`,
    // What has been outgrown is garbage, which V8 collects when it likes.
    peak: { by: "plain run" },
    holder: "gather",
    lines: { 3: 1, 5: 2 + 4 + 8 + 16 + 32 + 64 },
  },
  {
    name: "grids and their product",
    set: "held out before",
    size: "large",
    code: `{
  const size = 1500;
  function grid(value: number) {
    const cells = new Float64Array(size * size).fill(value);
    return cells;
  }
  function product(one: Float64Array, other: Float64Array) {
    const cells = new Float64Array(size * size);
    for (let at = 0; at < cells.length; at++) {
      cells[at] = one[at]! * other[at]!;
    }
    return cells;
  }
  product(grid(2), grid(3)).length;
}`,
    peak: { by: "arithmetic", bytes: 3 * mapped(1500 * 1500 * 8) },
    holder: "grid",
    lines: { 4: 2, 8: 1 },
  },
  {
    name: "batches of which every third is kept",
    set: "held out before",
    size: "large",
    code: `{
  async function* batches(count: number) {
    for (let i = 0; i < count; i++) {
      const batch = Buffer.alloc(${6 * mebibyte}, i + 1);
      yield batch;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  const kept: Buffer[] = [];
  let n = 0;
  for await (const batch of batches(12)) {
    if (n++ % 3 === 0) kept.push(batch);
  }
  kept.length;
}`,
    peak: { by: "plain run" },
    holder: "batches",
    lines: { 4: 1 },
  },
  {
    name: "what is read and what it becomes",
    set: "held out before",
    size: "large",
    code: `{
  function read(bytes: number) {
    return Buffer.alloc(bytes, 7);
  }
  function decode(source: Buffer) {
    const wide = new Float64Array(source.length / 4).fill(1);
    return wide.length + source.length;
  }
  decode(read(${24 * mebibyte}));
}`,
    peak: { by: "arithmetic", bytes: mapped(24 * mebibyte) + mapped(48 * mebibyte) },
    holder: "decode",
    lines: { 3: 1, 6: 2 },
  },
  {
    name: "points and the rows of them",
    set: "held out before",
    size: "small",
    code: `{
  const ring: unknown[] = new Array(64).fill(0);
  for (let i = 0; i < 700_000; i++) {
    const point = { x: i, y: i + 1, z: i + 2 };
    ring[i & 31] = point;
    const row = [point, point, point, point];
    ring[32 + (i & 31)] = row;
  }
  ring.length;
}`,
    peak: { by: "plain run" },
    lines: { 4: 24 + 3 * 8, 6: 32 + 16 + 32 },
  },
  {
    name: "a list and the same backwards",
    set: "held out before",
    size: "small",
    code: `{
  type Entry = { value: number; next: Entry | null };
  let head: Entry | null = null;
  for (let i = 0; i < 400_000; i++) {
    head = { value: i, next: head };
  }
  function reverse(list: Entry | null) {
    let reversed: Entry | null = null;
    for (let at = list; at !== null; at = at.next) {
      reversed = { value: at.value, next: reversed };
    }
    return reversed;
  }
  reverse(head)?.value;
}`,
    peak: { by: "plain run" },
    lines: { 5: 1, 10: 1 },
  },
  {
    name: "a heap of jobs",
    set: "held out before",
    size: "small",
    code: `{
  type Job = { due: number; name: number };
  const heap: Job[] = [];
  function add(due: number) {
    const job = { due, name: due & 7 };
    let at = heap.push(job) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (heap[up]!.due <= due) break;
      heap[at] = heap[up]!;
      at = up;
    }
    heap[at] = job;
  }
  for (let i = 0; i < 300_000; i++) {
    add((i * 61) % 300_000);
  }
  heap.length;
}`,
    peak: { by: "plain run" },
    lines: { 5: 300_000 * (24 + 2 * 8), 6: grownArray(300_000) },
  },
  {
    name: "matrices of small rows",
    set: "held out before",
    size: "small",
    code: `{
  const ring: number[][][] = new Array(64).fill([]);
  function row(value: number) {
    const cells: number[] = new Array(4).fill(value);
    return cells;
  }
  for (let i = 0; i < 200_000; i++) {
    const matrix = [row(i), row(i + 1), row(i + 2)];
    ring[i & 63] = matrix;
  }
  ring.length;
}`,
    peak: { by: "plain run" },
    lines: { 4: 3 * (32 + 16 + 32), 8: 32 + 16 + 24 },
  },
  {
    name: "shapes and their boxes",
    set: "held out before",
    size: "small",
    code: `{
  class Box {
    left: number;
    top: number;
    constructor(left: number, top: number) {
      this.left = left;
      this.top = top;
    }
  }
  class Shape {
    box: Box;
    corners: number[];
    constructor(at: number) {
      this.box = new Box(at, at + 1);
      this.corners = [at, at, at, at];
    }
  }
  const shown: Shape[] = new Array(300).fill(new Shape(0));
  for (let i = 0; i < 500_000; i++) {
    shown[i % 300] = new Shape(i);
  }
  shown.length;
}`,
    peak: { by: "plain run" },
    lines: { 14: 24 + 2 * 8, 15: 32 + 16 + 32, 20: 24 + 2 * 8 },
  },
  {
    name: "tokens and the pairs of them",
    set: "held out before",
    size: "small",
    code: `{
  type Token = { kind: number; start: number; end: number };
  const tokens: Token[] = new Array(128).fill({ kind: 0, start: 0, end: 0 });
  const pairs: Token[][] = new Array(128).fill([]);
  function token(kind: number, start: number): Token {
    return { kind, start, end: start + kind };
  }
  for (let i = 0; i < 600_000; i++) {
    const made = token(i & 3, i);
    const pair = [made, tokens[(i + 1) & 127]!];
    tokens[i & 127] = made;
    pairs[i & 127] = pair;
  }
  pairs.length;
}`,
    peak: { by: "plain run" },
    lines: { 6: 24 + 3 * 8, 10: 32 + 16 + 16 },
  },
  {
    name: "lines that are encoded and joined",
    set: "held out before",
    size: "large",
    code: `{
  const line = "0123456789abcdef".repeat(65_536);
  function encode(times: number) {
    const parts: Buffer[] = [];
    for (let i = 0; i < times; i++) {
      parts.push(Buffer.from(line, "latin1"));
    }
    const whole = Buffer.concat(parts);
    return whole;
  }
  encode(40).length;
}`,
    peak: { by: "plain run" },
    holder: "encode",
    lines: { 6: 1, 8: 1 },
  },
  {
    name: "values and the order of them",
    set: "held out before",
    size: "large",
    code: `{
  const count = 3_000_000;
  function ordered(values: Float64Array) {
    const copy = values.slice().sort();
    const order = new Uint32Array(count).fill(1);
    return [copy, order];
  }
  const values = new Float64Array(count).fill(3);
  ordered(values).length;
}`,
    peak: { by: "arithmetic", bytes: 2 * mapped(3_000_000 * 8) + mapped(3_000_000 * 4) },
    holder: "ordered",
    lines: { 4: 2, 5: 1, 8: 2 },
  },
  {
    name: "messages and their receipts",
    set: "held out before",
    size: "small",
    code: `{
  class Queue {
    items: (object | null)[] = new Array(1024).fill(null);
    at = 0;
    add(item: object) {
      this.items[this.at & 1023] = item;
      this.at++;
    }
  }
  const queue = new Queue();
  for (let i = 0; i < 500_000; i++) {
    const message = { id: i, kind: i & 3, size: i & 255, last: null };
    queue.add(message);
    const receipt = { of: message, at: queue.at };
    queue.add(receipt);
  }
  queue.at;
}`,
    peak: { by: "plain run" },
    lines: { 12: 24 + 4 * 8, 14: 24 + 2 * 8 },
  },
  {
    name: "lists that are cut",
    set: "held out before",
    size: "small",
    code: `{
  const source: number[] = new Array(64).fill(7);
  const ring: number[][] = new Array(128).fill(source);
  for (let i = 0; i < 400_000; i++) {
    const head = source.slice(0, 8);
    ring[i & 63] = head;
    const tail = head.slice(4);
    ring[64 + (i & 63)] = tail;
  }
  ring.length;
}`,
    peak: { by: "plain run" },
    lines: { 5: 32 + 16 + 64, 7: 32 + 16 + 32 },
  },
  {
    name: "a descent with notes",
    set: "held out before",
    size: "small",
    code: `{
  type Frame = { depth: number; parent: Frame | null };
  const frames: (Frame | null)[] = new Array(64).fill(null);
  const noted: number[][] = new Array(64).fill([]);
  function descend(depth: number, parent: Frame | null): number {
    const frame: Frame = { depth, parent };
    frames[depth & 63] = frame;
    if (depth === 0) return 1;
    const notes = [depth, depth, depth];
    noted[depth & 63] = notes;
    return descend(depth - 1, frame) + 1;
  }
  let n = 0;
  for (let i = 0; i < 12_000; i++) {
    n += descend(40, null);
  }
  n;
}`,
    peak: { by: "plain run" },
    lines: { 6: 41 * (24 + 2 * 8), 9: 40 * (32 + 16 + 24) },
  },
  {
    name: "pages and their copies",
    set: "held out before",
    size: "large",
    code: `{
  function page(size: number, seed: number) {
    const bytes = Buffer.alloc(size, seed);
    return bytes;
  }
  function gather(count: number) {
    const pages: Buffer[] = [];
    for (let i = 0; i < count; i++) {
      pages.push(page(524_288, i));
    }
    const copies = pages.map((each) => Uint8Array.prototype.slice.call(each));
    return copies.length + pages.length;
  }
  gather(60);
}`,
    peak: { by: "plain run" },
    lines: { 3: 1, 11: 1 },
  },
  {
    name: "a wave and its spectrum",
    set: "held out before",
    size: "large",
    code: `{
  const length = 1_500_000;
  function wave() {
    const values = new Float32Array(length).fill(0.5);
    return values;
  }
  function spectrum(values: Float32Array) {
    const real = new Float64Array(values);
    const imaginary = new Float64Array(length).fill(1);
    return real.length + imaginary.length;
  }
  spectrum(wave());
}`,
    peak: { by: "arithmetic", bytes: mapped(1_500_000 * 4) + 2 * mapped(1_500_000 * 8) },
    holder: "spectrum",
    lines: { 4: 1, 8: 2, 9: 2 },
  },
  {
    name: "pairs and what they weigh",
    set: "held out before",
    size: "small",
    code: `{
  const last: object[] = new Array(64).fill({});
  let n = 0;
  for (let i = 0; i < 8_000_000; i++) {
    const pair = { left: i & 1023, right: i & 255 };
    last[i & 31] = pair;
    const weighed = { pair, weight: i & 15, at: i & 31, unit: 1 };
    last[32 + (i & 31)] = weighed;
    n += weighed.weight;
  }
  n;
}`,
    peak: { by: "plain run" },
    lines: { 5: 24 + 2 * 8, 7: 24 + 4 * 8 },
  },
  {
    name: "phases of garbage and of growth",
    set: "held out before",
    size: "small",
    code: `{
  const ring: object[] = new Array(64).fill({});
  let kept: object[] = [];
  for (let phase = 0; phase < 12; phase++) {
    for (let i = 0; i < 200_000; i++) {
      const passing = { phase, i };
      ring[i & 63] = passing;
    }
    kept = new Array(60_000);
    for (let i = 0; i < 60_000; i++) {
      const row = { i, phase, next: null };
      kept[i] = row;
    }
  }
  kept.length;
}`,
    peak: { by: "plain run" },
    lines: { 6: 200_000 * (24 + 2 * 8), 9: 16 + 60_000 * 8, 11: 60_000 * (24 + 3 * 8) },
  },
  {
    name: "keys of sixteen bytes",
    set: "held out before",
    size: "small",
    code: `{
  const ring: Uint8Array[] = new Array(32).fill(new Uint8Array(1));
  function keyOf(i: number) {
    const key = new Uint8Array(16);
    key[0] = i & 255;
    return key;
  }
  let n = 0;
  for (let i = 0; i < 600_000; i++) {
    const key = keyOf(i);
    ring[i & 15] = key;
    const code = new Uint8Array(16);
    code[1] = key[0]!;
    ring[16 + (i & 15)] = code;
    n += code[1]!;
  }
  n;
}`,
    peak: { by: "plain run" },
    lines: { 4: 1, 12: 1 },
  },
  {
    name: "a table that is turned",
    set: "held out before",
    size: "large",
    code: `{
  function fill() {
    const rows: Float64Array[] = [];
    for (let r = 0; r < 250; r++) {
      rows.push(new Float64Array(12_000).fill(r));
    }
    return rows;
  }
  function turn(rows: Float64Array[]) {
    const turned: Float64Array[] = [];
    for (let c = 0; c < 12; c++) {
      const block = new Float64Array(250_000);
      for (let r = 0; r < 250; r++) {
        block.set(rows[r]!.subarray(c * 1000, (c + 1) * 1000), r * 1000);
      }
      turned.push(block);
    }
    return turned.length + rows.length;
  }
  turn(fill());
}`,
    peak: { by: "plain run" },
    lines: { 5: 1, 12: 1 },
  },
  {
    name: "a text and its two halves",
    set: "held out before",
    size: "large",
    code: `{
  function bytesOf(size: number) {
    return Buffer.alloc(size, 97);
  }
  function halves(bytes: Buffer) {
    const text = bytes.toString("latin1");
    const first = Buffer.from(text.slice(0, text.length / 2), "latin1");
    const second = Buffer.from(text.slice(text.length / 2), "latin1");
    return first.length + second.length + text.length;
  }
  halves(bytesOf(24_000_000));
}`,
    peak: { by: "plain run" },
    holder: "halves",
    lines: { 3: 2, 6: 2, 7: 1, 8: 1 },
  },
  {
    name: "frames of a camera",
    set: "held out before",
    size: "large",
    code: `{
  class Camera {
    async *frames(count: number) {
      for (let i = 0; i < count; i++) {
        const frame = new Uint8Array(192_000);
        frame[0] = i & 255;
        yield frame;
      }
    }
  }
  const kept: Uint8Array[] = [];
  let seen = 0;
  for await (const frame of new Camera().frames(900)) {
    const upper = frame.slice(0, 96_000);
    if (seen % 10 === 0) kept.push(upper);
    seen++;
  }
  kept.length;
}`,
    peak: { by: "plain run" },
    lines: { 5: 2, 14: 1 },
  },
  {
    name: "tiles of a picture",
    set: "held out before",
    size: "large",
    code: `{
  function tile(x: number, y: number) {
    const pixels = new Uint8Array(160_000);
    pixels.fill((x + y) & 255);
    return pixels;
  }
  const rows: Uint8Array[][] = [];
  for (let y = 0; y < 12; y++) {
    const row: Uint8Array[] = [];
    for (let x = 0; x < 20; x++) row.push(tile(x, y));
    rows.push(row);
  }
  const flat = rows.flat();
  const picture = Buffer.concat(flat);
  picture.length;
}`,
    peak: { by: "plain run" },
    lines: { 3: 1, 14: 1 },
  },
  {
    name: "parts and a summary of them",
    set: "held out before",
    size: "large",
    code: `{
  function load(count: number, size: number) {
    const parts: ArrayBuffer[] = [];
    for (let i = 0; i < count; i++) {
      const part = new ArrayBuffer(size);
      new Uint8Array(part).fill(i);
      parts.push(part);
    }
    return parts;
  }
  function summary(parts: ArrayBuffer[]) {
    const all = new Float32Array(4_000_000).fill(parts.length);
    return all.length;
  }
  summary(load(40, 1_500_000));
}`,
    peak: { by: "arithmetic", bytes: 40 * mapped(1_500_000) + mapped(16_000_000) },
    holder: "load",
    lines: { 5: 40 * 1_500_000, 12: 16_000_000 },
  },
  {
    name: "columns that are widened",
    set: "held out before",
    size: "large",
    code: `{
  const length = 3_000_000;
  class Column {
    constructor(readonly values: Int16Array | Int32Array) {}
    widen() {
      return new Column(new Int32Array(this.values));
    }
    static read() {
      return new Column(new Int16Array(length).fill(3));
    }
  }
  const narrow = Column.read();
  const wide = narrow.widen();
  const exact = new Float64Array(wide.values);
  narrow.values.length + exact.length;
}`,
    peak: { by: "arithmetic", bytes: mapped(6_000_000) + mapped(12_000_000) + mapped(24_000_000) },
    lines: { 6: 2, 9: 1, 14: 4 },
  },
  {
    name: "heads and tails",
    set: "held out before",
    size: "small",
    code: `{
  const heads: object[] = new Array(64).fill({});
  const tails: object[] = new Array(64).fill({});
  let n = 0;
  for (let i = 0; i < 6_000_000; i++) {
    const head = { value: i & 4095, next: null };
    heads[i & 63] = head;
    const tail = { value: n & 1023, next: head, far: i & 7 };
    tails[i & 31] = tail;
    n = (n + tail.value + head.value) & 65_535;
  }
  n;
}`,
    peak: { by: "plain run" },
    lines: { 6: 24 + 2 * 8, 8: 24 + 3 * 8 },
  },
  {
    name: "objects with three notes each",
    set: "held out before",
    size: "small",
    code: `{
  class Note {
    readonly marks: number[];
    constructor(readonly id: number) {
      this.marks = [id & 7, id & 15, id & 31];
    }
  }
  const ring: object[] = new Array(128).fill({});
  for (let i = 0; i < 4_000_000; i++) {
    ring[i & 127] = new Note(i & 65_535);
  }
  ring.length;
}`,
    peak: { by: "plain run" },
    lines: { 5: 32 + 16 + 3 * 8, 10: 24 + 2 * 8 },
  },
  {
    name: "trees with marks",
    set: "held out before",
    size: "small",
    code: `{
  type Branch = { low: Branch | null; high: Branch | null; marks: number[] };
  function grow(depth: number, at: number): Branch {
    const low = depth === 0 ? null : grow(depth - 1, (at * 2) & 8191);
    const high = depth === 0 ? null : grow(depth - 1, (at * 2 + 1) & 8191);
    const marks = [at & 3, depth];
    return { low, high, marks };
  }
  const trees: Branch[] = [];
  for (let t = 0; t < 20; t++) {
    trees.push(grow(13, t));
  }
  trees.length;
}`,
    peak: { by: "plain run" },
    holder: "grow",
    lines: { 6: 32 + 16 + 2 * 8, 7: 24 + 3 * 8 },
  },
  {
    name: "points of a grid",
    set: "held out",
    size: "small",
    code: `{
  const near: object[] = new Array(64).fill({});
  const rows: object[] = new Array(64).fill({});
  for (let y = 0; y < 6000; y++) {
    for (let x = 0; x < 1000; x++) {
      const at = (x + y) & 63;
      near[at] = { x, y, at };
    }
    rows[y & 63] = [y, y, y, y];
  }
  near.length + rows.length;
}`,
    peak: { by: "plain run" },
    lines: { 7: 6_000_000 * (24 + 3 * 8), 9: 6000 * (32 + 16 + 4 * 8) },
  },
  {
    name: "links of a chain",
    set: "held out",
    size: "small",
    code: `{
  type Link = { next: Link | null; value: number };
  let last: Link | null = null;
  for (let i = 0; i < 600_000; i++) {
    last = { next: last, value: i & 1023 };
  }
  const marks: object[] = new Array(16).fill({});
  for (let i = 0; i < 2_000_000; i++) {
    const value = i & 255;
    marks[value & 15] = { value, twice: value, far: i & 7, left: 1, right: 2 };
  }
  last!.value + marks.length;
}`,
    peak: { by: "plain run" },
    lines: { 5: 600_000 * (24 + 2 * 8), 10: 2_000_000 * (24 + 5 * 8) },
  },
  {
    name: "pairs and what is wider",
    set: "held out",
    size: "small",
    code: `{
  const pairs: number[][] = new Array(32).fill([]);
  let sum = 0;
  for (let i = 0; i < 3_000_000; i++) {
    const low = i & 1023;
    pairs[i & 31] = [low, low + 1];
    sum = (sum + low) & 65_535;
  }
  const wide: number[][] = new Array(32).fill([]);
  for (let i = 0; i < 1_000_000; i++) {
    wide[i & 31] = [sum, i & 7, 1, 2, 3, 4, 5, 6];
  }
  pairs.length + wide.length;
}`,
    peak: { by: "plain run" },
    lines: { 6: 3_000_000 * (32 + 16 + 2 * 8), 11: 1_000_000 * (32 + 16 + 8 * 8) },
  },
  {
    name: "a signal and its halves",
    set: "held out",
    size: "large",
    code: `{
  const signal = new Float64Array(3_000_000);
  for (let i = 0; i < signal.length; i++) {
    signal[i] = i * 0.5;
  }
  const halves = new Float32Array(signal.length);
  for (let i = 0; i < signal.length; i++) {
    halves[i] = signal[i]!;
  }
  const kept: Float32Array[] = [];
  for (let i = 0; i < 8; i++) {
    kept.push(halves.slice(i * 250_000, i * 250_000 + 250_000));
  }
  kept.length;
}`,
    peak: { by: "plain run" },
    lines: { 2: 24_000_000, 6: 12_000_000, 12: 8_000_000 },
  },
];
