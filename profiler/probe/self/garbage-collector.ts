// V8's garbage collector, called at once.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

type Collect = (options?: { readonly type: "minor" | "major" }) => void;

let collect: Collect | undefined;

/** Collects this thread's garbage at once. */
export function collectNow(): void {
  collect ??= exposeCollect();
  collect();
}

/** Collects the garbage of this thread's nursery at once. */
export function collectNursery(): void {
  collect ??= exposeCollect();
  collect({ type: "minor" });
}

function exposeCollect(): Collect {
  setFlagsFromString("--expose-gc");
  // A new context sees the flag; the one that runs the cells stays as it is. The cast is V8's documented `gc`.
  return runInNewContext("gc") as Collect;
}
