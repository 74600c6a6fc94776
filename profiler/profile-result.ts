// A measurement as code has it: what `-o NAME` puts into a variable, and what `memprofile()` in a cell gives.
import type { Float64, Table } from "apache-arrow";
import type { KeptSlope } from "./kept-slope.js";
import type { LineProfile } from "./lines/line-profile.js";
import type { MemoryFigures } from "./memory-figures.js";
import type { MemoryProfile } from "./memory-profile.js";
import type { tableColumns } from "./sample-table.js";

/** What a measurement of memory is told by, as plain data. */
export interface MemoryResultData extends MemoryProfile {
  readonly kind: "memory";
  /** `peak memory: 76.31 MiB, increment: 0.50 MiB`. */
  readonly summary: string;
  /** The figures that two runs are compared by: bytes, but for `duration`, `cpu`, `pauses` (milliseconds) and `collections`. */
  readonly figures: MemoryFigures;
  /** What each line cost, where lines were asked for. */
  readonly lines?: LineProfile;
  /** Where the code ran several times: this profile is one of them. */
  readonly runs?: {
    /** `peak.rss` less `baseline.rss` of each run, in bytes. */
    readonly increments: readonly number[];
    /** With `leaks`: what each run adds to what is alive; without a slope when there were too few. */
    readonly leaks?: { readonly slope?: KeptSlope };
  };
}

/** A measurement of lines alone, as plain data. */
export interface LineResultData extends LineProfile {
  readonly kind: "lines";
  /** One sentence about the line that allocated the most. */
  readonly summary: string;
}

/** What was measured, as plain data. */
export type ResultData = MemoryResultData | LineResultData;

/** The samples of a run: a row for each, bytes and milliseconds; `null` for what was not measured. */
export type SampleTable = Table<Record<(typeof tableColumns)[number], Float64>>;

/**
 * What code did to memory: bytes, and milliseconds since it began. As the last expression of a cell it is shown as the
 * report; `JSON.stringify` gives its figures without the samples.
 */
export interface MemoryResult extends MemoryResultData {
  readonly samples: SampleTable;
  /** The summary. */
  readonly toString: () => string;
}

/** What lines cost. As the last expression of a cell it is shown as the table. */
export interface LineResult extends LineResultData {
  /** The summary. */
  readonly toString: () => string;
}

/** How `memprofile()` measures; the options of `%memprofile` by their long names. */
export interface MemprofileOptions {
  /** Milliseconds between samples, 5 to 60000; or as text, `"50ms"`. Default: 10. */
  readonly interval?: number | string;
  /** Counts the memory of child processes too, and tells that of worker threads apart. */
  readonly children?: boolean;
  /** Looks for what the function allocated and is alive after it. */
  readonly leaks?: boolean;
  /** Tells who allocated, freed again or not, in place of who held it at the peak; not with `leaks`. */
  readonly temporaryAllocations?: boolean;
  /** Says what each line of the function cost, which a cell has to define. */
  readonly lines?: boolean;
  /** The same for other functions of cells: themselves, or `"name"` or `"Class.method"`. */
  readonly functions?: readonly (string | ((...given: never[]) => unknown))[];
  /** Calls the function so many times; the profile is that of the highest increment, with `leaks` the last one. Default: 1. */
  readonly repeat?: number;
  /** Stops the function after so many milliseconds, or after `"2s"`. */
  readonly timeout?: number | string;
  /** Fails when the peak is higher: bytes, or `"200MiB"`. */
  readonly maxPeak?: number | string;
  /** Fails when the increment is higher. */
  readonly maxIncrement?: number | string;
  /** Fails when more is kept. */
  readonly maxKept?: number | string;
  /** Fails when it takes longer: milliseconds, or `"2s"`. */
  readonly maxTime?: number | string;
}

/** What `memprofile()` gives: what the function returned, of its last call, and what that cost. */
export interface Memprofiled<T> {
  readonly value: Awaited<T>;
  readonly profile: MemoryResult;
}
