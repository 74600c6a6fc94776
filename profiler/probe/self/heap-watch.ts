// The highest `heapUsed` of a stretch of time, and all that was allocated in it: the guard's thread hears of V8's
// collections, and what the heap holds is looked at besides.
import { BroadcastChannel } from "node:worker_threads";
import {
  type CollectionAnswer,
  type CollectionCommand,
  collectionChannel,
  heapWord,
} from "../../collection-channel.js";
import type { HeapCourse } from "../../heap-course.js";
import { askGuard } from "./ask-guard.js";

/** Follows the heap. Times are milliseconds of `process.hrtime`. */
export interface HeapWatch {
  /** The cell begins now. */
  readonly begin: (time: number, heapUsed: number) => void;
  /** Takes in what the heap holds now. */
  readonly look: (heapUsed: number) => void;
  /** What was allocated so far, at least, in bytes: collections of the last second may not have been heard of. */
  readonly allocated: () => number;
  /** The cell has ended, and collections from now on are not its own. */
  readonly ended: (time: number, heapUsed: number) => void;
  /** What became of the heap. `isPartial`: only what looks have seen is known. */
  readonly course: () => Promise<HeapCourse & { readonly isPartial: boolean }>;
}

/** The guard answers within some milliseconds; one that does not is not waited for. */
const patience = 2000;

/** Starts to follow V8's heap; waits until V8's collections are heard of. */
export async function watchHeap(): Promise<HeapWatch> {
  const channel = new BroadcastChannel(collectionChannel);
  channel.unref();
  const words = new Float64Array(new SharedArrayBuffer(heapWord.count * Float64Array.BYTES_PER_ELEMENT));
  const ask = (command: CollectionCommand) => askGuard<CollectionAnswer>(channel, command, patience);
  const begun = await ask({ type: "begin", words });
  let last = 0;
  let seen = 0;
  let highest = 0;
  const look = (heapUsed: number) => {
    seen += Math.max(0, heapUsed - last);
    highest = Math.max(highest, heapUsed);
    last = heapUsed;
  };
  return {
    begin: (time, heapUsed) => {
      words[heapWord.first] = heapUsed;
      words[heapWord.began] = time;
      last = heapUsed;
      highest = heapUsed;
      seen = 0;
    },
    look,
    allocated: () => Math.max(seen, words[heapWord.allocated] ?? 0),
    ended: (time, heapUsed) => {
      words[heapWord.ended] = time;
      look(heapUsed);
    },
    course: async () => {
      const answer = begun?.type === "begun" ? await ask({ type: "end", last }) : undefined;
      channel.close();
      if (answer?.type !== "ended") return { peak: highest, allocated: seen, isPartial: true };
      const { peak, allocated } = answer.course;
      return { peak: Math.max(peak, highest), allocated, isPartial: false };
    },
  };
}
