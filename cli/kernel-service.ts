// The one place where the rooms become a kernel.
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import typescript from "typescript/package.json" with { type: "json" };
import { UsageError } from "../kernel/errors.js";
import { type ExecutorHost, startExecutor } from "../kernel/executor/host.js";
import type { Interpreter } from "../kernel/interpreter.js";
import { type Kernel, startKernel } from "../kernel/kernel.js";
import type { Dialect } from "../kernel/language/process-link.js";
import type { Language } from "../kernel/language/requests.js";
import { javascriptInfo, typescriptInfo } from "../kernel/language-info.js";
import { parseParentPid, watchParent } from "../kernel/parent-watch.js";
import { ConnectionFileError, type ConnectionInfo, parseConnectionFile } from "../kernel/protocol/connection-file.js";
import { createTypeScriptInterpreter } from "../kernel/typescript-interpreter.js";
import { createAnswers } from "../magics/answers.js";
import { withMagics } from "../magics/dispatch/with-magics.js";
import { builtinMagics } from "../magics/index.js";
import type { KernelProbe } from "../profiler/kernel-probe.js";
import { startSampler } from "../profiler/sampler.js";
import { startSystemHistory } from "../profiler/system/history.js";
import { readMemoryForCells } from "../profiler/system/memory-limits.js";
import { createRuntimeProbe } from "../profiler/system/runtime.js";
import { packageRoot } from "../runner/own-kernel.js";
import { historyPlace } from "./history-place.js";
import { announceKernel } from "./kernel-announcement.js";
import { createUsageReader } from "./kernel-usage.js";
import { findOptionalModules, type OptionalModules } from "./optional-modules.js";
import { readVersion } from "./version.js";

/** The heap may not take all that the kernel may use: Arrow data, Buffers and code need the rest. */
const heapShare = 0.75;

/** Time for the process to end by itself once the kernel has ended; longer than sockets linger. */
const exitLimit = 1500;

/** What the kernel is told by its command line, and the language process, which starts while this file is read. */
export interface KernelService {
  readonly connectionFile: string;
  readonly dialect: Dialect;
  readonly language: Language;
}

/** Serves until it is shut down, or until what started it is gone; returns the exit code. */
export async function serveKernel({ connectionFile, dialect, language }: KernelService): Promise<number> {
  const [connection, memory] = await Promise.all([readConnection(connectionFile), readMemoryForCells()]);
  let interpreter: Interpreter | undefined;
  let executor: ExecutorHost | undefined;
  const history = historyPlace();
  const kernel = await startKernel({
    connection,
    interpreter: () => {
      ({ executor, interpreter } = createInterpreter({
        maxOldSpace: memory * heapShare,
        connectionFile: resolve(connectionFile),
        language,
      }));
      return interpreter;
    },
    onBacklog: (isFull) => executor?.hold(isFull),
    readUsage: createUsageReader(() => interpreter?.processes() ?? [{ role: "kernel", pid: process.pid }]),
    ...(history === undefined ? {} : { historyDirectory: history }),
    language: dialect === "javascript" ? javascriptInfo() : typescriptInfo(typescript.version),
    version: readVersion(),
  });
  endWithParent(kernel);
  process.on("SIGINT", () => {
    kernel.interrupt().catch((error: unknown) => process.stderr.write(`cellscope: interrupt: ${String(error)}\n`));
  });
  process.on("SIGTERM", () => {
    kernel.close().catch((error: unknown) => process.stderr.write(`cellscope: closing: ${String(error)}\n`));
  });
  await kernel.closed;
  // ZeroMQ hands over what is still on its way when a process ends by itself, and not when it is told to exit. Timers
  // and sockets of a half-finished request must not keep a kernel alive for long that everybody has left.
  setTimeout(() => process.exit(0), exitLimit).unref();
  return 0;
}

/** The executor stands beside its interpreter, because the sockets hold it up when front ends read too slowly. */
function createInterpreter(options: {
  readonly maxOldSpace: number;
  readonly connectionFile: string;
  readonly language: Language;
}): {
  readonly executor: ExecutorHost;
  readonly interpreter: Interpreter;
} {
  const { maxOldSpace, connectionFile, language } = options;
  const dist = join(packageRoot(), "dist");
  const cwd = process.cwd();
  const executor = startExecutor({
    mainPath: join(dist, "kernel/executor/main.cjs"),
    cwd,
    maxOldSpace,
    answer: (question, argument) => answer(question, argument),
  });
  const inner = createTypeScriptInterpreter({ language, executor });
  const runtime = createRuntimeProbe(executor, join(dist, "profiler/probe/runtime-watch.cjs"));
  const sampling = startSampler({
    executor,
    heapSamplerPath: join(dist, "profiler/probe/heap-sampler.cjs"),
    state: { processes: inner.processes, watchRuntime: runtime.watch },
  });
  sampling.then(
    ({ endpoint }) => announceKernel({ connectionFile, cwd, samples: endpoint }),
    // Reported by the magic that asks for samples; a kernel without them still runs cells.
    () => undefined,
  );
  let found: OptionalModules | undefined;
  const optional = () => {
    found ??= findOptionalModules();
    return found;
  };
  const probe: KernelProbe = {
    processes: inner.processes,
    samplesEndpoint: async () => (await sampling).endpoint,
    cellWatchPath: join(dist, "profiler/probe/cell-watch.cjs"),
    survivorsReaderPath: join(dist, "profiler/survivors/main.cjs"),
    pageScriptPath: join(dist, "report/page.js"),
    // Looked for when they are needed: at the start of a kernel, that would be felt.
    get heapProfilerPath() {
      return optional().heapProfilerPath;
    },
    get ffiPath() {
      return optional().ffiPath;
    },
    addProbes: inner.addProbes,
    cells: { executor, samplesBetween: async (start, end) => (await sampling).between(start, end) },
    system: {
      history: startSystemHistory(inner.processes),
      watchRuntime: runtime.watch,
      ping: runtime.ping,
      parentPid: parseParentPid(process.env, process.platform) ?? process.ppid,
      runtimeDirectory: dirname(connectionFile),
    },
  };
  const answer = createAnswers({ probe, interrupt: () => executor.interrupt() });
  const interpreter = withMagics(inner, builtinMagics, { probe });
  const stopSampling = () =>
    sampling.then(
      (sampler) => sampler.close(),
      () => undefined,
    );
  const close = async (): Promise<void> => {
    await Promise.all([interpreter.close(), stopSampling()]);
  };
  return { executor, interpreter: { ...interpreter, close } };
}

function endWithParent(kernel: Kernel): void {
  const parent = parseParentPid(process.env, process.platform);
  if (parent === undefined) return;
  watchParent(parent, () => {
    kernel.close().catch((error: unknown) => process.stderr.write(`cellscope: closing: ${String(error)}\n`));
  });
}

async function readConnection(path: string): Promise<ConnectionInfo> {
  try {
    return parseConnectionFile(await readFile(path, "utf8"), path);
  } catch (cause) {
    if (cause instanceof ConnectionFileError) throw new UsageError(cause.message, { cause });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`The connection file cannot be read: ${reason}.`, { cause });
  }
}
