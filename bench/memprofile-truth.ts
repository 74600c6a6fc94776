// How near the figures of `%%memprofile` come to what is known of a cell: its peak, who held it, and which line took it.
import type { LineProfile } from "../profiler/lines/line-profile.js";
import { functionsOf, type PeakHolders } from "../profiler/peak-holders.js";
import { shareOnRightLine } from "./line-cells.js";
import type { MemoryCell } from "./memory-cell.js";
import type { ProfiledKernel } from "./memprofile-kernel.js";
import { childrenOf, readStatus, resetMark } from "./outside.js";
import { median } from "./statistics.js";

/** What came out for one cell, over all its runs. */
export interface CellTruth {
  readonly cell: MemoryCell;
  /** What the cell's process took at its highest, in bytes above what it had before. */
  readonly truth: number;
  /** Between the highest and the lowest of the plain runs; 0 for what was reckoned. */
  readonly spread: number;
  /** What the plain runs took more than what was reckoned, in bytes; absent where nothing was. */
  readonly plainLess?: number;
  readonly increments: readonly number[];
  /** In how many runs the right function came first; absent where nobody holds it. */
  readonly rightHolder?: number;
  /** Shares of the bytes on the right line, from 0 to 1. */
  readonly lineShares: readonly number[];
}

/** Runs a cell plain, under `%%memprofile` and under `--lines`, in turns. */
export async function measureTruth(
  kernel: ProfiledKernel,
  cell: MemoryCell,
  repeats: number,
  { lines }: { readonly lines: boolean },
): Promise<CellTruth> {
  if (cell.before !== undefined) await kernel.run(cell.before);
  const options = cell.options === undefined ? "" : ` ${cell.options}`;
  const plain: number[] = [];
  const increments: number[] = [];
  const lineShares: number[] = [];
  let right = 0;
  // The first run compiles the cell, in both ways.
  await kernel.run(cell.code);
  for (let repeat = 0; repeat < repeats; repeat++) {
    plain.push(await measurePlain(kernel, cell));
    const { memory } = await kernel.run(`%%memprofile${options}\n${cell.code}`);
    if (memory === undefined) throw new Error(`There is no report of ${cell.name}.`);
    increments.push(memory.increment);
    if (isHeldBy(memory.holders, cell.holder)) right += 1;
  }
  // After the others: where there are many objects, giving a cell's functions their source back leaves V8 with native
  // memory that it keeps, and that the next cell would use.
  for (let repeat = 0; lines && cell.lines !== undefined && repeat < repeats; repeat++) {
    const probed = await kernel.run(`%%memprofile --lines\n${cell.code}`);
    if (probed.lines === undefined) throw new Error(`There is no table of the lines of ${cell.name}.`);
    lineShares.push(shareOf(probed.lines, cell.lines));
  }
  return {
    cell,
    ...(cell.peak.by === "arithmetic"
      ? { truth: cell.peak.bytes, spread: 0, plainLess: median(plain) - cell.peak.bytes }
      : { truth: median(plain), spread: Math.max(...plain) - Math.min(...plain) }),
    increments,
    ...(cell.holder !== undefined && { rightHolder: right }),
    lineShares,
  };
}

/** The cell as it is, watched by the system alone. */
async function measurePlain({ run, settle, executorPid }: ProfiledKernel, cell: MemoryCell): Promise<number> {
  await settle();
  const before = readStatus(executorPid, "VmRSS");
  resetMark(executorPid);
  let children = 0;
  let isRunning = cell.peak.by === "plain run and child";
  const watch = async () => {
    const marks = new Map<number, number>();
    while (isRunning) {
      for (const child of childrenOf(executorPid))
        marks.set(child, readStatus(child, "VmHWM") || marks.get(child) || 0);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    children = [...marks.values()].reduce((sum, mark) => sum + mark, 0);
  };
  const watching = watch();
  await run(cell.code);
  isRunning = false;
  await watching;
  return readStatus(executorPid, "VmHWM") - before + children;
}

/** Functions of packages count for the function of the notebook that called them. */
function isHeldBy(holders: { readonly value: PeakHolders } | { readonly missing: string } | undefined, name?: string) {
  if (name === undefined || holders === undefined || "missing" in holders) return false;
  const { frames, stacks } = holders.value;
  const isOfNotebook = (index: number) => frames[index]?.file.startsWith("In[") ?? false;
  const own = stacks.map((stack) => ({
    ...stack,
    frames: stack.frames.slice(0, stack.frames.findLastIndex(isOfNotebook) + 1),
  }));
  return functionsOf({ frames, stacks: own })[0]?.frame?.name === name;
}

function shareOf({ tables }: LineProfile, truth: Readonly<Record<number, number>>): number {
  return shareOnRightLine(tables[0]?.lines ?? [], truth);
}
