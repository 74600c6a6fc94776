// What Linux tells of a process to anybody: the benchmarks' own readings, which nothing of the profiler has a hand in.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Sets the high-water mark of a process to what it holds now. */
export function resetMark(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** A field of `/proc/PID/status`, in bytes. */
export function readStatus(pid: number, field: "VmRSS" | "VmHWM"): number {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(readText(`/proc/${pid}/status`))?.[1];
  return Number(kibibytes ?? Number.NaN) * 1024;
}

/** Its own memory and its share of what it has together with others, in bytes. */
export function readPss(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(readText(`/proc/${pid}/smaps_rollup`))?.[1] ?? Number.NaN) * 1024;
}

/** The processes that one has started, over all its threads. */
export function childrenOf(pid: number): readonly number[] {
  return threadsOf(pid).flatMap((thread) =>
    readText(`/proc/${pid}/task/${thread}/children`).split(" ").filter(Boolean).map(Number),
  );
}

/** CPU time in milliseconds; the scheduler counts it by the nanosecond, where `stat` counts by 10 ms. */
export interface CpuTime {
  readonly main: number;
  /** V8's helpers, workers, libuv's pool. */
  readonly others: number;
}

/** What a process has had of the CPU; a thread that has ended is forgotten. */
export function readCpu(pid: number): CpuTime {
  const time = (thread: string) => Number(readText(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0] ?? 0) / 1e6;
  const threads = threadsOf(pid).filter((thread) => thread !== String(pid));
  return { main: time(String(pid)), others: threads.reduce((sum, thread) => sum + time(thread), 0) };
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    // The process has ended.
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // What is read has ended since it was listed.
    return "";
  }
}
