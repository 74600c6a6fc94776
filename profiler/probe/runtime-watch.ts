// Loaded by path into the executor's guard thread. Asks the main thread how its heap and its event loop are doing,
// by two short expressions with a pause in between; nothing of it stays in the process when nobody asks.
import type { RuntimeAnswer, RuntimeQuestion, RuntimeReading } from "../system/runtime.js";
import { type GuardContext, unpaused } from "./heap-sampler.js";

const marks = "cellscope.runtimeWatch";

// The cells' own thread evaluates these: plain text, because what is compiled here does not exist there.
const begin = (id: number) => `(() => {
  const { performance, monitorEventLoopDelay } = process.getBuiltinModule("node:perf_hooks");
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const collections = new (process.getBuiltinModule("node:v8").GCProfiler)();
  collections.start();
  const watches = (globalThis[Symbol.for("${marks}")] ??= new Map());
  watches.set(${id}, { delay, collections, loop: performance.eventLoopUtilization(), began: performance.now() });
})()`;

const end = (id: number) => `(() => {
  const watches = globalThis[Symbol.for("${marks}")];
  const watch = watches?.get(${id});
  if (watch === undefined) return undefined;
  watches.delete(${id});
  if (watches.size === 0) delete globalThis[Symbol.for("${marks}")];
  const { performance } = process.getBuiltinModule("node:perf_hooks");
  watch.delay.disable();
  const { statistics = [] } = watch.collections.stop() ?? {};
  const heap = process.getBuiltinModule("node:v8").getHeapStatistics();
  const watched = performance.now() - watch.began;
  const { utilization } = performance.eventLoopUtilization(watch.loop);
  return JSON.stringify({
    heapUsed: heap.used_heap_size,
    heapLimit: heap.heap_size_limit,
    watched,
    loopBusy: utilization,
    // The histogram counts the time between two turns of a timer of 10 ms.
    loopDelay: watch.delay.count === 0 ? watched : Math.max(0, watch.delay.percentile(99) / 1e6 - 10),
    collections: { count: statistics.length, pause: statistics.reduce((sum, { cost }) => sum + cost, 0) / 1000 },
    nodeVersion: process.version,
  });
})()`;

/** Watches the main thread for as long as the question says, and sends the answer. */
export function onMessage(message: unknown, context: GuardContext): void {
  // The kernel sends this and nothing else.
  const { id, watched, ping = false } = message as RuntimeQuestion;
  if (ping) {
    evaluate(context, "0", () => context.send({ id } satisfies RuntimeAnswer));
    return;
  }
  const answer = (reading: NonNullable<RuntimeAnswer["reading"]>) =>
    context.send({ id, reading } satisfies RuntimeAnswer);
  evaluate(context, begin(id), (begun) => {
    if ("missing" in begun) return answer(begun);
    setTimeout(() => {
      evaluate(context, end(id), (ended) => {
        if ("missing" in ended) return answer(ended);
        if (typeof ended.value !== "string") return answer({ missing: "the watch was lost with an interrupted cell" });
        answer({ value: JSON.parse(ended.value) as RuntimeReading });
      });
    }, watched);
  });
}

type Evaluated = { readonly value: unknown } | { readonly missing: string };

function evaluate({ session }: GuardContext, expression: string, done: (result: Evaluated) => void): void {
  session.post("Runtime.evaluate", { expression, returnByValue: true, silent: true, ...unpaused }, (error, answer) => {
    if (error !== null) done({ missing: `the inspector refused: ${error.message}` });
    else if (answer.exceptionDetails !== undefined) {
      done({ missing: `its main thread refused: ${answer.exceptionDetails.exception?.description ?? "an exception"}` });
    } else done({ value: answer.result.value });
  });
}
