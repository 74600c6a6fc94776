// Who held the memory at the peak or allocated it, and where the CPU time went, for pprof and what reads its format: Go's pprof, Grafana,
// Perfetto, speedscope. Pure.
import { Line, Location, Function as PprofFunction, Profile, Sample, StringTable, ValueType } from "pprof-format";
import { type CpuProfile, idleName, timesOf } from "../profiler/cpu-profile.js";
import type { HolderFrame, HolderStacks } from "../profiler/peak-holders.js";
import { nameOfCall } from "./cpu-profile-file.js";
import { nameOfFrame } from "./memory-profile-holders.js";
import { heldWords, type StackWords } from "./stack-words.js";

/** What a pprof file is made of. */
export interface PprofInput {
  readonly holders: HolderStacks;
  /** What the bytes of the stacks are; without it, those held at the peak. */
  readonly words?: StackWords;
  /** Adds the time; without it there are bytes alone. */
  readonly cpuProfile?: CpuProfile;
  /** When the file was made, and how long the cell took; milliseconds. */
  readonly created: number;
  readonly duration: number;
}

/** The first is what pprof shows when it is not asked for another one. */
const memoryTypes = {
  held: [
    ["inuse_space", "bytes"],
    ["inuse_heap", "bytes"],
    ["inuse_off_heap", "bytes"],
  ],
  allocated: [
    ["alloc_space", "bytes"],
    ["alloc_heap", "bytes"],
    ["alloc_off_heap", "bytes"],
  ],
} as const;
const cpuTypes = [
  ["samples", "count"],
  ["cpu", "nanoseconds"],
] as const;
const samplingPeriod = 1_000_000;

/** Encodes a file of pprof, not yet compressed. */
export function encodePprof({ holders, words = heldWords, cpuProfile, created, duration }: PprofInput): Uint8Array {
  const strings = new StringTable();
  const ofMemory = memoryTypes[words.did];
  const types = [...ofMemory, ...(cpuProfile === undefined ? [] : cpuTypes)];
  const places = new Places(strings);
  const samples: Sample[] = [];
  const nothing = types.map(() => 0);
  for (const { frames, heap, offHeap } of holders.stacks) {
    const [onHeap, offIt] = [Math.round(heap), Math.round(offHeap)];
    if (onHeap + offIt === 0) continue;
    const stack = frames.map((index) => holders.frames[index]);
    const value = [onHeap + offIt, onHeap, offIt, ...nothing.slice(ofMemory.length)];
    samples.push(new Sample({ locationId: places.of(stack.length === 0 ? [undefined] : stack), value }));
  }
  for (const { stack, hits, nanoseconds } of cpuProfile === undefined ? [] : cpuStacks(cpuProfile))
    samples.push(new Sample({ locationId: places.of(stack), value: [0, 0, 0, hits, nanoseconds] }));
  const typeOf = ([type, unit]: readonly [string, string]) =>
    new ValueType({ type: strings.dedup(type), unit: strings.dedup(unit) });
  return new Profile({
    sampleType: types.map(typeOf),
    sample: samples,
    location: places.locations,
    function: places.functions,
    timeNanos: BigInt(Math.round(created)) * 1_000_000n,
    durationNanos: Math.round(duration * 1e6),
    ...(cpuProfile && { periodType: typeOf(["cpu", "nanoseconds"]), period: samplingPeriod }),
    defaultSampleType: strings.dedup(ofMemory[0][0]),
    stringTable: strings,
  }).encode();
}

/** The stacks that ran, the outermost function first; what was idle took no CPU. */
function* cpuStacks(
  profile: CpuProfile,
): Generator<{ readonly stack: readonly HolderFrame[]; readonly hits: number; readonly nanoseconds: number }> {
  const times = timesOf(profile);
  const pending: { readonly node: number; readonly above: readonly HolderFrame[] }[] = [{ node: 0, above: [] }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node: index, above } = next;
    const node = profile.nodes[index];
    if (node === undefined || (node.frame.file === "" && node.frame.name === idleName)) continue;
    const stack = index === 0 ? above : [...above, node.frame];
    const microseconds = times[index] ?? 0;
    if (microseconds > 0 && stack.length > 0)
      yield { stack, hits: node.hits, nanoseconds: Math.round(microseconds * 1000) };
    for (const child of node.children) pending.push({ node: child, above: stack });
  }
}

/** Functions and their places, each once; pprof counts them from 1. */
class Places {
  readonly functions: PprofFunction[] = [];
  readonly locations: Location[] = [];
  readonly #strings: StringTable;
  readonly #known = new Map<string, number>();

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  /** The innermost first, as pprof has its stacks. */
  of(stack: readonly (HolderFrame | undefined)[]): number[] {
    return stack.map((frame) => this.#idOf(frame)).reverse();
  }

  #idOf(frame: HolderFrame | undefined): number {
    const name = frame === undefined ? nameOfFrame(frame) : nameOfCall(frame);
    const [file, line] = [frame?.file ?? "", frame?.line ?? 0];
    const key = `${name} ${file} ${line}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const id = this.functions.length + 1;
    const text = this.#strings.dedup(name);
    this.functions.push(
      new PprofFunction({ id, name: text, systemName: text, filename: this.#strings.dedup(file), startLine: line }),
    );
    this.locations.push(new Location({ id, line: [new Line({ functionId: id, line })] }));
    this.#known.set(key, id);
    return id;
  }
}
