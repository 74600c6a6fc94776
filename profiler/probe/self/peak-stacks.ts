// Who holds the memory at the peak, kept while the cell runs: at each new high-water mark of heap and off-heap memory
// the stacks of both are kept, and those of the mark before are forgotten.
import { fileURLToPath } from "node:url";
import { getHeapStatistics } from "node:v8";
import { BroadcastChannel } from "node:worker_threads";
import {
  type AllocationAnswer,
  type AllocationCommand,
  allocationChannel,
  allocationSymbol,
} from "../../allocation-channel.js";
import type { AllocationStack, Allocations } from "../../allocations.js";
import type { HolderCourse } from "../../holder-course.js";
import type { HolderFrame, PeakHolders } from "../../peak-holders.js";
import { type AllocationSampling, sampleAllocations } from "./allocation-samples.js";
import { allocators, watchPool } from "./allocators.js";
import { announce } from "./announced.js";
import { askGuard } from "./ask-guard.js";
import { BreakBudget } from "./break-budget.js";
import { type StackSite, StackTable } from "./call-stack.js";
import { fewStacks } from "./few-stacks.js";
import { type HeapSampling, type HeapStack, sampleHeapStacks, samplingIntervals } from "./heap-stacks.js";
import { HolderSnapshots, type Snapshot } from "./holder-snapshots.js";
import { neverOptimize } from "./never-optimize.js";
import { type OffHeap, type OffHeapStack, watchOffHeap } from "./off-heap.js";
import { type CodePlaces, userFrame } from "./user-frame.js";

/** Stacks that are kept at each high-water mark. */
export interface PeakStacks {
  /** From now on; until then nothing is kept. `tell` is called when memory off the heap is about to be taken. */
  readonly begin: (tell?: () => void) => void;
  /** Looks whether this is a new high-water mark; `allocated` is what the heap has allocated so far. */
  readonly look: (allocated: number) => void;
  /** Ends the watch; `total` is what was allocated outside the heap, as far as it was seen. */
  readonly end: () => {
    readonly holders: () => PeakHolders;
    /** Absent when nobody asked for it. */
    readonly course?: () => HolderCourse;
    readonly total: number;
  };
  /** After `end` and a collection: what of all that was allocated is still alive. */
  readonly survivors: () => PeakHolders;
  /** After `end` and a collection: who allocated, where that was watched in place of who holds it. */
  readonly allocations: () => Pick<Allocations, "frames" | "stacks" | "notes">;
  /** Lets go of the heap profiler. */
  readonly close: () => void;
}

/** A mark must be so much higher than the one before: keeping stacks takes some 0.2 ms. */
const rise = 1.05;
const smallestRise = 256 * 1024;
/** The guard answers within some 50 ms; the first time longer, by some 2 ms for each MiB in the heap. */
const armLimit = 5000;

interface Mark {
  readonly time: number;
  readonly heap: number;
  readonly offHeap: number;
  readonly offHeapStacks: readonly OffHeapStack[];
}

