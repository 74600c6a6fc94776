// A process that runs JavaScript with a watch around it and a guard beside it, as the executor does,
// with nothing else of the kernel: what the profiler needs to be tested on real memory.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { build } from "esbuild";
import { mallocSettings } from "../../kernel/executor/malloc-settings.js";
import type { ProbeWatch } from "../../profiler/kernel-probe.js";
import type { ExecutorChange, SampledExecutor } from "../../profiler/sampled-executor.js";

/** A process under watch, and the paths of the modules that watch it. */
export interface WatchedProcess {
  readonly executor: SampledExecutor;
  readonly cellWatchPath: string;
  readonly heapSamplerPath: string;
  /** Runs the body of an async function; rejects when the process ends meanwhile. */
  readonly run: (body: string, watch?: ProbeWatch) => Promise<void>;
  /** How many cells it was given: the last one is `In[cells()]`. */
  readonly cells: () => number;
  readonly close: () => Promise<void>;
}

const main = `
const { Worker } = require("node:worker_threads");
const guard = new Worker(__dirname + "/guard.cjs");
const vm = require("node:vm");
// As the executor's: a cell is a function of its own, which begins before the first character of its script.
const head = "(async function (require) { ";
let cells = 0;
const compile = (body) => {
  const script = new vm.Script(head + body + "\\n})", { filename: \`In[\${++cells}]\`, columnOffset: -head.length, importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER });
  const cell = script.runInThisContext();
  return () => cell(require);
};
const places = {
  isOwn: (file) => file.startsWith(__dirname),
  locate: (file, line) => (file.startsWith(__dirname) ? undefined : { file, line }),
};
// A fault of a module under test must be seen, and not waited for.
process.on("unhandledRejection", (error) => {
  console.error(error);
  process.exit(1);
});
process.on("message", async (message) => {
  if (message.type === "probe") return guard.postMessage(message);
  const { modulePath, options } = message.watch ?? {};
  const cell = compile(message.body);
  const end = modulePath && (await require(modulePath).begin(options, places));
  try {
    await cell();
  } catch (error) {
    process.send({ type: "failed", message: String(error) });
  } finally {
    process.send({ type: "done", reading: await end?.() });
  }
});
process.on("disconnect", () => process.exit());
process.send({ type: "ready" });
`;

const guard = `
const { parentPort } = require("node:worker_threads");
const session = new (require("node:inspector").Session)();
session.connectToMainThread();
parentPort.on("message", ({ path, message }) =>
  require(path).onMessage(message, {
    session,
    // Past the main thread, which may be busy for long.
    send: (sent) => require("node:fs").writeSync(4, JSON.stringify({ path, message: sent }) + "\\n"),
  }));
`;

/** Starts such a process, with the modules of `profiler/probe` as they are now. */
export async function startWatchedProcess(): Promise<WatchedProcess> {
  const directory = await mkdtemp(join(tmpdir(), "cellscope-watched-"));
  await Promise.all([
    build({
      bundle: true,
      platform: "node",
      target: "node20.19",
      format: "cjs",
      outExtension: { ".js": ".cjs" },
      outdir: directory,
      // As the package is built: `import.meta.url` does not exist in CommonJS.
      define: { "import.meta.url": "__bundleUrl" },
      banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
      entryPoints: ["profiler/probe/cell-watch.ts", "profiler/probe/heap-sampler.ts"],
      absWorkingDir: join(import.meta.dirname, "../.."),
    }),
    writeFile(join(directory, "main.cjs"), main),
    writeFile(join(directory, "guard.cjs"), guard),
  ]);
  const child = fork(join(directory, "main.cjs"), {
    serialization: "advanced",
    // As the executor is started: without them glibc keeps freed blocks of less than 32 MiB, and of each thread's arena the end.
    env: { ...process.env, ...mallocSettings, NODE_OPTIONS: "" },
    execArgv: [],
    stdio: ["ignore", "inherit", "ignore", "ipc", "pipe"],
  });
  const listeners = new Set<(change: ExecutorChange) => void>();
  const tell = (change: ExecutorChange) => {
    for (const listener of listeners) listener(change);
  };
  // The fifth of `stdio` above is a pipe, and its end here a readable stream.
  createInterface({ input: child.stdio[4] as Readable }).on("line", (line) =>
    tell({ type: "probe", ...JSON.parse(line) }),
  );
  child.on("exit", () => tell({ type: "ended", pid: child.pid ?? 0 }));
  await once(child, "message");
  let cells = 0;
  return {
    executor: {
      pid: () => (child.exitCode === null && child.signalCode === null ? child.pid : undefined),
      onChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      tellProbe: (path, message) => {
        if (child.connected) child.send({ type: "probe", path, message });
      },
    },
    cellWatchPath: join(directory, "cell-watch.cjs"),
    heapSamplerPath: join(directory, "heap-sampler.cjs"),
    run: async (body, watch) => {
      const id = ++cells;
      tell({ type: "cell-began", id, name: `In[${id}]` });
      try {
        const { reading, failure } = await execute(child, body, watch);
        if (reading !== undefined) watch?.onReading(reading);
        if (failure !== undefined) throw new Error(failure);
      } finally {
        tell({ type: "cell-ended", id });
      }
    },
    cells: () => cells,
    close: async () => {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function execute(
  child: ChildProcess,
  body: string,
  watch: ProbeWatch | undefined,
): Promise<{ readonly reading?: unknown; readonly failure?: string }> {
  return new Promise((resolve, reject) => {
    let failure: string | undefined;
    const onMessage = (message: { type: string; reading?: unknown; message?: string }) => {
      if (message.type === "failed") failure = message.message;
      if (message.type === "done")
        finish(() => resolve({ reading: message.reading, ...(failure === undefined ? {} : { failure }) }));
    };
    const onExit = (code: number | null, signal: string | null) =>
      finish(() => reject(new Error(`The process ended: ${signal ?? code}.`)));
    const finish = (settle: () => void) => {
      child.off("message", onMessage);
      child.off("exit", onExit);
      settle();
    };
    child.on("message", onMessage);
    child.on("exit", onExit);
    child.send({ body, watch: watch && { modulePath: watch.modulePath, options: watch.options } });
  });
}
