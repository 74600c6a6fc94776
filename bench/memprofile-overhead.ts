// What measuring costs: the same cells plain and under each way of measuring, in turns, in one kernel; CPU time of the
// process that runs the cells and of the kernel's own, all threads.
import type { ProfiledKernel } from "./memprofile-kernel.js";
import { type CpuTime, readCpu } from "./outside.js";
import { median } from "./statistics.js";

/** A way to measure, and how much of a cell's CPU time it may take. */
export interface Way {
  readonly name: string;
  /** The lines before the cell. */
  readonly magic: string;
  readonly isLive?: boolean;
  readonly wanted: number;
  /** Where a cell does nothing but allocate. */
  readonly wantedAllocating?: number;
}

/** The ways by their names. */
export const ways: readonly Way[] = [
  { name: "on", magic: "", wanted: 0.01 },
  { name: "numbers", magic: "%%memprofile --no-stacks\n", wanted: 0.01, wantedAllocating: 0.03 },
  { name: "stacks", magic: "%%memprofile\n", wanted: 0.05 },
  { name: "live", magic: "%%memprofile\n", isLive: true, wanted: 0.05 },
  { name: "lines", magic: "%%memprofile --lines\n", wanted: 0.5 },
];

/** Cells of some seconds, by what they do. */
export const workloads: Readonly<Record<string, string>> = {
  "allocation alone": `{
  const ring: object[] = new Array(64).fill({});
  for (let i = 0; i < 6e7; i++) {
    ring[i & 63] = { i, at: i };
  }
  ring.length;
}`,
  "objects that stay a while": `{
  let kept = 0;
  for (let round = 0; round < 20; round++) {
    const rows: object[] = [];
    for (let i = 0; i < 300_000; i++) {
      rows.push({ i, name: "row", parts: [i, i + 1] });
    }
    kept += rows.length;
  }
  kept;
}`,
  JSON: `{
  const text = JSON.stringify(Array.from({ length: 1e5 }, (_, i) => ({ i, name: \`n\${i}\`, list: [i, i] })));
  let n = 0;
  for (let i = 0; i < 14; i++) {
    n += (JSON.parse(text) as object[]).length;
  }
  n;
}`,
  computing: `{
  let s = 0;
  for (let i = 0; i < 1.2e8; i++) {
    s += (i * 1.5) % 7;
    s -= i & 3;
  }
  s;
}`,
  closures: `{
  const functions = new Map<number, () => number>();
  let s = 0;
  for (let i = 0; i < 2e7; i++) {
    functions.set(i % 1000, () => i);
    s += functions.get(i % 1000)!();
  }
  s;
}`,
  columns: `{
  let s = 0;
  for (let round = 0; round < 80; round++) {
    const price = new Float64Array(500_000);
    const amount = new Float64Array(500_000);
    for (let i = 0; i < price.length; i++) {
      price[i] = i * 0.25;
      amount[i] = i % 17;
    }
    const total = price.map((each, i) => each * amount[i]!);
    s += total[round]!;
  }
  s;
}`,
};

/** CPU time in milliseconds of one run. */
interface Spent {
  /** The executor's main thread. */
  readonly main: number;
  /** Its other threads: the probe, V8's helpers. */
  readonly others: number;
  readonly kernel: number;
  readonly wall: number;
}

/** What a way costs on a workload. */
export interface Overhead {
  readonly workload: string;
  readonly way: string;
  /** CPU time without it. */
  readonly plain: number;
  /** What it takes more, less what it takes of an empty cell, as a share of `plain`; of each round, then the median. */
  readonly share: number;
  readonly shares: readonly number[];
  /** The same of the quickest run of either: what else the machine does only ever adds. */
  readonly least: number;
  /** What the kernel and the executor's other threads take more, as a share of one CPU for as long as the cell runs. */
  readonly beside: number;
  readonly isOver: boolean;
}

/** What a way costs whatever the cell does. */
export interface FixedCost {
  readonly way: string;
  readonly cpu: number;
  readonly wall: number;
}

/** What is measured, and how often. */
export interface OverheadOptions {
  readonly rounds: number;
  readonly ways: readonly Way[];
  readonly workloads: Readonly<Record<string, string>>;
  readonly onProgress: (text: string) => void;
}

/** How much of a workload's CPU time a way may take. */
export function wantedOf(way: Way, workload: string): number {
  return workload === "allocation alone" ? (way.wantedAllocating ?? way.wanted) : way.wanted;
}

