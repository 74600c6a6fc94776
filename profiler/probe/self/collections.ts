// Runs in the guard's thread: tells the watch on the main thread what became of the heap.
import { BroadcastChannel } from "node:worker_threads";
import { type CollectionAnswer, type CollectionCommand, collectionChannel } from "../../collection-channel.js";
import { type CollectedHeap, courseOfHeap } from "../../heap-course.js";
import { CollectionTrace } from "./collection-trace.js";

/** Serves the watch on the main thread, for as long as this thread lives. */
export function serveCollections(): void {
  const channel = new BroadcastChannel(collectionChannel);
  channel.unref();
  const answer = (message: CollectionAnswer) => channel.postMessage(message);
  let trace: CollectionTrace | undefined;
  const handle = async (command: CollectionCommand) => {
    const last = trace;
    trace = undefined;
    await last?.stop();
    if (command.type === "begin") {
      const next = new CollectionTrace(() => {
        command.allocated[0] = allocatedBetween(next.events.collections);
      });
      await next.start();
      trace = next;
      answer({ type: "begun" });
      return;
    }
    if (last === undefined) throw new Error("its trace had not begun");
    const { began, ended, first, last: held } = command.stretch;
    const inside = last.events.collections.filter(({ time }) => time >= began && time <= ended);
    answer({ type: "ended", course: courseOfHeap(first, inside, held) });
  };
  channel.onmessage = (event) => {
    // The watch on the main thread says this and nothing else.
    handle((event as { readonly data: CollectionCommand }).data).catch((error: unknown) => {
      answer({ type: "failed", reason: error instanceof Error ? error.message : String(error) });
    });
  };
}

function allocatedBetween(collections: readonly CollectedHeap[]): number {
  const { before = 0, after = before } = collections[0] ?? {};
  return courseOfHeap(after, collections.slice(1), 0).allocated;
}
