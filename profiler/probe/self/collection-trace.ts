// Runs in the guard's thread: hears of the main thread's collections through V8's trace events, which an inspector session
// hands over. An event takes some 200 bytes until then and about a microsecond; `v8.GCProfiler` takes 6 kB and 35
// microseconds, and goes on for as long as nobody collects it, also when it has been stopped.
import { Session } from "node:inspector";
import type { CollectedHeap } from "../../heap-course.js";
import { askSession } from "./ask-session.js";

/** V8 keeps events until they are asked for. */
const flushInterval = 1000;
/** Events of a flush come in two messages, of which the second holds nothing but what the trace says of itself. */
const aboutTrace = "__metadata";
/** How long after the end of a trace its events may come. */
const patience = 500;

/** One event, as far as it is used: <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>. */
interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  /** `B` and `E` are the beginning and the end of something, `X` both, with `dur`; `M` says something of the trace. */
  readonly ph: string;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  readonly dur?: number;
  readonly args?: {
    readonly name?: string;
    readonly usedHeapSizeBefore?: number;
    readonly usedHeapSizeAfter?: number;
  };
}

/** A collection, and how long it kept the thread, in milliseconds. */
export interface TracedCollection extends CollectedHeap {
  readonly pause: number;
}

/** Reads the collections of the main thread out of trace events; one that falls apart into two flushes is one still. */
export class CollectionEvents {
  /** Those that have ended. */
  readonly collections: TracedCollection[] = [];
  /** Of steps of collections that were made in between, in milliseconds. */
  steps = 0;
  #thread: number | undefined;
  #begun: TraceEvent | undefined;

  take(events: readonly TraceEvent[]): void {
    this.#thread ??= events.find(({ ph, args }) => ph === "M" && args?.name === "JavaScriptMainThread")?.tid;
    for (const event of events) if (event.tid === this.#thread) this.#takeOne(event);
  }

  #takeOne(event: TraceEvent): void {
    const { name, ph, ts, dur = 0, args } = event;
    if (name === "V8.GCIncrementalMarking" && ph === "X") this.steps += dur / 1000;
    if (name !== "MinorGC" && name !== "MajorGC") return;
    if (ph === "B") {
      this.#finish();
      this.#begun = event;
    } else if (ph === "E" && this.#begun?.name === name) this.#finish(ts, args?.usedHeapSizeAfter);
  }

  #finish(ts?: number, after?: number): void {
    const begun = this.#begun;
    this.#begun = undefined;
    const before = begun?.args?.usedHeapSizeBefore;
    if (begun === undefined || before === undefined) return;
    const pause = ts === undefined ? 0 : (ts - begun.ts) / 1000;
    this.collections.push({ time: begun.ts / 1000, before, pause, ...(after !== undefined && { after }) });
  }
}

/** An inspector session that ends makes V8 forget the numbers of all objects, which what has stayed is found by: they are kept. */
const idle: Session[] = [];

function connect(): Session {
  const session = new Session();
  session.connectToMainThread();
  return session;
}

/** The collections of the main thread, from `start` to `stop`. */
export class CollectionTrace {
  readonly events = new CollectionEvents();
  readonly #session = idle.pop() ?? connect();
  readonly #onFlush: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #flushed: (() => void) | undefined;
  #isOver = false;

  /** `onFlush` is called when there are new events. */
  constructor(onFlush?: () => void) {
    this.#onFlush = onFlush;
  }

  async start(): Promise<void> {
    this.#session.on("NodeTracing.dataCollected", ({ params }) => {
      // Node's types have it as a list of objects; each is an event.
      const events = params.value as readonly unknown[] as readonly TraceEvent[];
      this.events.take(events);
      if (events.some(({ cat }) => cat !== aboutTrace)) this.#onFlush?.();
      else this.#flushed?.();
    });
    await this.#begin();
    this.#timer = setInterval(() => this.#flush(), flushInterval);
    this.#timer.unref();
  }

  /** Ends the trace and waits for the last of its events; once is enough. */
  async stop(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    const flushed = new Promise<void>((resolve) => {
      this.#flushed = resolve;
      setTimeout(resolve, patience).unref();
    });
    try {
      await askSession(this.#session, "NodeTracing.stop");
      await flushed;
    } finally {
      this.#session.removeAllListeners("NodeTracing.dataCollected");
      idle.push(this.#session);
    }
  }

  /** The session hands its events over when it stops; nothing runs on the main thread between this and the next begin. */
  #flush(): void {
    askSession(this.#session, "NodeTracing.stop").catch(() => undefined); // It fails where the session has ended.
    this.#begin().catch(() => undefined);
  }

  async #begin(): Promise<void> {
    // The trace of V8 itself: collections, and the few deoptimizations.
    await askSession(this.#session, "NodeTracing.start", { traceConfig: { includedCategories: ["v8"] } });
  }
}
