// Node 20 compiles its own modules anew, 50 ms for the main thread and the guard, where a flag of V8 is not as it was when
// Node was built; and the limit of the heap is such a flag. The heap has read it by now: while this process starts, it is
// put back. Imported before everything else.
import { setFlagsFromString } from "node:v8";

const name = "--max-old-space-size";
// The last one counts.
const given = process.execArgv.findLast((word) => word.startsWith(`${name}=`));
let isHidden = false;

if (given !== undefined && process.versions.node.startsWith("20.")) {
  setFlagsFromString(`${name}=0`);
  isHidden = true;
}

/** Gives the limit back to V8 for the heaps of threads that cells start. */
export function restoreHeapLimitFlag(): void {
  if (given === undefined || !isHidden) return;
  isHidden = false;
  setFlagsFromString(given);
}
