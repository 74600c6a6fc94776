// The figures of a run that can be held against those of another one, days later.
import type { KeptHolders } from "./holder-difference.js";
import type { MemoryProfile } from "./memory-profile.js";
import { functionsOf } from "./peak-holders.js";

/** One figure by name; what was not measured is not there. */
export type MemoryFigures = Readonly<Partial<Record<FigureName, number>>>;

/** Bytes, but for `duration`, `cpu` and `pauses` (milliseconds) and `collections` (how many). */
type FigureName =
  | "peak"
  | "increment"
  | "kept"
  | "heapPeak"
  | "allocatedHeap"
  | "allocatedOffHeap"
  | "duration"
  | "cpu"
  | "collections"
  | "pauses";

/** A function with the bytes that it held at the peak. Lines are left out: they move when code is changed. */
export interface HeldBy {
  /** Empty for what no function of the user's did. */
  readonly name: string;
  readonly bytes: number;
}

/** A run, as a baseline keeps it. */
export interface MemoryBaseline {
  readonly kind: "cellscope-memory-baseline";
  readonly version: 1;
  /** When it was measured, as ISO 8601. */
  readonly created: string;
  /** `v24.1.0`: another Node may take more or less for the same. */
  readonly node: string;
  readonly figures: MemoryFigures;
  /** The largest first; absent when no stacks were kept. */
  readonly heldBy?: readonly HeldBy[];
  /** The same by stack; baselines of the first version have none. */
  readonly holders?: KeptHolders;
}

/** Takes the figures out of a profile; pure. */
export function figuresOf(profile: MemoryProfile): MemoryFigures {
  const { peak, increment, kept, baseline, heapPeak, allocated, duration, cpu, collections } = profile;
  const { minor, major } = collections ?? {};
  return {
    peak: peak.rss,
    increment,
    ...(kept && { kept: kept.rss - baseline.rss }),
    ...(heapPeak !== undefined && { heapPeak }),
    ...(allocated && { allocatedHeap: allocated.heap }),
    ...(allocated?.offHeap !== undefined && { allocatedOffHeap: allocated.offHeap }),
    duration,
    ...(cpu !== undefined && { cpu }),
    ...(collections && {
      collections: (minor?.count ?? 0) + (major?.count ?? 0),
      pauses: Object.values(collections).reduce((sum, { pause }) => sum + pause, 0),
    }),
  };
}

/** Sums up what was held at the peak by the names of functions; a cell's own code is "the cell". Pure. */
export function heldByOf({ holders }: MemoryProfile): readonly HeldBy[] | undefined {
  if (holders === undefined || "missing" in holders) return undefined;
  const sums = new Map<string, number>();
  for (const { frame, heap, offHeap } of functionsOf(holders.value)) {
    const name = frame?.name || (frame === undefined ? "" : frame.line === 0 ? "the cell" : "(anonymous)");
    sums.set(name, (sums.get(name) ?? 0) + heap + offHeap);
  }
  return [...sums].map(([name, bytes]) => ({ name, bytes })).sort((one, other) => other.bytes - one.bytes);
}

/** The stacks of a profile, without what only its own report needs. Pure. */
export function keptHoldersOf({ holders }: MemoryProfile): KeptHolders | undefined {
  if (holders === undefined || "missing" in holders) return undefined;
  const { frames, stacks } = holders.value;
  const whole = (bytes: number) => Math.round(bytes);
  return {
    frames,
    stacks: stacks.map(({ frames: indices, heap, offHeap, uncertain }) => ({
      frames: indices,
      heap: whole(heap),
      offHeap: whole(offHeap),
      uncertain: whole(uncertain),
    })),
  };
}

/** Reads a baseline; throws a sentence that says why it is none. Pure. */
export function parseBaseline(text: string): MemoryBaseline {
  const data: unknown = JSON.parse(text);
  const { kind, version, figures, holders } = Object(data) as Readonly<Record<string, unknown>>;
  if (kind !== "cellscope-memory-baseline") throw new Error("it is no baseline of %memprofile");
  if (version !== 1) throw new Error(`it has version ${JSON.stringify(version)}, and this Cellscope reads version 1`);
  const values = Object.values(Object(figures) as Readonly<Record<string, unknown>>);
  if (values.length === 0 || !values.every(Number.isFinite)) throw new Error("its figures are not numbers");
  if (holders !== undefined && !areHolders(holders)) throw new Error("its stacks are not stacks");
  return data as MemoryBaseline;
}

function areHolders(holders: unknown): holders is KeptHolders {
  const { frames, stacks } = Object(holders) as Readonly<Record<string, unknown>>;
  if (!Array.isArray(frames) || !Array.isArray(stacks)) return false;
  const isFrame = (frame: unknown) => {
    const { name, file, line } = Object(frame) as Readonly<Record<string, unknown>>;
    return typeof name === "string" && typeof file === "string" && Number.isInteger(line);
  };
  const isStack = (stack: unknown) => {
    const { frames: indices, heap, offHeap } = Object(stack) as Readonly<Record<string, unknown>>;
    return (
      Array.isArray(indices) && indices.every(Number.isInteger) && Number.isFinite(heap) && Number.isFinite(offHeap)
    );
  };
  return frames.every(isFrame) && stacks.every(isStack);
}
