// What measuring costs, part by part: `perf` counts the time in the functions that do nothing else. Two runs of a cell differ
// by more than a percent on a machine that others use too; the parts of one run are told to a tenth of that.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { ProfiledKernel } from "./memprofile-kernel.js";
import { type OverheadOptions, total, type Way, wantedOf } from "./memprofile-overhead.js";
import { readCpu } from "./outside.js";
import { median } from "./statistics.js";

/** The parts that work in the process of the cells, by the outermost functions of V8 and Node that do it. */
const parts = {
  /** V8's sampler of allocations, and its forgetting of what was collected. */
  sampler: ["v8::internal::SamplingHeapProfiler::SampleObject", "v8::internal::SamplingHeapProfiler::OnWeakCallback"],
  breaks: ["v8::internal::Runtime_DebugBreakAtEntry"],
  /** What the inspector is asked on the thread of the cells: mostly the looks from inside. */
  looks: ["v8_inspector::V8InspectorSessionImpl::dispatchProtocolMessage"],
  guard: ["node::worker::Worker::StartThread"],
} as const;

/** The parts' names, in the order of the table. */
export const partNames = ["sampler", "breaks", "looks", "guard", "kernel"] as const;
export type PartName = (typeof partNames)[number];

/** CPU time of one run, in milliseconds. */
interface Run {
  readonly executor: number;
  readonly parts: Readonly<Record<PartName, number>>;
}

/** What the parts took of a cell, less what they take of an empty one, as shares of the plain cell's CPU time. */
export interface PartShares {
  readonly workload: string;
  readonly way: string;
  /** Milliseconds. */
  readonly plain: number;
  readonly shares: Readonly<Record<PartName, number>>;
  readonly together: number;
  readonly isOver: boolean;
}

const perfHertz = 3999;

/** Whether `perf` is there and may look at processes. */
export function hasPerf(): boolean {
  const { status } = spawnSync("perf", ["record", "-e", "cpu-clock", "-o", "/dev/null", "true"], { stdio: "ignore" });
  return status === 0;
}

/** Measures the parts of all chosen ways on all chosen workloads; the kernel's is the median of the difference from a plain run. */
export async function measureParts(
  kernel: ProfiledKernel,
  { rounds, ways, workloads, onProgress }: OverheadOptions,
): Promise<readonly PartShares[]> {
  const measure = async (name: string, code: string) => {
    const plain: Run[] = [];
    const measured = new Map<string, Run[]>(ways.map((way) => [way.name, []]));
    // The first round compiles.
    for (let round = -1; round < rounds; round++) {
      onProgress(`${name}, ${round + 1} of ${rounds}`);
      for (const way of [undefined, ...ways]) {
        const run = await runOnce(kernel, `${way?.magic ?? ""}${code}`);
        if (round >= 0) (way === undefined ? plain : measured.get(way.name))?.push(run);
      }
    }
    const base = (part: PartName) => median(plain.map((run) => run.parts[part]));
    const more = (way: Way, part: PartName) =>
      median((measured.get(way.name) ?? []).map((run) => run.parts[part])) - base(part);
    return { more, plain: median(plain.map((run) => run.executor + run.parts.kernel)) };
  };
  const empty = await measure("one number", "1 + 1");
  const found: PartShares[] = [];
  for (const [workload, code] of Object.entries(workloads)) {
    const { more, plain } = await measure(workload, code);
    for (const way of ways) {
      const entries = partNames.map((part) => [part, (more(way, part) - empty.more(way, part)) / plain] as const);
      const shares = Object.fromEntries(entries) as Record<PartName, number>; // All parts are in it.
      const together = entries.reduce((sum, [, share]) => sum + share, 0);
      found.push({ workload, way: way.name, plain, shares, together, isOver: together > wantedOf(way, workload) });
    }
  }
  return found;
}

async function runOnce(kernel: ProfiledKernel, code: string): Promise<Run> {
  await kernel.collect();
  const file = join(process.cwd(), ".cache", "bench", `perf-${process.pid}.data`);
  const record = ["record", "-F", String(perfHertz), "-e", "cpu-clock", "-g", "-o", file];
  const perf = spawn("perf", [...record, "-p", String(kernel.executorPid)], { stdio: "ignore" });
  const ended = once(perf, "exit");
  // It says nothing when it has begun.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const before = { executor: total(readCpu(kernel.executorPid)), kernel: total(readCpu(kernel.kernelPid)) };
  await kernel.run(code);
  const executor = total(readCpu(kernel.executorPid)) - before.executor;
  const own = total(readCpu(kernel.kernelPid)) - before.kernel;
  perf.kill("SIGINT");
  await ended;
  const times = readTimes(file);
  rmSync(file, { force: true });
  const timeOf = (symbols: readonly string[]) =>
    [...times].reduce((sum, [symbol, time]) => (symbols.some((each) => symbol.startsWith(each)) ? sum + time : sum), 0);
  return {
    executor,
    parts: {
      sampler: timeOf(parts.sampler),
      breaks: timeOf(parts.breaks),
      looks: timeOf(parts.looks),
      guard: timeOf(parts.guard),
      kernel: own,
    },
  };
}

/** Milliseconds in each function and all that it called. */
function readTimes(file: string): ReadonlyMap<string, number> {
  const options = ["report", "-i", file, "--children", "-g", "none", "--sort", "sym", "--percent-limit", "0"];
  const { stdout } = spawnSync("perf", options, { encoding: "utf8", maxBuffer: 2 ** 28 });
  const whole = Number(/^# Event count \(approx\.\): (\d+)$/m.exec(stdout)?.[1] ?? Number.NaN) / 1e6;
  const rows = stdout.matchAll(/^ +([\d.]+)% +[\d.]+% +\[.\] (.+?) *$/gm);
  const times = new Map<string, number>();
  for (const [, share, symbol = ""] of rows)
    times.set(symbol, (times.get(symbol) ?? 0) + (Number(share) / 100) * whole);
  return times;
}
