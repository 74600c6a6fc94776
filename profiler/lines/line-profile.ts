import type { Measured } from "../measured.js";
import type { LineReading } from "./line-reading.js";

/** The cost of one line. Bytes and milliseconds; absent figures were not seen. */
export interface LineCost {
  /** From 1, in the cell. */
  readonly line: number;
  /** How often the first statement of the line was begun. */
  readonly hits: number;
  /** Bytes allocated in V8's heap, collected since or not. */
  readonly heap: number;
  /** The same for what V8 counts outside of its heap: typed arrays, Buffers, WebAssembly. */
  readonly external: number;
  /** The share of `heap + external` that no other line can have allocated. */
  readonly certain: number;
  /** Change of RSS while the line ran, by samples. */
  readonly increment: number;
  /** Highest RSS while the line ran, by samples; absent when no sample fell into it. */
  readonly peak?: number;
  readonly cpu: number;
}

/** The lines of one cell, or of one function. */
export interface LineTable {
  /** `In[7]`, or `load in In[3]`. */
  readonly title: string;
  readonly firstLine: number;
  /** As the user wrote them. */
  readonly source: readonly string[];
  /** Lines that have a cost, in their order. */
  readonly lines: readonly LineCost[];
}

/** What a cell cost by line. */
export interface LineProfile {
  readonly tables: readonly LineTable[];
  /** What ran without a line of these: other cells, packages, Node itself. */
  readonly elsewhere: Pick<LineCost, "heap" | "external" | "increment" | "cpu">;
  readonly sampleCount: number;
  readonly notes: readonly string[];
}

/** Code with probes, as far as the reading of it is concerned. */
export interface ProbedScript {
  /** `In[7]`. */
  readonly name: string;
  readonly source: string;
  readonly sites: readonly {
    readonly line: number;
    readonly counter: number;
    readonly reads: boolean;
    readonly variation: number;
  }[];
  /** The functions that were asked for; absent for a whole cell. */
  readonly functions?: readonly { readonly name: string; readonly firstLine: number; readonly lastLine: number }[];
}

/** Puts the figures of the sites and the lines of the source together; pure. */
export function lineProfileOf(
  scripts: readonly ProbedScript[],
  reading: Measured<LineReading>,
  notes: readonly string[],
): Measured<LineProfile> {
  if ("missing" in reading) return reading;
  const { value } = reading;
  const tables: LineTable[] = [];
  let site = 0;
  for (const { name, source, sites, functions } of scripts) {
    const costs = costsOf(sites, value, site);
    site += sites.length;
    const lines = source.split("\n");
    if (functions === undefined) {
      tables.push({ title: name, firstLine: 1, source: lines, lines: costs });
      continue;
    }
    for (const { name: own, firstLine, lastLine } of functions) {
      tables.push({
        title: `${own} in ${name}`,
        firstLine,
        source: lines.slice(firstLine - 1, lastLine),
        lines: costs.filter(({ line }) => line >= firstLine && line <= lastLine),
      });
    }
  }
  const { heap, external, rss, cpu } = value.elsewhere;
  return {
    value: {
      tables,
      elsewhere: { heap, external, increment: rss, cpu },
      sampleCount: value.sampleCount,
      notes: [...notes, ...value.notes],
    },
  };
}

function costsOf(sites: ProbedScript["sites"], reading: LineReading, from: number): readonly LineCost[] {
  const byLine = new Map<number, LineCost & { readonly certainBytes: number }>();
  for (const [index, { line }] of sites.entries()) {
    const at = (figures: Float64Array) => figures[from + index] ?? 0;
    const so = byLine.get(line);
    const heap = (so?.heap ?? 0) + at(reading.heap);
    const external = (so?.external ?? 0) + at(reading.external);
    const certainBytes = (so?.certainBytes ?? 0) + at(reading.certain);
    const peak = Math.max(so?.peak ?? 0, at(reading.peak));
    byLine.set(line, {
      line,
      // What follows on the same line, or in a callback on it, may run more often: the line was reached as often as its first statement.
      hits: so?.hits ?? at(reading.counts),
      heap,
      external,
      certainBytes,
      certain: heap + external === 0 ? 1 : Math.min(1, certainBytes / (heap + external)),
      increment: (so?.increment ?? 0) + at(reading.rss),
      ...(peak > 0 ? { peak } : {}),
      cpu: (so?.cpu ?? 0) + at(reading.cpu),
    });
  }
  return [...byLine.values()].sort((a, b) => a.line - b.line).map(({ certainBytes: _, ...cost }) => cost);
}
