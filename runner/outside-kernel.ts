// What the package gives to programs under the names that cells know. It works where cells run, and nowhere else.
import type { Memprofiled, MemprofileOptions } from "../profiler/profile-result.js";
import { RunnerError } from "./errors.js";

/** In cells it measures what a function does to memory; a program has nobody beside it who could, and is told so. */
export async function memprofile<T>(_run: () => T, _options?: MemprofileOptions): Promise<Memprofiled<T>> {
  throw new RunnerError(
    "memprofile() is measured by the kernel that runs the cells of a notebook, and this process is none: call it in a cell, in JupyterLab or by `cellscope run NOTEBOOK`.",
  );
}