/** Prepares to watch; waits until the guard has set its breaks. */
export async function watchPeakStacks(
  addonPath: string | undefined,
  places: CodePlaces,
  {
    course = false,
    allocations = false,
    leaks = false,
  }: { readonly course?: boolean; readonly allocations?: boolean; readonly leaks?: boolean } = {},
): Promise<PeakStacks> {
  const notes: string[] = [];
  const channel = new BroadcastChannel(allocationChannel);
  channel.unref();
  const refused = await arm(channel);
  if (refused !== undefined) notes.push(`Stacks of ArrayBuffers are guessed: ${refused}.`);
  const hidden = new Map<string, boolean>();
  const isHidden = (script: string) => {
    let known = hidden.get(script);
    if (known === undefined) {
      known = script.startsWith("node:") || places.isOwn(script);
      hidden.set(script, known);
    }
    return known;
  };
  const stacks = new StackTable(isHidden);
  // V8 has one sampler: it keeps what is alive, or all that was allocated.
  let heap: HeapSampling | undefined;
  let all: AllocationSampling | undefined;
  let offHeap: OffHeap | undefined;
  let heapBase = 0;
  let mark: Mark | undefined;
  let high = smallestRise;
  const budget = new BreakBudget();
  let snapshots: HolderSnapshots | undefined;
  let tellAllocation: (() => void) | undefined;

  const snapshotOf = (
    { time, heap: heapGrown, offHeap: offHeapGrown, offHeapStacks }: Mark,
    heapStacks: readonly HeapStack[],
  ): Snapshot => ({
    time,
    heapGrown: Math.max(0, heapGrown),
    offHeapGrown: Math.max(0, offHeapGrown),
    stacks: [
      ...heapStacks.flatMap(({ sites, bytes }) =>
        sites.some(({ script }) => isProbe(script)) ? [] : [{ sites, heap: bytes, offHeap: 0, uncertain: 0 }],
      ),
      ...offHeapStacks.map(({ stack, bytes, uncertain }) => ({
        sites: stacks.sitesOf(stack),
        heap: 0,
        offHeap: bytes,
        uncertain,
      })),
    ],
  });
  const markNow = (): Mark => ({
    time: readTime(),
    heap: getHeapStatistics().used_heap_size - heapBase,
    offHeap: offHeap?.grown() ?? 0,
    offHeapStacks: offHeap?.holders() ?? [],
  });
  const takeSnapshot = () => snapshotOf(markNow(), heap?.read() ?? []);
  const keepIfHigher = () => {
    if (offHeap === undefined || heap === undefined) return;
    const now = { heap: getHeapStatistics().used_heap_size - heapBase, offHeap: offHeap.grown() };
    const sum = now.heap + now.offHeap;
    if (sum < high * rise && mark !== undefined) return;
    if (sum < high) return;
    high = sum;
    heap.snap();
    mark = { time: readTime(), ...now, offHeapStacks: offHeap.holders() };
    snapshots?.look(takeSnapshot);
  };
  const mayTake = watchPool();
  const onAllocation = (name: string, first: unknown): false => {
    const now = performance.now();
    if (offHeap === undefined || budget.isLate(now)) return false;
    if (mayTake(name, first)) {
      const bytes = allocators[name]?.(first);
      announce(name, bytes);
      offHeap.allocated(bytes);
      const settled = performance.now();
      keepIfHigher();
      tellAllocation?.();
      budget.took(settled - now, performance.now() - settled);
    } else budget.passed();
    if (budget.isUsedUp(now)) {
      offHeap.rest();
      command(channel, "rest");
    }
    return false;
  };
  neverOptimize(isHidden, keepIfHigher, onAllocation, mayTake);
  const holdersOf = (at: Mark, heapStacks: readonly HeapStack[]): PeakHolders => {
    const table = new FrameTable(places);
    for (const { sites, bytes } of heapStacks)
      if (!sites.some(({ script }) => isProbe(script))) table.add(sites, bytes, 0, 0);
    for (const { stack, bytes, uncertain } of at.offHeapStacks) table.add(stacks.sitesOf(stack), 0, bytes, uncertain);
    return {
      time: at.time,
      heapGrown: Math.max(0, at.heap),
      offHeapGrown: Math.max(0, at.offHeap),
      ...table.finish(),
      notes: [...notes, ...(heap?.notes ?? [])],
    };
  };
  return {
    begin: (tell) => {
      tellAllocation = tell;
      // Before the memory off the heap is looked at: an add-on that is loaded takes some.
      if (allocations) all = sampleAllocations(addonPath);
      else heap = sampleHeapStacks(addonPath, samplingIntervals[leaks ? "leaks" : "peak"]);
      offHeap = watchOffHeap(stacks);
      heapBase = getHeapStatistics().used_heap_size;
      budget.begin(performance.now());
      if (course) snapshots = new HolderSnapshots(() => performance.now());
      Object.defineProperty(globalThis, Symbol.for(allocationSymbol), { value: onAllocation, configurable: true });
    },
    look: (allocated) => {
      all?.look(allocated);
      offHeap?.settle();
      keepIfHigher();
      snapshots?.look(takeSnapshot);
    },
    end: () => {
      Reflect.deleteProperty(globalThis, Symbol.for(allocationSymbol));
      offHeap?.settle();
      keepIfHigher();
      snapshots?.look(takeSnapshot, true);
      const taken = snapshots?.moments();
      const heapStacks = heap?.kept() ?? [];
      const total = offHeap?.total() ?? 0;
      command(channel, "disarm");
      channel.close();
      const last = mark;
      return {
        total,
        holders: () => {
          const none = { time: readTime(), heap: 0, offHeap: 0, offHeapStacks: [] };
          return holdersOf(last ?? none, last === undefined ? [] : heapStacks);
        },
        ...(taken && {
          // The peak itself is one of the moments.
          course: () => courseOf([...taken, ...(last === undefined ? [] : [snapshotOf(last, heapStacks)])], places),
        }),
      };
    },
    survivors: () => {
      offHeap?.settle();
      const now = markNow();
      heap?.snap();
      return holdersOf(now, heap?.kept() ?? []);
    },
    allocations: () => {
      const table = new FrameTable(places);
      for (const { sites, bytes, alive } of all?.read() ?? [])
        if (!sites.some(({ script }) => isProbe(script))) table.add(sites, bytes, 0, 0, alive);
      for (const { stack, bytes, uncertain } of offHeap?.allocations() ?? [])
        table.add(stacks.sitesOf(stack), 0, bytes, uncertain);
      return { ...table.finish(), notes: [...notes, ...(all?.notes ?? [])] };
    },
    close: () => {
      heap?.end();
      all?.end();
    },
  };
}

