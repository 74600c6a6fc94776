// Which stacks allocated in V8's heap, by samples of everything that was allocated, collected since or not.
import { type HeapProfiler, Session } from "node:inspector";
import { createRequire } from "node:module";
import type { StackSite } from "./call-stack.js";
import { type AddonNode, firstLineOf, stacksOfAddon, stacksOfInspector } from "./heap-stacks.js";

/** Bytes by the stack that allocated them, the outermost function first. */
export interface AllocatedStack {
  readonly sites: readonly StackSite[];
  readonly bytes: number;
  /** How many of them are alive; absent where V8 does not tell. */
  readonly alive?: number;
}

/** A sampler of allocations at work. */
export interface AllocationSampling {
  /** Keeps the number of samples bounded; `allocated` is what the heap has allocated since the beginning. */
  readonly look: (allocated: number) => void;
  /** All that was allocated since the beginning; collects garbage. */
  readonly read: () => readonly AllocatedStack[];
  readonly end: () => void;
  /** Why what it says is less than it could be. */
  readonly notes: readonly string[];
}

/** One way to have V8 sample; it has begun. */
interface Sampler {
  readonly start: (interval: number) => void;
  readonly read: () => readonly AllocatedStack[];
  readonly stop: () => void;
  /** Lets go of what it works with. */
  readonly close: () => void;
  readonly notes: readonly string[];
}

/** Bytes between samples, on average, at first. */
const firstInterval = 128 * 1024;
/** V8 keeps each sample until it stops, some 150 bytes: past so many they are put together, which takes a collection. */
const sampleLimit = 8192;
/** What allocates much is sampled less: the number of those collections grows with the logarithm of the bytes. */
const coarser = 4;
const stackDepth = 64;
/** From here on V8 tells which of the samples are alive. */
const telling = 26;

/** Starts to sample; `addonPath` is the native profiler's, which reads more of what newer versions of V8 tell. */
export function sampleAllocations(addonPath: string | undefined): AllocationSampling {
  const sampler = startSampler(addonPath);
  let interval = firstInterval;
  let from = 0;
  const before: AllocatedStack[] = [];
  let failure: unknown;
  const putAside = (allocated: number) => {
    // What is alive now may not be so at the end: an upper limit is what is wanted.
    before.push(...sampler.read());
    sampler.stop();
    from = allocated;
    interval *= coarser;
    sampler.start(interval);
  };
  return {
    look: (allocated) => {
      if (failure !== undefined || allocated - from < interval * sampleLimit) return;
      try {
        putAside(allocated);
      } catch (error) {
        // Told at the end: who looks in the middle of a cell has more to look at.
        failure = error;
      }
    },
    read: () => {
      if (failure !== undefined) throw failure;
      return [...before, ...sampler.read()];
    },
    end: () => {
      sampler.stop();
      sampler.close();
    },
    notes: sampler.notes,
  };
}

function startSampler(addonPath: string | undefined): Sampler {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < telling) return inspectorSampler(`Node ${major} does not tell ${which}: ${atLeast}.`);
  if (addonPath === undefined)
    return inspectorSampler(`Without the package @datadog/pprof it is not known ${which}: ${atLeast}.`);
  try {
    return addonSampler(addonPath);
  } catch (error) {
    return inspectorSampler(
      `@datadog/pprof, which tells ${which}, cannot be used (${firstLineOf(error)}): ${atLeast}.`,
    );
  }
}

const which = "which of the samples are alive";
const atLeast = "what was gone is told by what is in use after the cell";

function stoppedBy(reason: string): string {
  return `the sampling of allocations was stopped by somebody else: ${reason}`;
}

interface AllocationAddon {
  readonly start: (interval: number, depth: number, allocations: boolean) => void;
  readonly stop: () => void;
  readonly v8Profile: () => AllocationNode;
}

type AllocationNode = AddonNode<{ readonly allocSpaceBytes: number; readonly inuseSpaceBytes: number }>;

function addonSampler(addonPath: string): Sampler {
  // Not bundled: it is native, and this file is run from where Cellscope is installed.
  const addon = createRequire(import.meta.url)(addonPath) as AllocationAddon;
  const start = (interval: number) => addon.start(interval, stackDepth, true);
  start(firstInterval);
  return {
    start,
    read: () => {
      try {
        return [...stacksOfAddon(addon.v8Profile(), [], allocatedIn)];
      } catch (error) {
        throw new Error(stoppedBy(error instanceof Error ? error.message : String(error)), { cause: error });
      }
    },
    stop: () => addon.stop(),
    close: () => undefined,
    notes: [],
  };
}

function allocatedIn({ allocations }: AllocationNode): { readonly bytes: number; readonly alive: number } {
  let [bytes, alive] = [0, 0];
  for (const { allocSpaceBytes, inuseSpaceBytes } of allocations) {
    bytes += allocSpaceBytes;
    alive += inuseSpaceBytes;
  }
  return { bytes, alive };
}

function inspectorSampler(note: string): Sampler {
  const session = new Session();
  session.connect();
  const start = (samplingInterval: number) => {
    const wanted = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
    // On its own thread a session answers before `post` returns.
    session.post("HeapProfiler.startSampling", { samplingInterval, ...wanted });
  };
  start(firstInterval);
  return {
    start,
    read: () => {
      let head: HeapProfiler.SamplingHeapProfileNode | undefined;
      let reason = "it gave no profile";
      session.post("HeapProfiler.getSamplingProfile", (error, answer) => {
        if (error === null) head = answer.profile.head;
        else reason = error.message;
      });
      if (head === undefined) throw new Error(stoppedBy(reason));
      return [...stacksOfInspector(head, [])];
    },
    // Not `stopSampling`, which reads once more and collects for it.
    stop: () => session.post("HeapProfiler.disable"),
    close: () => session.disconnect(),
    notes: [note],
  };
}
