// What to do about it: at most three sentences, each of which the figures alone make certain.
import { allocatorsOf } from "../profiler/allocations.js";
import type { MemoryProfile } from "../profiler/memory-profile.js";
import type { HeapState } from "../profiler/memory-reading.js";
import { functionsOf, type HolderFrame } from "../profiler/peak-holders.js";
import { formatBytesShort, formatCount, formatDuration, formatPercent } from "./format.js";
import { goneShare, shownAllocations } from "./memory-profile-allocations.js";
import { isUncertain, nameOfFrame, placeOfFrame, shownHolders } from "./memory-profile-holders.js";
import { ownOf } from "./memory-profile-layers.js";

const mebibyte = 1024 * 1024;
const mostSentences = 3;

/** The sentences, the most pressing first. */
export function adviceOf(profile: MemoryProfile): readonly string[] {
  return [
    ...danger(profile),
    ...lostTime(profile),
    ...temporary(profile),
    ...garbage(profile),
    ...emptyPages(profile),
    ...churn(profile),
  ].slice(0, mostSentences);
}

function danger({ peak, allowance }: MemoryProfile): readonly string[] {
  if (allowance === undefined || peak.rss < allowance.value * 0.85) return [];
  const left = Math.max(0, allowance.value - peak.rss);
  return [
    `Only ${formatBytesShort(left)} were left at the peak: with ${formatPercent(left / peak.rss)} more data the system may end this process.`,
  ];
}

function lostTime({ time, duration }: MemoryProfile): readonly string[] {
  if (time === undefined || duration < 100) return [];
  const { throttled = 0, memoryStalled = 0, queued = 0 } = time;
  if (throttled > duration / 5)
    return [
      `The control group was kept from running for ${formatDuration(throttled)} because its CPU quota was used up: more CPU would help, other code would not.`,
    ];
  if (memoryStalled > duration / 5)
    return [
      `Something in the control group stood still for ${formatDuration(memoryStalled)} for want of memory: a lower peak, or more memory, would make this faster.`,
    ];
  if (queued > duration / 3)
    return [
      `The cell was ready to run and had no CPU for ${formatPercent(queued / duration)} of its time: others on this machine are busy, and its times say little.`,
    ];
  return [];
}

/** The peak came from what was gone afterwards: that much, and no more, can be saved by working in parts. */
function temporary(profile: MemoryProfile): readonly string[] {
  const { increment, kept, baseline, peak } = profile;
  if (kept === undefined || increment < 32 * mebibyte) return [];
  const stays = Math.max(0, kept.rss - baseline.rss);
  const gone = increment - stays;
  if (gone < increment / 2) return [];
  const who = mainHolder(profile);
  return [
    `${formatPercent(gone / increment)} of the increment was temporary${who === undefined ? "" : `; ${who}`}. Working in smaller parts can bring the peak of ${formatBytesShort(peak.rss)} down to ${formatBytesShort(baseline.rss + stays)} at best.`,
  ];
}

/** Said only when one function certainly held more than half of what grew. */
function mainHolder(profile: MemoryProfile): string | undefined {
  const holders = shownHolders(profile);
  if (holders === undefined) return undefined;
  const grown = holders.heapGrown + holders.offHeapGrown;
  const [first] = functionsOf(holders);
  // Other memory than what stacks are known of may have made the peak.
  if (first?.frame === undefined || grown < profile.increment * 0.7) return undefined;
  const bytes = first.heap + first.offHeap;
  if (bytes < grown / 2 || isUncertain(first.offHeap, first.uncertain)) return undefined;
  return `${namedPlace(first.frame)} allocated ${formatPercent(Math.min(1, bytes / grown))} of what was held then`;
}

/** `parse (In[1]:3)`, or `In[2]` alone. */
function namedPlace(frame: HolderFrame): string {
  const place = placeOfFrame(frame);
  const name = nameOfFrame(frame);
  return name === place ? name : `${name} (${place})`;
}

/** One function made more than half of all that was allocated, and nearly nothing of it was for long. */
function garbage(profile: MemoryProfile): readonly string[] {
  const allocations = shownAllocations(profile);
  if (allocations === undefined) return [];
  const [first] = allocatorsOf(allocations);
  if (first?.frame === undefined || isUncertain(first.offHeap, first.uncertain)) return [];
  const bytes = first.heap + first.offHeap;
  if (bytes < 32 * mebibyte || bytes < (allocations.heap + allocations.offHeap) / 2 || first.gone.certain < bytes * 0.9)
    return [];
  const { minor, major } = profile.collections ?? {};
  const count = (minor?.count ?? 0) + (major?.count ?? 0);
  const pause = (minor?.pause ?? 0) + (major?.pause ?? 0);
  const collected =
    count < 2 || first.heap < allocations.heap / 2
      ? ""
      : `: fewer temporary objects there would spare V8 most of its ${formatCount(count)} collections (${formatDuration(pause)})`;
  const share = goneShare(first, allocations).replace("≥ ", "At least ");
  return [
    `${share} of the ${formatBytesShort(bytes)} that ${namedPlace(first.frame)} allocated was gone after the cell${collected}.`,
  ];
}

/** RSS stayed up although the objects are gone. */
function emptyPages({ kept, baseline }: MemoryProfile): readonly string[] {
  if (kept?.heap === undefined || baseline.heap === undefined) return [];
  const grown = ownOf(kept) - ownOf(baseline);
  const used = (state: HeapState | undefined) => (state === undefined ? 0 : state.heapUsed + state.external);
  const held = used(kept.heap) + used(kept.workers) - used(baseline.heap) - used(baseline.workers);
  const empty = grown - Math.max(0, held);
  if (grown < 16 * mebibyte || empty < grown / 2) return [];
  return [
    `${formatBytesShort(empty)} of what was kept is held by no object: V8 and the allocator keep these pages, and the next cells fill them again.`,
  ];
}

function churn({ pauses, duration, allocated, time }: MemoryProfile): readonly string[] {
  const collecting = pauses.reduce((sum, { pause }) => sum + pause, 0);
  // A thread that waited for a CPU in the middle of a pause made the pause look longer.
  if (duration < 200 || collecting < duration / 4 || (time?.queued ?? 0) > duration / 10) return [];
  const made = allocated === undefined ? "" : `, for ${formatBytesShort(allocated.heap)} allocated on the heap`;
  return [
    `Collections took ${formatPercent(collecting / duration)} of the time${made}: fewer objects that live shortly would make this faster.`,
  ];
}
