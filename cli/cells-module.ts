// The types of what `import … from "cellscope"` gives in a cell, built to dist/types, where the language finds them.
// What runs is kernel/executor/cellscope-module.ts: it may not know what the profiler measures, and types load nothing.
import type { Measured } from "../profiler/measured.js";
import type {
  LineResult,
  MemoryResult,
  Memprofiled,
  MemprofileOptions,
  SampleTable,
} from "../profiler/profile-result.js";
import type { CellUsage } from "../profiler/system/cell-usage.js";
import type { DataPath } from "../profiler/system/data-path.js";
import type { SystemInfo } from "../profiler/system/system-info.js";
import type { TopProcesses } from "../profiler/system/top.js";

export * from "../kernel/executor/cellscope-module.js";
export type {
  CellUsage,
  DataPath,
  LineResult as LineProfile,
  Measured,
  MemoryResult as MemoryProfile,
  MemprofileOptions,
  SampleTable,
  SystemInfo,
  TopProcesses,
};

/** What this kernel may use of the machine, and what is saturated, as `%sysinfo` shows it. */
export declare function sysinfo(options?: {
  /** Milliseconds to watch, 50 to 60000, instead of telling of the last minute. */
  readonly interval?: number;
}): Promise<SystemInfo>;

/**
 * Calls a function and measures what it does to memory, as `%memprofile` does. An error of the function is thrown on,
 * with the profile as its property `profile`.
 */
export declare function memprofile<T>(run: () => T, options?: MemprofileOptions): Promise<Memprofiled<T>>;
