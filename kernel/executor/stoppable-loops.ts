// V8 13 and 14 (Node 24, Node 26) unroll loops after they have judged which of them needs no look at what waits, and some
// loops that make objects then never look: no thread can stop such a loop, nor read the heap while it runs.
import { setFlagsFromString } from "node:v8";

let isDone = !["13", "14"].includes(process.versions.v8.split(".")[0] ?? "");

/**
 * Has V8 keep a way into every loop that it optimises from now on. With other flags than it was built with Node compiles
 * its own modules anew: this is for the moment before the first cell, when most of them have been loaded.
 */
export function keepLoopsStoppable(): void {
  if (isDone) return;
  isDone = true;
  setFlagsFromString("--no-turboshaft-loop-unrolling");
}
