// What the native part of the memory is, as the mappings of the process tell.
import type { MemoryMoment, MemoryProfile } from "../profiler/memory-profile.js";
import { anonymousName, type NativeGrowth } from "../profiler/native-memory.js";
import { formatMebibytes } from "./memory-profile-words.js";

/** The titles of the table. */
export const nativeColumns = ["mapped for", "before", "after GC", "change"] as const;

/** A row for each kind of mapping; what belongs to no file is told apart by what V8 says of its own. */
export function nativeRows({ native, baseline, kept }: MemoryProfile): readonly (readonly string[])[] {
  if (native === undefined || "missing" in native) return [];
  return native.value.flatMap((group) => splitAnonymous(group, baseline, kept)).map(rowOf);
}

/** Why there is no table, and what it does not tell. */
export function nativeNotes({ native }: MemoryProfile): readonly string[] {
  if (native === undefined) return [];
  if ("missing" in native) return [`What native memory is mapped for could not be read: ${native.missing}.`];
  return ["Mapped for: /proc/PID/smaps of the executor, with what V8 says of its heap and of what is outside of it."];
}

function splitAnonymous(group: NativeGrowth, baseline: MemoryMoment, kept: MemoryMoment | undefined) {
  if (group.name !== anonymousName) return [group];
  const ofV8 = (moment: MemoryMoment | undefined) =>
    [moment?.heap, moment?.workers].reduce(
      (sum, heap) => sum + (heap === undefined ? 0 : heap.heapTotal + heap.external),
      0,
    );
  const v8 = { name: "V8's heap and buffers", before: ofV8(baseline), after: ofV8(kept) };
  const rest = {
    name: "malloc's blocks, thread stacks",
    before: Math.max(0, group.before - v8.before),
    after: Math.max(0, group.after - v8.after),
  };
  return [v8, rest];
}

function rowOf({ name, before, after }: NativeGrowth): readonly string[] {
  return [name, formatMebibytes(before), formatMebibytes(after), formatMebibytes(after - before)];
}
