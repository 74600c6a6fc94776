// The runs of one measurement, as `--repeat` asks for them, and what is made of all of them together.
import type { Outcome } from "../kernel/interpreter.js";
import { type KeptSlope, slopeOf } from "../profiler/kept-slope.js";
import type { LineProfile } from "../profiler/lines/line-profile.js";
import type { Measured } from "../profiler/measured.js";
import { figuresOf } from "../profiler/memory-figures.js";
import type { MemoryMeasurement, MemoryProfile } from "../profiler/memory-profile.js";
import type { LineResultData, MemoryResultData } from "../profiler/profile-result.js";
import { lineHeadline } from "../report/line-profile-words.js";
import type { Repeats } from "../report/memory-profile-repeats.js";
import { headlineOf } from "../report/memory-profile-words.js";

/** One run. */
export interface MemoryRun extends MemoryMeasurement<Outcome> {
  readonly lineProfile?: Measured<LineProfile>;
}

/** The run that the report shows: with `leaks` the last one, which has everything warm, otherwise the highest. */
export function shownRun(runs: readonly MemoryRun[], leaks: boolean): MemoryRun | undefined {
  return leaks ? runs.at(-1) : highest(runs);
}

/** The profiles of the runs that could be measured. */
export function profilesOf(runs: readonly MemoryRun[]): readonly MemoryProfile[] {
  return runs.flatMap(({ profile }) => (profile !== undefined && "value" in profile ? [profile.value] : []));
}

/** What several runs say together; `undefined` for a single one. */
export function repeatsOf(runs: readonly MemoryRun[], leaks: boolean): Repeats | undefined {
  if (runs.length === 1) return undefined;
  const increments = profilesOf(runs).map(({ increment }) => increment);
  return { increments, ...(leaks && { leaks: growthOf(runs) }) };
}

/** The run that is shown as data; `undefined` when it could not be measured. */
export function resultOf(runs: readonly MemoryRun[], leaks: boolean): MemoryResultData | undefined {
  const shown = shownRun(runs, leaks);
  if (shown?.profile === undefined || "missing" in shown.profile) return undefined;
  const { value } = shown.profile;
  const { lineProfile } = shown;
  const repeats = repeatsOf(runs, leaks);
  return {
    kind: "memory",
    summary: headlineOf(value),
    figures: figuresOf(value),
    ...value,
    ...(lineProfile !== undefined && "value" in lineProfile && { lines: lineProfile.value }),
    ...(repeats && { runs: repeats }),
  };
}

/** What lines cost, as data. */
export function lineResultOf(profile: LineProfile): LineResultData {
  return { kind: "lines", summary: profile.tables.map(lineHeadline).join(" "), ...profile };
}

function highest(runs: readonly MemoryRun[]): MemoryRun | undefined {
  const incrementOf = ({ profile }: MemoryRun) =>
    profile !== undefined && "value" in profile ? profile.value.increment : Number.NEGATIVE_INFINITY;
  const [first] = runs;
  return first && runs.reduce((most, run) => (incrementOf(run) > incrementOf(most) ? run : most), first);
}

/** A line through what was alive after each run but the first, which warms up. */
function growthOf(runs: readonly MemoryRun[]): { readonly slope?: KeptSlope } {
  const held = runs.slice(1).flatMap(({ profile }) => {
    const heap = profile !== undefined && "value" in profile ? profile.value.kept?.heap : undefined;
    return heap === undefined ? [] : [heap.heapUsed + heap.external];
  });
  const slope = slopeOf(held);
  return slope === undefined ? {} : { slope };
}
