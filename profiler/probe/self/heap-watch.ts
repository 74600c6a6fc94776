// The highest `heapUsed` of a stretch of time, and all that was allocated in it: the guard's thread hears of V8's
// collections, and what the heap holds is looked at besides.
import { BroadcastChannel } from "node:worker_threads";
import {
  type CollectionAnswer,
  type CollectionCommand,
  collectionChannel,
  type HeapStretch,
} from "../../collection-channel.js";
import type { HeapCourse } from "../../heap-course.js";

/** Follows the heap from now on. */
export interface HeapWatch {
  /** Takes in what the heap holds now. */
  readonly look: (heapUsed: number) => void;
  /** What was allocated so far, at least, in bytes: collections of the last second may not have been heard of. */
  readonly allocated: () => number;
  /** Ends the watch. `isPartial`: only what looks have seen is known. */
  readonly end: (stretch: HeapStretch) => Promise<HeapCourse & { readonly isPartial: boolean }>;
}

/** The guard answers within some milliseconds; one that does not is not waited for. */
const patience = 2000;

/** Starts to follow V8's heap; waits until V8's collections are heard of. */
export async function watchHeap(): Promise<HeapWatch> {
  const channel = new BroadcastChannel(collectionChannel);
  channel.unref();
  const heard = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT));
  const begun = await ask(channel, { type: "begin", allocated: heard });
  let last: number | undefined;
  let seen = 0;
  let highest = 0;
  const look = (heapUsed: number) => {
    seen += Math.max(0, heapUsed - (last ?? heapUsed));
    highest = Math.max(highest, heapUsed);
    last = heapUsed;
  };
  return {
    look,
    allocated: () => Math.max(seen, heard[0] ?? 0),
    end: async (stretch) => {
      look(stretch.last);
      const answer = begun?.type === "begun" ? await ask(channel, { type: "end", stretch }) : undefined;
      channel.close();
      if (answer?.type !== "ended") {
        return { peak: Math.max(highest, stretch.first), allocated: seen, isPartial: true };
      }
      const { peak, allocated } = answer.course;
      return { peak: Math.max(peak, highest), allocated, isPartial: false };
    },
  };
}

function ask(channel: BroadcastChannel, command: CollectionCommand): Promise<CollectionAnswer | undefined> {
  return new Promise((resolve) => {
    const finish = (answer: CollectionAnswer | undefined) => {
      clearTimeout(timer);
      channel.onmessage = () => undefined;
      resolve(answer);
    };
    const timer = setTimeout(() => finish(undefined), patience);
    channel.onmessage = (event) => {
      // The guard's thread is the only other one on this channel, and says this and nothing else.
      finish((event as { readonly data: CollectionAnswer }).data);
    };
    channel.postMessage(command);
  });
}
