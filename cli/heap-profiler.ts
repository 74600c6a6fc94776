import { createRequire } from "node:module";

/** Where the native heap profiler's module is. It is optional: there are platforms that it has not been built for. */
export function heapProfiler(): { readonly heapProfilerPath?: string } {
  try {
    // Not the package's door: that one loads all of its profilers, which takes 11 MiB.
    return { heapProfilerPath: createRequire(import.meta.url).resolve("@datadog/pprof/out/src/heap-profiler.js") };
  } catch {
    // The report says so.
    return {};
  }
}
