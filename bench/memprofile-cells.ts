// Cells of which it is known, without measuring, what they cost. The method was made and tuned with the first set,
// "known"; those that were held out were written afterwards and had no part in it.
import { grownArray, type MemoryCell, mapped } from "./memory-cell.js";
import { heldOutCells } from "./memprofile-held-out.js";

const mebibyte = 1024 * 1024;

function temporary(size: number): MemoryCell {
  return {
    name: `Float64Array of ${size} MiB for 5 ms`,
    set: "known",
    size: "large",
    code: `{
  function temporary() {
    const held = new Float64Array(${(size * mebibyte) / 8}).fill(1);
    // A loop that looks at the clock allocates its numbers, 1 MiB of them in these 5 ms.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    return held.length;
  }
  temporary();
}`,
    peak: { by: "arithmetic", bytes: mapped(size * mebibyte) },
    holder: "temporary",
    lines: { 3: 1 },
  };
}

const knownCells: readonly MemoryCell[] = [
  ...[20, 100, 400, 800].map(temporary),
  {
    name: "a graph of objects",
    set: "known",
    size: "small",
    code: `{
  function build(count: number) {
    const nodes: object[] = [];
    for (let i = 0; i < count; i++) {
      const tags = [i, i + 1, i + 2, i + 3];
      nodes.push({ id: i, next: nodes[i - 1], tags });
    }
    return nodes;
  }
  build(800_000).length;
}`,
    peak: { by: "plain run" },
    holder: "build",
    lines: { 5: 800_000 * (32 + 16 + 32), 6: 800_000 * 48 + grownArray(800_000) },
  },
  {
    name: "a text and its Buffer",
    set: "known",
    size: "large",
    code: `{
  function letters(count: number) {
    const bytes = Buffer.alloc(count, "abc");
    const text = bytes.toString("latin1");
    return text.length + bytes.length;
  }
  letters(${64 * mebibyte});
}`,
    peak: { by: "arithmetic", bytes: 2 * mapped(64 * mebibyte) },
    holder: "letters",
    lines: { 3: 1, 4: 1 },
  },
  {
    name: "texts in the heap",
    set: "known",
    size: "small",
    code: `{
  function name(count: number) {
    const names = new Array<string>(count);
    for (let i = 0; i < count; i++) {
      names[i] = Buffer.allocUnsafe(48).fill(97 + (i % 20)).toString("latin1");
    }
    return names;
  }
  name(400_000).length;
}`,
    peak: { by: "plain run" },
    holder: "name",
  },
  {
    name: "150 Buffers of 1 MiB",
    set: "known",
    size: "large",
    code: `{
  function fill() {
    const list: Buffer[] = [];
    for (let i = 0; i < 150; i++) {
      list.push(Buffer.alloc(1048576, 1));
    }
    return list;
  }
  fill().length;
}`,
    peak: { by: "arithmetic", bytes: 150 * mapped(mebibyte) },
    holder: "fill",
    lines: { 5: 1 },
  },
  {
    name: "an Arrow table, there and back",
    set: "known",
    size: "large",
    before:
      'import { tableFromArrays, tableFromIPC, tableToIPC } from "apache-arrow"; tableFromIPC(tableToIPC(tableFromArrays({ x: new Float64Array(1000) }))).numRows;',
    code: `{
  function travel(rows: number) {
    const x = new Float64Array(rows).fill(1.5);
    const y = new Float64Array(rows).fill(2.5);
    const bytes = tableToIPC(tableFromArrays({ x, y }));
    const again = tableFromIPC(bytes);
    return again.numRows;
  }
  travel(4_000_000);
}`,
    peak: { by: "plain run" },
    holder: "travel",
  },
  {
    name: "a sorted copy",
    set: "known",
    size: "large",
    before: "const unsorted = new Float64Array(6_000_000).map((_, i) => (i * 7919) % 1_000_003); unsorted.length;",
    code: `{
  function median(values: Float64Array) {
    const copy = values.slice().sort();
    return copy[copy.length >> 1];
  }
  median(unsorted);
}`,
    peak: { by: "arithmetic", bytes: mapped(6_000_000 * 8) },
    holder: "median",
    lines: { 3: 1 },
  },
  {
    name: "a peak in the middle of a loop",
    set: "known",
    size: "large",
    code: `{
  function wave() {
    const held: Uint8Array[] = [];
    let sum = 0;
    for (let step = 0; step < 80; step++) {
      if (step < 40) held.push(new Uint8Array(${5 * mebibyte}).fill(1));
      if (step === 40) held.length = 0;
      for (let i = 0; i < 300_000; i++) sum += Math.sqrt(i);
    }
    return sum;
  }
  wave();
}`,
    peak: { by: "arithmetic", bytes: 40 * mapped(5 * mebibyte) },
    holder: "wave",
    lines: { 6: 1 },
  },
  {
    name: "a child process",
    set: "known",
    size: "large",
    options: "-c",
    before: 'import { execFileSync } from "node:child_process";',
    code: `execFileSync(process.execPath, ["-e", "const b = Buffer.alloc(100 * 1048576, 1); setTimeout(() => b.length, 400)"]).length;`,
    peak: { by: "plain run and child" },
  },
  {
    name: "an async pipeline",
    set: "known",
    size: "large",
    code: `{
  async function stage(size: number) {
    const block = new Uint8Array(size).fill(1);
    await new Promise((done) => setTimeout(done, 20));
    const half = block.slice(0, size / 2);
    await new Promise((done) => setTimeout(done, 20));
    return block.length + half.length;
  }
  await Promise.all([1, 2, 3, 4].map(() => stage(${20 * mebibyte})));
}`,
    peak: { by: "arithmetic", bytes: 4 * (mapped(20 * mebibyte) + mapped(10 * mebibyte)) },
    holder: "stage",
    lines: { 3: 2, 5: 1 },
  },
];

/** All of them. */
export const memoryCells: readonly MemoryCell[] = [...knownCells, ...heldOutCells];
