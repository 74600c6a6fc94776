// Runs cells with their magics in this process's own kernel, without messages around it: what benchmarks measure with.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOptionalModules } from "../cli/optional-modules.js";
import { startExecutor } from "../kernel/executor/host.js";
import type { Outcome } from "../kernel/interpreter.js";
import { startLanguage } from "../kernel/language/client.js";
import type { MimeBundle } from "../kernel/protocol/mime.js";
import { createTypeScriptInterpreter } from "../kernel/typescript-interpreter.js";
import { createAnswers } from "../magics/answers.js";
import { withMagics } from "../magics/dispatch/with-magics.js";
import { builtinMagics } from "../magics/index.js";
import type { KernelProbe } from "../profiler/kernel-probe.js";
import { startSampler } from "../profiler/sampler.js";

/** What one cell has done. */
export interface RanCell {
  readonly outcome: Outcome;
  readonly displays: readonly MimeBundle[];
  readonly text: string;
}

/** A kernel without its sockets. */
export interface CellKernel {
  readonly run: (code: string) => Promise<RanCell>;
  readonly executorPid: () => number | undefined;
  readonly close: () => Promise<void>;
}

/** Starts executor, language and sampler from the built files in `dist`. */
export async function startCells(dist = join(process.cwd(), "dist")): Promise<CellKernel> {
  const cacheDirectory = mkdtempSync(join(tmpdir(), "cellscope-bench-"));
  const cwd = process.cwd();
  const executor = startExecutor({
    mainPath: join(dist, "kernel/executor/main.cjs"),
    cwd,
    answer: (question, argument) => answer(question, argument),
  });
  const mainPath = join(dist, "kernel/language/main.cjs");
  const language = startLanguage({ mainPath, cacheDirectory, cwd, snapshotDelay: false });
  const sampler = await startSampler({ executor, heapSamplerPath: join(dist, "profiler/probe/heap-sampler.cjs") });
  const inner = createTypeScriptInterpreter({ language, executor });
  const probe: KernelProbe = {
    processes: inner.processes,
    samplesEndpoint: async () => sampler.endpoint,
    cellWatchPath: join(dist, "profiler/probe/cell-watch.cjs"),
    ...findOptionalModules(),
    survivorsReaderPath: join(dist, "profiler/survivors/main.cjs"),
    pageScriptPath: join(dist, "report/page.js"),
    addProbes: inner.addProbes,
    cells: { executor, samplesBetween: async (start, end) => sampler.between(start, end) },
  };
  const answer = createAnswers({ probe, interrupt: executor.interrupt });
  const interpreter = withMagics(inner, builtinMagics, { probe });
  let executionCount = 0;
  return {
    executorPid: executor.pid,
    run: async (code) => {
      const displays: MimeBundle[] = [];
      let text = "";
      const output = {
        stream: (_: string, more: string) => {
          text += more;
        },
        display: ({ data }: { readonly data: MimeBundle }) => {
          displays.push(data);
        },
        clear: () => undefined,
      };
      executionCount += 1;
      const outcome = await interpreter.execute(code, output, { executionCount });
      return { outcome, displays, text };
    },
    close: async () => {
      await sampler.close();
      await interpreter.close();
      rmSync(cacheDirectory, { recursive: true, force: true });
    },
  };
}
