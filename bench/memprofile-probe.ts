// What Cellscope's own parts take in the process that runs the cells, and how much of it a measured cell is charged with.
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ExecutorHost, startExecutor } from "../kernel/executor/host.js";
import type { KernelLaunch } from "../runner/kernel-process.js";
import { type ProfiledKernel, startProfiled } from "./memprofile-kernel.js";
import { total } from "./memprofile-overhead.js";
import { readCpu, readPss, readStatus } from "./outside.js";
import { median } from "./statistics.js";

/** Bytes that the process has more, by what it has more. */
export interface ProbeCost {
  readonly what: string;
  readonly rss: number;
  readonly pss: number;
}

/** The increment that is shown of a cell that does nothing. */
export interface EmptyCell {
  readonly options: string;
  readonly increments: readonly number[];
}

const optionSets = ["", "--no-stacks", "--lines", "-c", "-i 5", "--leaks"];

/** Increments of empty cells under each set of options, in turns. */
export async function measureEmptyCells({ run }: ProfiledKernel, repeats: number): Promise<readonly EmptyCell[]> {
  const increments = new Map(optionSets.map((options) => [options, [] as number[]]));
  for (let repeat = -1; repeat < repeats; repeat++) {
    for (const [options, list] of increments) {
      const { memory } = await run(`%%memprofile ${options}\n;`);
      if (memory === undefined) throw new Error(`There is no report under ${options}.`);
      if (repeat >= 0) list.push(memory.increment);
    }
  }
  return [...increments].map(([options, list]) => ({ options, increments: list }));
}

/** A loop whose garbage makes V8's nursery grow. */
const keepsNothing =
  "let n = 0; for (let round = 0; round < 4; round++) { const rows: unknown[] = []; for (let i = 0; i < 200_000; i++) rows.push({ i, parts: [i] }); n += rows.length; } n;";

/** What a cell that keeps nothing is said to have kept, in bytes, in each run. */
export async function measureKept({ run }: ProfiledKernel, repeats: number): Promise<readonly number[]> {
  const kept: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const { memory } = await run(`%%memprofile\n${keepsNothing}`);
    if (memory?.kept === undefined) throw new Error("There is no report of what was kept.");
    kept.push(memory.kept.rss - memory.baseline.rss);
  }
  return kept;
}

/** What a measured cell takes besides its own time, in milliseconds. */
export interface MeasuredCost {
  readonly wall: number;
  /** Of the process that runs the cells. */
  readonly cpu: number;
}

/** Measured cells of one number, where an earlier cell keeps two million objects; medians. */
export async function measureFullHeap({ run, executorPid }: ProfiledKernel, repeats: number): Promise<MeasuredCost> {
  await run(
    'const big: object[] = []; for (let i = 0; i < 2_000_000; i++) big.push({ i, name: "row " + i, parts: [i, i + 1] });',
  );
  const costs: MeasuredCost[] = [];
  for (let repeat = -1; repeat < repeats; repeat++) {
    const before = { time: performance.now(), cpu: total(readCpu(executorPid)) };
    await run("%%memprofile\n1");
    const cost = { wall: performance.now() - before.time, cpu: total(readCpu(executorPid)) - before.cpu };
    if (repeat >= 0) costs.push(cost);
  }
  return { wall: median(costs.map(({ wall }) => wall)), cpu: median(costs.map(({ cpu }) => cpu)) };
}

/** What the guard's thread takes, and what measuring adds to the process, in processes of their own. */
export async function measureProbe(launch: KernelLaunch, repeats: number): Promise<readonly ProbeCost[]> {
  const dist = join(process.cwd(), "dist");
  const guardless = withoutGuard(dist);
  try {
    const costs = new Map<string, { rss: number[]; pss: number[] }>();
    const note = (what: string, pid: number, before: Memory = none) => {
      const memory = readMemory(pid);
      const list = costs.get(what) ?? { rss: [], pss: [] };
      list.rss.push(memory.rss - before.rss);
      list.pss.push(memory.pss - before.pss);
      costs.set(what, list);
      return memory;
    };
    for (let repeat = 0; repeat < repeats; repeat++) {
      const bare = await ofExecutor(guardless);
      const guarded = await ofExecutor(dist);
      add(costs, "the guard's thread, which every cell has beside it", bare, guarded);
      const kernel = await startProfiled(launch, process.cwd());
      try {
        await kernel.collect();
        const before = note("(a kernel that has measured nothing)", kernel.executorPid);
        for (const [what, magic] of [
          ["after %%memprofile --no-stacks", "%%memprofile --no-stacks"],
          ["after %%memprofile", "%%memprofile"],
          ["after --lines", "%%memprofile --lines"],
        ] as const) {
          await kernel.run(`${magic}\n;`);
          await kernel.collect();
          note(what, kernel.executorPid, before);
        }
      } finally {
        await kernel.close();
      }
    }
    return [...costs].map(([what, { rss, pss }]) => ({ what, rss: median(rss), pss: median(pss) }));
  } finally {
    rmSync(guardless, { recursive: true, force: true });
  }
}

interface Memory {
  readonly rss: number;
  readonly pss: number;
}

const none: Memory = { rss: 0, pss: 0 };

function readMemory(pid: number): Memory {
  return { rss: readStatus(pid, "VmRSS"), pss: readPss(pid) };
}

function add(costs: Map<string, { rss: number[]; pss: number[] }>, what: string, before: Memory, after: Memory): void {
  const list = costs.get(what) ?? { rss: [], pss: [] };
  list.rss.push(after.rss - before.rss);
  list.pss.push(after.pss - before.pss);
  costs.set(what, list);
}

/** The same build, with a guard that does nothing. */
function withoutGuard(dist: string): string {
  const copy = join(process.cwd(), ".cache", "bench", "guardless");
  mkdirSync(copy, { recursive: true });
  cpSync(dist, copy, { recursive: true });
  writeFileSync(join(copy, "kernel", "executor", "guard.cjs"), "");
  return copy;
}

async function ofExecutor(dist: string): Promise<Memory> {
  const executor: ExecutorHost = startExecutor({
    mainPath: join(dist, "kernel/executor/main.cjs"),
    cwd: process.cwd(),
  });
  try {
    const output = { stream: () => undefined, display: () => undefined, clear: () => undefined };
    await executor.execute({ name: "In[1]", code: "1", awaits: false, modules: [], declares: [] }, output);
    await new Promise((resolve) => setTimeout(resolve, 300));
    return readMemory(executor.pid() ?? 0);
  } finally {
    await executor.close();
  }
}