/** Measures all chosen ways on all chosen workloads. */
export async function measureOverhead(
  kernel: ProfiledKernel,
  options: OverheadOptions,
): Promise<{ readonly fixed: readonly FixedCost[]; readonly overheads: readonly Overhead[] }> {
  const empty = await measureFixed(kernel, options.ways, Math.max(9, options.rounds));
  const overheads: Overhead[] = [];
  for (const [workload, code] of Object.entries(options.workloads)) {
    const plain: Spent[] = [];
    const measured = new Map(options.ways.map(({ name }) => [name, [] as Spent[]]));
    // The first round compiles.
    for (let round = -1; round < options.rounds; round++) {
      options.onProgress(`${workload}, ${round + 1} of ${options.rounds}`);
      const first = (round + 1) % (options.ways.length + 1);
      const turns = [undefined, ...options.ways];
      for (const way of [...turns.slice(first), ...turns.slice(0, first)]) {
        const spent = await measure(kernel, code, way);
        if (round >= 0) (way === undefined ? plain : measured.get(way.name))?.push(spent);
      }
    }
    for (const way of options.ways) {
      const spent = measured.get(way.name) ?? [];
      const fixed = empty.get(way.name)?.cpu ?? 0;
      // Each round with its own plain run: what else the machine does changes from round to round.
      const shares = spent.map((each, round) => {
        const base = sum(plain[round]);
        return (sum(each) - fixed - base) / base;
      });
      const base = median(plain.map(sum));
      const moreOf = (part: "kernel" | "others") =>
        median(spent.map((each) => each[part])) -
        (empty.get(way.name)?.[part] ?? 0) -
        median(plain.map((each) => each[part]));
      const beside = (moreOf("kernel") + moreOf("others")) / median(spent.map(({ wall }) => wall));
      const share = median(shares);
      overheads.push({
        workload,
        way: way.name,
        plain: base,
        share,
        shares,
        least: (Math.min(...spent.map(sum)) - fixed) / Math.min(...plain.map(sum)) - 1,
        beside,
        isOver: share > wantedOf(way, workload),
      });
    }
  }
  const fixed = [...empty].map(([way, { cpu, wall }]) => ({ way, cpu, wall }));
  return { fixed, overheads };
}

interface Fixed {
  readonly cpu: number;
  readonly wall: number;
  readonly kernel: number;
  readonly others: number;
}

/** A cell of one number, with each way and without. */
async function measureFixed(
  kernel: ProfiledKernel,
  chosen: readonly Way[],
  rounds: number,
): Promise<ReadonlyMap<string, Fixed>> {
  const taken = new Map<string, Spent[]>();
  for (let round = -2; round < rounds; round++) {
    for (const way of [undefined, ...chosen]) {
      const spent = await measure(kernel, "1 + 1", way);
      const name = way?.name ?? "";
      if (round >= 0) taken.set(name, [...(taken.get(name) ?? []), spent]);
    }
  }
  const medianOf = (name: string, pick: (spent: Spent) => number) => median((taken.get(name) ?? []).map(pick));
  const moreThanPlain = (name: string, pick: (spent: Spent) => number) => medianOf(name, pick) - medianOf("", pick);
  return new Map(
    chosen.map(({ name }) => [
      name,
      {
        cpu: moreThanPlain(name, sum),
        wall: moreThanPlain(name, ({ wall }) => wall),
        kernel: moreThanPlain(name, ({ kernel }) => kernel),
        others: moreThanPlain(name, ({ others }) => others),
      },
    ]),
  );
}

async function measure(kernel: ProfiledKernel, code: string, way: Way | undefined): Promise<Spent> {
  if (way?.name === "on") await kernel.run("%memprofile on");
  // Measuring begins with a collection, and code is quicker or slower after one: a plain cell gets the same beginning.
  await kernel.collect();
  const began = performance.now();
  const before = read(kernel);
  await kernel.run(`${way?.magic ?? ""}${code}`, way?.isLive === true ? { isWatched: true } : {});
  const after = read(kernel);
  const wall = performance.now() - began;
  if (way?.name === "on") await kernel.run("%memprofile off");
  return {
    main: after.executor.main - before.executor.main,
    others: after.executor.others - before.executor.others,
    kernel: total(after.kernel) - total(before.kernel),
    wall,
  };
}

function read({ kernelPid, executorPid }: ProfiledKernel): { readonly executor: CpuTime; readonly kernel: CpuTime } {
  return { executor: readCpu(executorPid), kernel: readCpu(kernelPid) };
}

/** All threads of a process together. */
export function total({ main, others }: CpuTime): number {
  return main + others;
}

function sum(spent: Spent | undefined): number {
  return spent === undefined ? Number.NaN : spent.main + spent.others + spent.kernel;
}
