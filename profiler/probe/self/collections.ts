// Runs in the guard's thread: tells the watch on the main thread what became of the heap.
import { BroadcastChannel } from "node:worker_threads";
import {
  type CollectionAnswer,
  type CollectionCommand,
  collectionChannel,
  heapWord,
} from "../../collection-channel.js";
import { HeapSum } from "../../heap-course.js";
import { CollectionTrace } from "./collection-trace.js";

/** Serves the watch on the main thread, for as long as this thread lives. */
export function serveCollections(): void {
  const channel = new BroadcastChannel(collectionChannel);
  channel.unref();
  const answer = (message: CollectionAnswer) => channel.postMessage(message);
  let watch: CellCollections | undefined;
  const handle = async (command: CollectionCommand) => {
    const last = watch;
    watch = undefined;
    await last?.trace.stop();
    if (command.type === "begin") {
      const next = new CellCollections(command.words);
      await next.trace.start();
      watch = next;
      answer({ type: "begun" });
      return;
    }
    if (last === undefined) throw new Error("its trace had not begun");
    answer({ type: "ended", course: last.courseTo(command.last) });
  };
  channel.onmessage = (event) => {
    // The watch on the main thread says this and nothing else.
    handle((event as { readonly data: CollectionCommand }).data).catch((error: unknown) => {
      answer({ type: "failed", reason: error instanceof Error ? error.message : String(error) });
    });
  };
}

/** The collections of one cell: each is added up when it is heard of, since a long cell has millions of them. */
class CellCollections {
  readonly trace = new CollectionTrace(() => this.#take());
  readonly #words: Float64Array;
  #sum: HeapSum | undefined;

  constructor(words: Float64Array) {
    this.#words = words;
  }

  courseTo(last: number) {
    this.#take();
    return this.#sumOf().course(last);
  }

  #take(): void {
    const [began = 0, ended = 0] = [this.#words[heapWord.began], this.#words[heapWord.ended]];
    for (const collection of this.trace.events.collections.splice(0)) {
      const { time } = collection;
      if (began > 0 && time >= began && (ended === 0 || time <= ended)) this.#sumOf().add(collection);
    }
    this.#words[heapWord.allocated] = this.#sum?.course().allocated ?? 0;
  }

  #sumOf(): HeapSum {
    this.#sum ??= new HeapSum(this.#words[heapWord.first] ?? 0);
    return this.#sum;
  }
}
