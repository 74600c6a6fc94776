// Where the CPU time goes, by V8's sampling CPU profiler, in the places of what the user wrote.
import { type Profiler, Session } from "node:inspector";
import type { CpuNode, CpuProfile } from "../../cpu-profile.js";
import type { HolderFrame } from "../../peak-holders.js";
import { type Finder, userFrame } from "./user-frame.js";

/** A profiler at work. */
export interface CpuSampling {
  /** Stops it; what it has seen is put into the places of the user's code when it is asked for. */
  readonly end: () => () => CpuProfile;
  /** Lets go of the session. */
  readonly close: () => void;
}

/** Microseconds between samples. */
const samplingInterval = 1000;
/** Longer cells have fewer samples for each second: every one of them travels. */
const keptSamples = 60_000;

/** Starts to sample; the profiler runs in a thread of V8's own, also while the cell blocks. */
export function sampleCpu(places: Finder): CpuSampling {
  const session = new Session();
  session.connect();
  // On its own thread a session answers before `post` returns.
  session.post("Profiler.enable");
  session.post("Profiler.setSamplingInterval", { interval: samplingInterval });
  session.post("Profiler.start");
  return {
    end: () => {
      let profile: Profiler.Profile | undefined;
      let reason = "it gave no profile";
      session.post("Profiler.stop", (error, answer) => {
        if (error === null) profile = answer.profile;
        else reason = error.message;
      });
      return () => {
        if (profile === undefined) throw new Error(`the CPU profiler was stopped by somebody else: ${reason}`);
        return foldCpuProfile(profile, places);
      };
    },
    close: () => session.disconnect(),
  };
}

interface Growing {
  readonly frame: HolderFrame;
  readonly children: Map<string, number>;
  readonly lines: Map<number, number>;
  hits: number;
}

/** Puts what V8 saw into the user's code; what the kernel itself runs is its caller's, or `(program)`. Pure but for `places`. */
export function foldCpuProfile(
  { nodes: seen, samples = [], timeDeltas = [] }: Profiler.Profile,
  places: Finder,
): CpuProfile {
  const byId = new Map(seen.map((node) => [node.id, node]));
  const nodes: Growing[] = [];
  const numbers = new Map<number, number>();
  const childOf = (parent: number | undefined, frame: HolderFrame): number => {
    const key = `${frame.file} ${frame.line} ${frame.name}`;
    const siblings = parent === undefined ? undefined : nodes[parent]?.children;
    const known = siblings?.get(key);
    if (known !== undefined) return known;
    nodes.push({ frame, children: new Map(), lines: new Map(), hits: 0 });
    siblings?.set(key, nodes.length - 1);
    return nodes.length - 1;
  };
  const root = childOf(undefined, { name: "(root)", file: "", line: 0 });
  const program = () => childOf(root, { name: "(program)", file: "", line: 0 });

  const visit = (node: Profiler.ProfileNode, parent: number, belowOwn: boolean, hasUser: boolean) => {
    const { functionName: name, url: script, lineNumber, columnNumber } = node.callFrame;
    // The inspector counts from 0.
    const site = { name, script, line: lineNumber + 1, column: columnNumber + 1 };
    const user = userFrame(site, places);
    const isOwn = user === undefined && script !== "" && !script.startsWith("node:");
    const isKernel = user === undefined && (isOwn || belowOwn);
    // What Node does before it comes to the user's code is no caller of it that anybody wrote.
    const number =
      user !== undefined
        ? childOf(hasUser ? parent : root, user)
        : isKernel || node === seen[0]
          ? parent
          : childOf(parent, { name, file: script, line: script === "" ? 0 : site.line });
    const counted = isKernel && !hasUser ? program() : number;
    numbers.set(node.id, counted);
    const growing = nodes[counted];
    if (growing !== undefined) {
      growing.hits += node.hitCount ?? 0;
      if (user !== undefined) addLines(growing.lines, node.positionTicks ?? [], script, places);
    }
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child !== undefined) visit(child, number, isKernel, hasUser || user !== undefined);
    }
  };
  const [first] = seen;
  if (first !== undefined) visit(first, root, false, false);
  return {
    nodes: nodes.map(
      ({ frame, children, lines, hits }): CpuNode => ({
        frame,
        hits,
        children: [...children.values()],
        lines: [...lines].sort(([one], [other]) => one - other),
      }),
    ),
    ...thin(
      samples.map((id) => numbers.get(id) ?? root),
      timeDeltas,
    ),
  };
}

function addLines(
  lines: Map<number, number>,
  positions: readonly Profiler.PositionTickInfo[],
  script: string,
  { locate }: Finder,
): void {
  for (const { line, ticks } of positions) {
    // V8 tells no column: what a line ends with has its place in the user's code for certain.
    const place = locate(script, line, Number.MAX_SAFE_INTEGER);
    if (place !== undefined) lines.set(place.line, (lines.get(place.line) ?? 0) + ticks);
  }
}

/** Keeps every second, third … sample, each of which then stands for the time of all that were left out after it. */
function thin(samples: readonly number[], deltas: readonly number[]): Pick<CpuProfile, "samples" | "intervals"> {
  // V8 tells the time since the sample before: what a sample stands for lasts until the next one.
  const lasting = deltas.slice(1).map((delta) => Math.max(0, delta));
  const step = Math.ceil(samples.length / keptSamples);
  const kept: number[] = [];
  const intervals: number[] = [];
  for (const [at, sample] of samples.entries()) {
    if (at % step === 0) {
      kept.push(sample);
      intervals.push(lasting[at] ?? 0);
    } else intervals[intervals.length - 1] = (intervals.at(-1) ?? 0) + (lasting[at] ?? 0);
  }
  return { samples: kept, intervals };
}
