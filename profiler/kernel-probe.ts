// What the magics are given to measure the kernel that they run in. The rooms are put together in cli/;
// the shapes here repeat, structurally, what the kernel offers, because the profiler imports nothing.
import type { ProbedScript } from "./lines/line-profile.js";
import type { ProbedSource, ProbeNames } from "./lines/line-reading.js";
import type { Sample } from "./sample-frames.js";
import type { SampledExecutor } from "./sampled-executor.js";
import type { SystemProbe } from "./system/system-info.js";

/** One of the processes that make up this kernel. */
export interface ProbedProcess {
  readonly role: "kernel" | "executor" | "language";
  readonly pid: number;
}

/** A module that the executor loads and runs around a cell; see `begin` in `probe/cell-watch.ts`. */
export interface ProbeWatch {
  readonly modulePath: string;
  readonly options: unknown;
  readonly onReading: (reading: unknown) => void;
  /** Called when the code itself begins and when it has ended. */
  readonly onRun?: (isRunning: boolean) => void;
}

/** Asks for probes between statements; see `LineProbes` of `kernel/interpreter.ts`. */
export interface ProbeRequest {
  readonly cell: boolean;
  readonly functions: readonly string[];
  /** Functions of cells by where V8 has them begin. */
  readonly places?: readonly FunctionPlace[];
  readonly onProbed: (probed: ProbedCode) => void;
}

/** Where a function of a cell begins: see `FunctionPlace` of `kernel/interpreter.ts`. */
export interface FunctionPlace {
  readonly script: string;
  readonly line: number;
  readonly column: number;
}

/** What has got probes. */
export interface ProbedCode {
  readonly firstSite: number;
  readonly scripts: readonly (ProbedScript & ProbedSource)[];
  readonly names: ProbeNames;
  /** Functions that are in no cell. */
  readonly unknown: readonly string[];
  readonly notes: readonly string[];
}

/** The running kernel, as far as it can be measured. */
export interface KernelProbe {
  readonly processes: () => readonly ProbedProcess[];
  /** The ZeroMQ endpoint (an XPUB socket) on which samples are published. */
  readonly samplesEndpoint: () => Promise<string>;
  /** Absolute path of the built `probe/cell-watch`, for `ProbeWatch.modulePath`. */
  readonly cellWatchPath: string;
  /** Absolute path of the native heap profiler's module; absent when it is not installed. */
  readonly heapProfilerPath?: string | undefined;
  /** Absolute path of koffi, which calls functions of the C library; absent when it is not installed. */
  readonly ffiPath?: string | undefined;
  /** Absolute path of the built `survivors/main`, which reads heap snapshots in a process of its own. */
  readonly survivorsReaderPath?: string;
  /** Absolute path of the built `report/page`, the program of a report's page; without it pages are only to be read. */
  readonly pageScriptPath?: string;
  /** What the kernel keeps and asks for those who look at its system; without it they take their own two readings. */
  readonly system?: SystemProbe;
  /** Gives probes to functions of cells while a cell runs; without it calls have no lines. */
  readonly addProbes?: (request: ProbeRequest) => Promise<void>;
  /** The executor and its samples at first hand, for what watches every cell. */
  readonly cells?: CellSource;
}

/** What happens in the executor, without a socket between. */
export interface CellSource {
  readonly executor: SampledExecutor;
  /** The samples from one time to another. */
  readonly samplesBetween: (start: number, end: number) => Promise<readonly Sample[]>;
}