const ownUrl = import.meta.url;
const ownFile = fileURLToPath(ownUrl);

/** What the probe allocates itself is not the cell's. */
function isProbe(script: string): boolean {
  return (
    script === ownFile ||
    script === ownUrl ||
    script.includes("@datadog/pprof/") ||
    script.includes("@datadog\\pprof\\")
  );
}

/** So many stacks are told apart in a report; smaller ones lose their innermost functions. */
const keptStacks = 300;

/** The moments with their functions in one table. */
function courseOf(moments: readonly Snapshot[], places: CodePlaces): HolderCourse {
  const table = new FrameTable(places);
  const stacks: (readonly number[])[] = [];
  const known = new Map<string, number>();
  const numberOf = (frames: readonly number[]) => {
    const key = frames.join(" ");
    const number = known.get(key) ?? stacks.length;
    if (number === stacks.length) stacks.push(frames);
    known.set(key, number);
    return number;
  };
  const held = (snapshot: Snapshot) => {
    const sums = new Map<number, [heap: number, offHeap: number, uncertain: number]>();
    for (const { sites, heap, offHeap, uncertain } of snapshot.stacks) {
      const number = numberOf(table.framesOf(sites));
      const sum = sums.get(number) ?? [0, 0, 0];
      sums.set(number, [sum[0] + heap, sum[1] + offHeap, sum[2] + uncertain]);
    }
    const whole = Math.round;
    return [...sums]
      .map(([stack, [heap, offHeap, uncertain]]) => [stack, whole(heap), whole(offHeap), whole(uncertain)] as const)
      .sort((one, other) => other[1] + other[2] - one[1] - one[2]);
  };
  return {
    moments: moments
      .toSorted((one, other) => one.time - other.time)
      .map((each) => ({
        time: each.time,
        heapGrown: each.heapGrown,
        offHeapGrown: each.offHeapGrown,
        held: held(each),
      })),
    stacks,
    frames: table.finish().frames,
  };
}

interface GrowingStack {
  readonly frames: readonly number[];
  heap: number;
  offHeap: number;
  uncertain: number;
  alive?: number;
}

/** Stacks as they travel: each function once, each stack once. */
class FrameTable {
  readonly #places: CodePlaces;
  readonly #frames: HolderFrame[] = [];
  readonly #indices = new Map<string, number>();
  readonly #stacks = new Map<string, GrowingStack>();

  constructor(places: CodePlaces) {
    this.#places = places;
  }

  add(sites: readonly StackSite[], heap: number, offHeap: number, uncertain: number, alive?: number): void {
    const frames = this.framesOf(sites);
    const key = frames.join(" ");
    const so = this.#stacks.get(key);
    if (so === undefined) {
      this.#stacks.set(key, { frames, heap, offHeap, uncertain, ...(alive !== undefined && { alive }) });
      return;
    }
    so.heap += heap;
    so.offHeap += offHeap;
    so.uncertain += uncertain;
    if (so.alive !== undefined && alive !== undefined) so.alive += alive;
  }

  /** The numbers of the user's functions on a stack. */
  framesOf(sites: readonly StackSite[]): number[] {
    return sites.flatMap((site) => this.#indexOf(site));
  }

  finish(): { readonly frames: readonly HolderFrame[]; readonly stacks: readonly AllocationStack[] } {
    const stacks = fewStacks([...this.#stacks.values()], keptStacks, (bytes) => ({ frames: [], ...bytes }));
    return { frames: this.#frames, stacks };
  }

  #indexOf(site: StackSite): readonly number[] {
    const frame = userFrame(site, this.#places);
    if (frame === undefined) return [];
    const key = `${frame.file} ${frame.line} ${frame.name}`;
    const known = this.#indices.get(key);
    if (known !== undefined) return [known];
    this.#frames.push(frame);
    this.#indices.set(key, this.#frames.length - 1);
    return [this.#frames.length - 1];
  }
}

/** Asks the guard to set its breaks; returns why there are none. */
async function arm(channel: BroadcastChannel): Promise<string | undefined> {
  const message: AllocationCommand = { breaks: "arm" };
  const answer = await askGuard<AllocationAnswer>(channel, message, armLimit);
  if (answer === undefined) return "the probe's thread did not answer";
  return answer.armed ? undefined : (answer.reason ?? "the breaks could not be set");
}

function command(channel: BroadcastChannel, breaks: AllocationCommand["breaks"]): void {
  const message: AllocationCommand = { breaks };
  channel.postMessage(message);
}

function readTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
