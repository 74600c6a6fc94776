// What the runner adds to a cell: the same cells by the same kernel, driven by a client that does nothing else.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatNotebook, type Notebook } from "../runner/nbformat.js";
import { ownKernel } from "../runner/own-kernel.js";
import { prepareNotebook, runPrepared } from "../runner/run-file.js";
import { startMeasured } from "./kernel-client.js";

/** Milliseconds from the request of each cell to that of the next one. */
export interface Overhead {
  readonly direct: readonly number[];
  readonly runner: readonly number[];
}

/** Measures both in turns, each by kernels of its own. */
export async function measureOverhead(notebook: Notebook, rounds: number, home: string): Promise<Overhead> {
  const figures = { direct: [] as number[], runner: [] as number[] };
  const ways = { direct: driveDirectly, runner: runByRunner };
  for (let round = 0; round < rounds; round++) {
    const names = ["direct", "runner"] as const;
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      const folder = await mkdtemp(join(home, "overhead-"));
      figures[name].push(...timesOf(await ways[name](notebook, folder)));
      await rm(folder, { recursive: true });
    }
  }
  return figures;
}

/** The first cells wait for the start of the compiler, and for code that has never run. */
const warmUp = 5;

/** From the moments at which cells were sent. */
function timesOf(sent: readonly number[]): number[] {
  return sent.slice(warmUp + 1).map((at, index) => at - (sent[warmUp + index] ?? Number.NaN));
}

async function driveDirectly({ cells }: Notebook, cwd: string): Promise<number[]> {
  const kernel = await startMeasured(ownKernel(), cwd);
  const sent: number[] = [];
  try {
    await kernel.ask("shell", "kernel_info_request", {}, { repeatAfter: 100 });
    for (const { source } of cells) {
      const { sent: at, reply, idle } = kernel.execute(source);
      sent.push(at);
      await Promise.all([reply, idle]);
    }
  } finally {
    await kernel.close();
  }
  return sent;
}

/** All that `cellscope run` does but its line for each cell: it measures, records and saves. */
async function runByRunner(notebook: Notebook, cwd: string): Promise<number[]> {
  const [path, target] = [join(cwd, "cells.ipynb"), join(cwd, "out", "cells.ipynb")];
  await mkdir(join(cwd, "out"));
  await writeFile(path, formatNotebook(notebook));
  const options = { measure: true, version: "bench" };
  const sent: number[] = [];
  const prepared = await prepareNotebook({ path, target }, options);
  const { attempts } = await runPrepared(prepared, options, () => ({
    onCellStart: () => sent.push(performance.now()),
  }));
  const { result } = attempts[0] ?? {};
  if (result?.status !== "ok") throw new Error(`the runner ended with the status ${result?.status}`);
  return sent;
}
