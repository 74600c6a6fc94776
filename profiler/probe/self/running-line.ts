// Which line of the cell runs, seen from inside whenever the heap sampler's question is answered: the stack of the code
// that was interrupted for it is still there.
import { getHeapStatistics } from "node:v8";
import type { SeenLine } from "../../lines/running-lines.js";
import { readCallSites, stackDepth } from "./call-stack.js";
import type { Finder } from "./user-frame.js";

/** Looks at a cell while it runs. */
export interface LineLooks {
  /** Notes which line runs, unless that has been done a moment ago, and whether it is about to take memory. */
  readonly look: (time: number, takes?: boolean) => void;
  /** Bytes of the heap that the looks themselves took. */
  readonly allocated: () => number;
  /** What was seen. */
  readonly seen: () => readonly SeenLine[];
}

/** Between two looks at first; later a hundredth of the time that has gone by. */
const shortestPause = 8;
const pauseShare = 0.01;
/** At such a pace it lasts for longer than a day. */
const capacity = 4096;

// Taken once: what is noted while a cell runs takes nothing more, and none of it is new after a cell.
const times = new Float64Array(capacity);
const places = new Int32Array(capacity * 3);
const taking = new Uint8Array(capacity);

/** Starts to look at the code of `cell`, `In[7]`, of which there may be several parts. */
export function watchRunningLine(cell: string, { locate }: Finder, began: number): LineLooks {
  const scripts: string[] = [];
  let count = 0;
  /** Of looks of either kind: one must not keep the other from being taken. */
  const next = { passing: began, taking: began };
  let allocated = 0;
  const note = (time: number, takes: boolean) => {
    const callSites = readCallSites();
    const found = callSites.find((callSite) => isOf(cell, callSite.getScriptNameOrSourceURL()));
    // Deeper than is looked: nobody knows.
    if (found === undefined && callSites.length >= stackDepth) return;
    times[count] = time;
    taking[count] = takes ? 1 : 0;
    places.fill(0, count * 3, count * 3 + 3);
    if (found !== undefined) {
      const script = found.getScriptNameOrSourceURL() ?? "";
      if (!scripts.includes(script)) scripts.push(script);
      places[count * 3] = scripts.indexOf(script) + 1;
      places[count * 3 + 1] = found.getLineNumber() ?? 0;
      places[count * 3 + 2] = found.getColumnNumber() ?? 0;
    }
    count += 1;
  };
  return {
    look: (time, takes = false) => {
      const kind = takes ? "taking" : "passing";
      if (time < next[kind] || count === capacity) return;
      next[kind] = time + Math.max(shortestPause, (time - began) * pauseShare);
      const before = getHeapStatistics().used_heap_size;
      note(time, takes);
      allocated += Math.max(0, getHeapStatistics().used_heap_size - before);
    },
    allocated: () => allocated,
    seen: () =>
      Array.from({ length: count }, (_, index) => {
        const [script = 0, line = 0, column = 0] = places.subarray(index * 3, index * 3 + 3);
        const place = script === 0 ? undefined : locate(scripts[script - 1] ?? "", line, Math.max(1, column));
        return { time: times[index] ?? 0, line: place?.line ?? 0, ...(taking[index] === 1 && { takes: true }) };
      }),
  };
}

function isOf(cell: string, script: string | null): boolean {
  return script === cell || (script?.startsWith(`${cell}~`) ?? false);
}
