// The executor as the sampler sees it. The kernel's executor host has this shape; see kernel/executor/host.ts.

/** What happens to the executor while it is sampled. Times are milliseconds of `process.hrtime`, one clock for all processes. */
export type ExecutorChange =
  | { readonly type: "started"; readonly pid: number }
  | { readonly type: "ended"; readonly pid: number }
  | { readonly type: "cell-began"; readonly id: number; readonly name: string }
  | { readonly type: "cell-ended"; readonly id: number }
  /** A message from the module that was loaded into the guard's thread by its path. */
  | { readonly type: "probe"; readonly path: string; readonly message: unknown };

/** An executor that can be watched from the kernel process. */
export interface SampledExecutor {
  /** `undefined` between the end of one executor and the start of the next. */
  readonly pid: () => number | undefined;
  /** Returns the function that takes the listener away. */
  readonly onChange: (listener: (change: ExecutorChange) => void) => () => void;
  /** Loads the module at `path` into the guard's thread of the executor (once) and hands it `message`. */
  readonly tellProbe: (path: string, message: unknown) => void;
}
