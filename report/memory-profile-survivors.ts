// What stayed, in words: who allocated it, of what constructors it is, and which variables hold it.
import type { Measured } from "../profiler/measured.js";
import type { MemoryProfile } from "../profiler/memory-profile.js";
import type { Survivors } from "../profiler/survivors/survivors.js";
import { formatCount } from "./format.js";
import { holderColumns, holderRows } from "./memory-profile-holders.js";
import { formatMebibytes } from "./memory-profile-words.js";

/** A table of the report, with its sentence above it. */
export interface SurvivorTable {
  readonly title: string;
  readonly columns: readonly string[];
  /** How many of the first columns are words, and not figures. */
  readonly words: number;
  readonly rows: readonly (readonly string[])[];
}

/** Fewer bytes than this are not worth a line. */
const smallest = 16 * 1024;
/** So much that no variable holds is what any code leaves behind: compiled functions, and what measuring needs itself. */
const anyCode = 256 * 1024;
const shownRows = 8;

/** The tables that `--leaks` adds; none when nobody asked for them. */
export function survivorTables({ survivors, alive }: MemoryProfile): readonly SurvivorTable[] {
  if (alive === undefined || ("value" in alive && isNothing(alive.value))) return [];
  return [...byFunction(survivors), ...("value" in alive ? byKind(alive.value) : [])];
}

/** Why there are no tables, or that nothing stayed. */
export function survivorNotes({ survivors, alive }: MemoryProfile): readonly string[] {
  const missing = (what: string, reading: Measured<unknown> | undefined) =>
    reading !== undefined && "missing" in reading ? [`${what}: ${reading.missing}.`] : [];
  return [
    ...missing("Not known which function allocated what stayed", survivors),
    ...missing("Not known what holds what stayed", alive),
  ];
}

/** One sentence about all that stayed; `undefined` when nobody asked. */
export function survivorsTitle({ alive }: MemoryProfile): string | undefined {
  if (alive === undefined || "missing" in alive) return undefined;
  const { count, bytes, holders } = alive.value;
  if (isNothing(alive.value)) return "Alive after the cell: nothing to speak of.";
  const [first] = holders;
  const who = first === undefined || first.bytes < bytes / 2 ? "" : `, most of it by ${holderName(first.variable)}`;
  return `Alive after the cell: ${formatMebibytes(bytes)} MiB in ${formatCount(count)} objects${who}.`;
}

function isNothing({ bytes, holders }: Survivors): boolean {
  return bytes < anyCode && !holders.some((holder) => holder.variable !== undefined && holder.bytes >= smallest);
}

function byFunction(survivors: MemoryProfile["survivors"]): readonly SurvivorTable[] {
  if (survivors === undefined || "missing" in survivors) return [];
  const rows = holderRows(survivors.value).map(([name = "", where = "", caller = "", ...figures]) => [
    name,
    where,
    caller,
    ...figures,
  ]);
  const columns = holderColumns.map((title, index) => (index === 0 ? "allocated by" : title));
  return rows.length === 0 ? [] : [{ title: "By the function that allocated it:", columns, words: 3, rows }];
}

function byKind({ groups, holders }: Survivors): readonly SurvivorTable[] {
  const large = <T extends { readonly bytes: number }>(list: readonly T[]) =>
    list.filter(({ bytes }) => bytes >= smallest).slice(0, shownRows);
  const kinds = large(groups).map(({ name, count, bytes, path }) => [
    name,
    path,
    formatCount(count),
    formatMebibytes(bytes),
  ]);
  const variables = large(holders).map(({ variable, count, bytes }) => [
    holderName(variable),
    formatCount(count),
    formatMebibytes(bytes),
  ]);
  return [
    ...(variables.length === 0
      ? []
      : [{ title: "By what holds it:", columns: ["held by", "objects", "MiB"], words: 1, rows: variables }]),
    ...(kinds.length === 0
      ? []
      : [
          {
            title: "By constructor:",
            columns: ["constructor", "the largest is", "objects", "MiB"],
            words: 2,
            rows: kinds,
          },
        ]),
  ];
}

function holderName(variable: string | undefined): string {
  return variable === undefined ? "no variable" : variable;
}
