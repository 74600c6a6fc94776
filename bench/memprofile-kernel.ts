// The kernel that people use, from its program to its messages, as the benchmark of `%%memprofile` drives it.
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Content } from "../kernel/protocol/messages.js";
import type { LineProfile } from "../profiler/lines/line-profile.js";
import type { MemoryProfile } from "../profiler/memory-profile.js";
import { profileMimeType } from "../report/memory-profile.js";
import type { KernelLaunch } from "../runner/kernel-process.js";
import { type ExecuteOptions, startMeasured } from "./kernel-client.js";
import { readProcessTree } from "./process-tree.js";

/** A kernel whose cells are measured. */
export interface ProfiledKernel {
  readonly kernelPid: number;
  readonly executorPid: number;
  /** Runs a cell to its end; one that fails ends the benchmark. */
  readonly run: (code: string, options?: ExecuteOptions) => Promise<Reports>;
  /** Collects all garbage, by means of Node's own. */
  readonly collect: () => Promise<void>;
  /**
   * The same, and then freed memory has gone back to the system, and V8's nursery, which any code touches first, is
   * resident: where a measured cell begins.
   */
  readonly settle: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What a cell has displayed. */
export interface Reports {
  readonly memory?: MemoryProfile;
  readonly lines?: LineProfile;
}

/**
 * A nursery of 4 MiB at least, whose survivors V8 has counted from 0, and garbage until V8 has collected it twice: that fills both
 * of its halves to their ends. See docs/decisions/nursery.md.
 */
const touchNursery = `import { getHeapSpaceStatistics } from "node:v8";
const nursery = () => getHeapSpaceStatistics().find((space) => space.space_name === "new_space")!;
const alive: unknown[] = [];
function forgetSurvivors() {
  for (let isUsual = false; !isUsual; ) {
    collectAll({ type: "minor" });
    const half = nursery().space_size / 2;
    if (half >= 16_777_216) return;
    isUsual = half >= 2_097_152;
    if (isUsual) setFlagsFromString("--semi-space-growth-factor=1");
    for (let bytes = 0; bytes <= half; bytes += 262_144) alive.push(new Array(32_768));
    collectAll({ type: "minor" });
    alive.length = 0;
    collectAll({ type: "minor" });
    setFlagsFromString("--semi-space-growth-factor=2");
    if (nursery().space_size / 2 <= half) return;
  }
}
const garbage: unknown[] = [];
function touchNursery() {
  collectAll({ type: "minor" });
  let last = nursery().space_used_size;
  for (let filled = 0, steps = 0; filled < 2 && steps < 1000; steps++) {
    for (let made = 0; made < 65_536; made += 560) garbage[0] = new Array(64);
    const used = nursery().space_used_size;
    if (used < last) filled += 1;
    last = used;
  }
  collectAll({ type: "minor" });
}`;

/** glibc's `malloc_trim`, where its binding is installed: without it, memory that was freed before is taken for nothing. */
function defineTrim(): string {
  const root = join(process.cwd(), "package.json");
  try {
    const binding = createRequire(root).resolve("koffi");
    return `import { createRequire } from "node:module"; const trimFreed: (pad: number) => unknown = createRequire(${JSON.stringify(root)})(${JSON.stringify(binding)}).load(null).func("int malloc_trim(size_t pad)");`;
  } catch {
    return "const trimFreed = (pad: number) => pad;";
  }
}

/** Starts one. */
export async function startProfiled(launch: KernelLaunch, cwd: string): Promise<ProfiledKernel> {
  const kernel = await startMeasured(launch, cwd);
  const run: ProfiledKernel["run"] = async (code, options) => {
    const { reply, output } = kernel.execute(code, { keepDisplays: true, ...options });
    const answer = await reply;
    if (answer?.content.status !== "ok") {
      throw new Error(`A cell of the benchmark failed: ${JSON.stringify(answer?.content)}\n${code}`);
    }
    // The reply and the displays come on different sockets.
    while (output.idleAt === undefined) await new Promise((resolve) => setTimeout(resolve, 2));
    return reportsOf(output.bundles ?? []);
  };
  await run(
    'import { setFlagsFromString } from "node:v8"; import { runInNewContext } from "node:vm"; setFlagsFromString("--expose-gc"); const collectAll = runInNewContext("gc") as (how?: { type: "minor" }) => void; collectAll();',
  );
  await run(touchNursery);
  await run(defineTrim());
  const executor = readProcessTree(kernel.pid)?.find(({ command }) => command.includes("kernel/executor/main.cjs"));
  if (executor === undefined) {
    await kernel.close();
    throw new Error("The process that runs the cells was not found: this benchmark needs Linux.");
  }
  const collect = async () => {
    await run("collectAll(); await new Promise((done) => setTimeout(done, 1)); collectAll();");
    // V8's helpers give the pages back.
    await new Promise((resolve) => setTimeout(resolve, 60));
  };
  return {
    kernelPid: kernel.pid,
    executorPid: executor.pid,
    run,
    collect,
    settle: async () => {
      await run("forgetSurvivors();");
      await collect();
      await run("trimFreed(0); touchNursery();");
      // And what that has freed.
      await new Promise((resolve) => setTimeout(resolve, 60));
    },
    close: kernel.close,
  };
}

function reportsOf(bundles: readonly Content[]): Reports {
  // The data of a report says what it is; the types are those that the reports are made from.
  const find = (kind: string) =>
    bundles
      .map((bundle) => bundle[profileMimeType] as { readonly kind: string } | undefined)
      .findLast((profile) => profile?.kind === kind);
  const memory = find("memory") as MemoryProfile | undefined;
  const lines = find("lines") as LineProfile | undefined;
  return { ...(memory && { memory }), ...(lines && { lines }) };
}
