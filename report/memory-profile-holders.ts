// Who held the memory at the peak, in words: the names of functions, where they are, and the table of them.
import type { MemoryProfile } from "../profiler/memory-profile.js";
import { functionsOf, type HolderFrame, type HolderFunction, type PeakHolders } from "../profiler/peak-holders.js";
import { formatDuration } from "./format.js";
import { formatMebibytes } from "./memory-profile-words.js";

const mebibyte = 1024 * 1024;
/** What held less than this is not worth a line. */
export const smallestHolder = mebibyte / 4;
const shownFunctions = 8;

/** The stacks of a profile when there is something to say about them. */
export function shownHolders({ holders }: MemoryProfile): PeakHolders | undefined {
  if (holders === undefined || "missing" in holders) return undefined;
  const { heapGrown, offHeapGrown } = holders.value;
  return heapGrown + offHeapGrown >= smallestHolder ? holders.value : undefined;
}

/** `parse`, `(anonymous)`, `In[7]` for the cell's own code, and a word for what no function of the user's did. */
export function nameOfFrame(frame: HolderFrame | undefined): string {
  if (frame === undefined) return "(Node and V8)";
  if (frame.name !== "") return frame.name;
  return frame.line === 0 ? placeOfFrame(frame) : "(anonymous)";
}

/** `In[7]:4`, `apache-arrow/util/buffer.js:58`, `load.ts:12`. */
export function placeOfFrame(frame: HolderFrame | undefined): string {
  if (frame === undefined) return "";
  const { file, line } = frame;
  const path = file.replaceAll("\\", "/");
  const inPackage = path.lastIndexOf("/node_modules/");
  const shown =
    inPackage >= 0 ? path.slice(inPackage + "/node_modules/".length) : path.slice(path.lastIndexOf("/") + 1);
  return line === 0 ? shown : `${shown}:${line}`;
}

/** One line about the moment of which the table speaks. */
export function holdersTitle(holders: PeakHolders): string {
  return `Held when heap and buffers were highest, ${momentOf(holders)}`;
}

/** The same about another moment; `which` says of all moments which one it is. */
export function holdersTitleAt(holders: PeakHolders, which: string): string {
  return `Held ${momentOf(holders).replace(": ", `, ${which}: `)}`;
}

function momentOf({ time, heapGrown, offHeapGrown }: PeakHolders): string {
  const sum = formatMebibytes(heapGrown + offHeapGrown);
  return `at ~${formatDuration(Math.max(0, time))}: ${sum} MiB more than before.`;
}

/** The titles of the table of functions. */
export const holderColumns = ["held by", "where", "called by", "MiB", "heap", "off heap"] as const;

/** The functions that held the most, what the others held, and what no sample stands for. */
export function holderRows(holders: PeakHolders): readonly (readonly string[])[] {
  const functions = functionsOf(holders);
  const shown = functions.filter(({ heap, offHeap }) => heap + offHeap >= smallestHolder).slice(0, shownFunctions);
  const rest = functions.slice(shown.length);
  const sum = (of: (each: HolderFunction) => number) => rest.reduce((all, each) => all + of(each), 0);
  const others = { heap: sum(({ heap }) => heap), offHeap: sum(({ offHeap }) => offHeap), uncertain: 0 };
  const unseen = unseenBytes(holders);
  return [
    ...shown.map((each) => [...holderWords(each), ...sizeColumns(each)]),
    ...(others.heap + others.offHeap < smallestHolder
      ? []
      : [[`${rest.length} others`, "", "", ...sizeColumns(others)]]),
    ...(unseen < smallestHolder ? [] : [["not seen by stack", "", "", formatMebibytes(unseen), "", ""]]),
  ];
}

/** What grew and stands on no stack, when it is more than what samples err by. */
export function unseenBytes({ heapGrown, offHeapGrown, stacks }: PeakHolders): number {
  const seen = stacks.reduce((sum, { heap, offHeap }) => sum + heap + offHeap, 0);
  const unseen = heapGrown + offHeapGrown - seen;
  return unseen > (heapGrown + offHeapGrown) / 10 ? unseen : 0;
}

/** The function, where it is, and who called it. */
export function holderWords({ frame, caller }: HolderFunction): readonly string[] {
  return [
    nameOfFrame(frame),
    frame?.line === 0 ? "" : placeOfFrame(frame),
    caller === undefined ? "" : nameOfFrame(caller),
  ];
}

/** All bytes, those in the heap, those off it. */
export function sizeColumns({
  heap,
  offHeap,
  uncertain,
}: Pick<HolderFunction, "heap" | "offHeap" | "uncertain">): readonly string[] {
  const mark = isUncertain(offHeap, uncertain) ? "~" : "";
  return [
    `${mark}${formatMebibytes(heap + offHeap)}`,
    heap < mebibyte / 200 ? "" : formatMebibytes(heap),
    offHeap < mebibyte / 200 ? "" : `${mark}${formatMebibytes(offHeap)}`,
  ];
}

/** More than a twentieth of the bytes may belong to another stack. */
export function isUncertain(offHeap: number, uncertain: number): boolean {
  return uncertain > offHeap / 20;
}
