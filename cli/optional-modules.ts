// What is native is optional: there are platforms that it has not been built for. The reports say what they do without.
import { createRequire } from "node:module";
import type { KernelProbe } from "../profiler/kernel-probe.js";

/** Where the optional modules are that the executor loads by path, as far as they are installed. */
export type OptionalModules = Pick<KernelProbe, "heapProfilerPath" | "ffiPath">;

/** Looks for the optional modules. */
export function findOptionalModules(): OptionalModules {
  // Not the package's door: that one loads all of its profilers, which takes 11 MiB.
  const heapProfilerPath = resolveOptional("@datadog/pprof/out/src/heap-profiler.js");
  const ffiPath = resolveOptional("koffi");
  return { ...(heapProfilerPath !== undefined && { heapProfilerPath }), ...(ffiPath !== undefined && { ffiPath }) };
}

function resolveOptional(module: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(module);
  } catch {
    return undefined;
  }
}
