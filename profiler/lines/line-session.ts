// One measurement by line: what has to be asked of the kernel before a cell runs, and what is made of the answers.
import { dirname, join } from "node:path";
import type { FunctionPlace, KernelProbe, ProbedCode, ProbeRequest, ProbeWatch } from "../kernel-probe.js";
import type { Measured } from "../measured.js";
import type { CellReading } from "../memory-reading.js";
import { type LineProfile, lineProfileOf } from "./line-profile.js";
import type { LineMeterOptions, LineReading } from "./line-reading.js";
import { seenLinesOf } from "./running-lines.js";

/** Which lines are to be measured. */
export interface LineRequest {
  /** Those of the code that runs. */
  readonly cell: boolean;
  /** Those of functions that cells define: `name` or `Class.method`. */
  readonly functions: readonly string[];
  /** The same for functions by where they stand. */
  readonly places?: readonly FunctionPlace[];
  /** Told of functions that no cell defines, before anything runs; what it throws is how the cell ends. */
  readonly onUnknown: (names: readonly string[]) => void;
}

/** Goes with one execution. */
export interface LineSession {
  /** What the code is to be run with, around the watch that is there already. */
  readonly around: (watch: ProbeWatch) => { readonly watch: ProbeWatch; readonly probes: ProbeRequest };
  /** What came of it; `undefined` when the code never ran. */
  readonly take: () => Measured<LineProfile> | undefined;
}

/** Prepares a measurement by line. */
export function createLineSession(
  { cellWatchPath }: KernelProbe,
  { cell, functions, places, onUnknown }: LineRequest,
): LineSession {
  let probed: ProbedCode | undefined;
  let reading: Measured<LineReading> | undefined;
  return {
    around: (watch) => ({
      watch: {
        // Built beside the other one.
        modulePath: join(dirname(cellWatchPath), "line-watch.cjs"),
        // Read when the code has its probes.
        get options() {
          return { watch: watch.options, lines: optionsOf(probed) };
        },
        onReading: (value) => {
          // `probe/line-watch` returns this and nothing else.
          const both = value as { readonly cell: Measured<CellReading>; readonly lines: Measured<LineReading> };
          reading = both.lines;
          watch.onReading(withLines(both.cell, probed, reading));
        },
        ...(watch.onRun && { onRun: watch.onRun }),
      },
      probes: {
        cell,
        functions,
        ...(places && { places }),
        onProbed: (value) => {
          if (value.unknown.length > 0) onUnknown(value.unknown);
          probed = value;
        },
      },
    }),
    take: () => {
      if (probed === undefined) return undefined;
      if (reading === undefined)
        return { missing: "the process that ran the cell ended before its lines could be read" };
      return lineProfileOf(probed.scripts, reading, probed.notes);
    },
  };
}

/** The looks from outside are in place of those from inside: they are more, and see through a call that does not return. */
function withLines(
  cell: Measured<CellReading>,
  probed: ProbedCode | undefined,
  reading: Measured<LineReading>,
): Measured<CellReading> {
  if ("missing" in cell || "missing" in reading || probed === undefined) return cell;
  const lines = seenLinesOf(probed.scripts, reading.value);
  return lines === undefined ? cell : { value: { ...cell.value, lines } };
}

function optionsOf(probed: ProbedCode | undefined): LineMeterOptions {
  if (probed === undefined) throw new Error("The code has got no probes.");
  const { names, firstSite, scripts } = probed;
  const sites = scripts.flatMap((script) => script.sites);
  return {
    names,
    firstSite,
    siteCount: sites.length,
    counters: sites.map(({ counter }) => counter),
    variations: sites.map(({ variation }) => variation),
    sources: scripts.map(({ name, script, plain, inner, probed: withProbes, isCurrent }) => ({
      name,
      ...(script !== undefined && { script }),
      plain,
      inner,
      probed: withProbes,
      isCurrent,
    })),
  };
}
