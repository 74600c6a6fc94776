// Watches every cell from outside of its process, at the price of a few files of /proc: the sampler samples anyway.
import { readHwm, resetHwm } from "./high-water-mark.js";
import type { CellSource } from "./kernel-probe.js";
import { highestOf, type MemoryProfile, momentOfSample, timelineLength } from "./memory-profile.js";
import { openProcessReader, type ProcessReader } from "./process-reader.js";
import { readClock } from "./sampler.js";
import { thinSamples } from "./thin-samples.js";

/** A watch over all cells, until `close`. */
export interface CellsWatch {
  /** What the cell `name`, which has ended, did; absent when no code of it ran. Each cell is told of once. */
  readonly take: (name: string) => Promise<MemoryProfile | undefined>;
  readonly close: () => void;
}

interface WatchedCell {
  readonly name: string;
  readonly pid: number;
  readonly began: number;
  readonly baseline: number;
  readonly isMarked: boolean;
  readonly cpu: number;
  end?: CellEnd;
}

/** Read right after the code has run; `NaN` where the process is gone. */
interface CellEnd {
  readonly time: number;
  readonly rss: number;
  readonly hwm: number;
  readonly cpu: number;
}

/** CPU time comes in steps of 10 ms: of a shorter cell it says nothing. */
const shortestForCpu = 100;

/** Begins to watch. */
export function watchCells({ executor, samplesBetween }: CellSource): CellsWatch {
  let reader: { readonly pid: number; readonly process: ProcessReader } | undefined;
  let cell: WatchedCell | undefined;

  function readerOf(pid: number): ProcessReader {
    if (reader?.pid !== pid) {
      reader?.process.close();
      reader = { pid, process: openProcessReader(pid) };
    }
    return reader.process;
  }

  function begin(name: string): void {
    // The parts of a cell between its magics are one cell.
    if (cell?.name === name) return;
    const pid = executor.pid();
    if (pid === undefined) return;
    const { rss, cpu } = readerOf(pid);
    const baseline = rss();
    cell = { name, pid, isMarked: resetHwm(pid), baseline, cpu: cpu(), began: readClock() };
  }

  function end(watched: WatchedCell): void {
    const time = readClock();
    const { rss, cpu } = readerOf(watched.pid);
    const hwm = readHwm(watched.pid);
    watched.end = { time, rss: rss(), cpu: cpu(), hwm: "value" in hwm ? hwm.value : Number.NaN };
  }

  const stopListening = executor.onChange((change) => {
    if (change.type === "cell-began") begin(change.name);
    else if (change.type === "cell-ended" && cell !== undefined) end(cell);
  });
  return {
    take: async (name) => {
      const watched = cell?.name === name ? cell : undefined;
      if (watched?.end === undefined) return undefined;
      cell = undefined;
      return profileOf(watched, watched.end, await samplesBetween(watched.began, watched.end.time));
    },
    close: () => {
      stopListening();
      reader?.process.close();
      reader = undefined;
    },
  };
}

type Samples = Awaited<ReturnType<CellSource["samplesBetween"]>>;

function profileOf(cell: WatchedCell, end: CellEnd, taken: Samples): MemoryProfile {
  const { began, baseline: rss, pid } = cell;
  const duration = end.time - began;
  // The next executor may be up already: its samples are not this cell's.
  const samples = taken.filter((sample) => sample.pid === pid);
  const baseline = { time: 0, rss };
  const last = end.rss > 0 ? { time: duration, rss: end.rss } : undefined;
  const moments = [baseline, ...samples.map((sample) => momentOfSample(sample, began)), ...(last ? [last] : [])];
  const highest = highestOf(moments);
  const exact = cell.isMarked && end.hwm > 0;
  const peak = exact ? Math.max(end.hwm, highest.rss) : highest.rss;
  const cpu = end.cpu - cell.cpu;
  return {
    duration,
    ...(duration >= shortestForCpu && Number.isFinite(cpu) ? { cpu } : {}),
    baseline,
    peak: { rss: peak, exact, time: highest.time },
    increment: peak - rss,
    ...(last && { end: last }),
    pauses: [],
    timeline: thinSamples(moments, timelineLength),
    sampleCount: samples.length,
    notes: [
      "Watched from outside: no collection was forced, and what the memory was made of was not read. %%memprofile does both.",
      ...(last === undefined ? ["The process that ran the cell ended with it."] : []),
    ],
  };
}
