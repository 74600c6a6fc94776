// Loaded by path into the executor's guard thread. Asks the main thread how its heap and its event loop are doing,
// by two short expressions with a pause in between, and by V8's trace events; nothing of it stays in the process when
// nobody asks.
import { setTimeout as delay } from "node:timers/promises";
import type { RuntimeAnswer, RuntimeQuestion, RuntimeReading } from "../system/runtime.js";
import { type GuardContext, unpaused } from "./heap-sampler.js";
import { CollectionTrace } from "./self/collection-trace.js";

const marks = "cellscope.runtimeWatch";

// The cells' own thread evaluates these: plain text, because what is compiled here does not exist there.
const begin = (id: number) => `(() => {
  const { performance, monitorEventLoopDelay } = process.getBuiltinModule("node:perf_hooks");
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const watches = (globalThis[Symbol.for("${marks}")] ??= new Map());
  watches.set(${id}, { delay, loop: performance.eventLoopUtilization(), began: performance.now() });
})()`;

const end = (id: number) => `(() => {
  const watches = globalThis[Symbol.for("${marks}")];
  const watch = watches?.get(${id});
  if (watch === undefined) return undefined;
  watches.delete(${id});
  if (watches.size === 0) delete globalThis[Symbol.for("${marks}")];
  const { performance } = process.getBuiltinModule("node:perf_hooks");
  watch.delay.disable();
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
    nodeVersion: process.version,
  });
})()`;

/** Watches the main thread for as long as the question says, and sends the answer. */
export async function onMessage(message: unknown, context: GuardContext): Promise<void> {
  // The kernel sends this and nothing else.
  const { id, watched, ping = false } = message as RuntimeQuestion;
  const answer = (rest: Omit<RuntimeAnswer, "id">) => context.send({ id, ...rest } satisfies RuntimeAnswer);
  if (ping) {
    await evaluate(context, "0");
    answer({});
    return;
  }
  const trace = new CollectionTrace();
  try {
    await trace.start();
    const begun = await evaluate(context, begin(id));
    if ("missing" in begun) return answer({ reading: begun });
    await delay(watched);
    const ended = await evaluate(context, end(id));
    await trace.stop();
    if ("missing" in ended) return answer({ reading: ended });
    if (typeof ended.value !== "string")
      return answer({ reading: { missing: "the watch was lost with an interrupted cell" } });
    const { collections, steps } = trace.events;
    const pause = collections.reduce((sum, { pause }) => sum + pause, steps);
    // All but the collections.
    const seen = JSON.parse(ended.value) as Omit<RuntimeReading, "collections">;
    answer({ reading: { value: { ...seen, collections: { count: collections.length, pause } } } });
  } catch (error) {
    answer({ reading: { missing: error instanceof Error ? error.message : String(error) } });
  } finally {
    await trace.stop();
  }
}

type Evaluated = { readonly value: unknown } | { readonly missing: string };

function evaluate({ session }: GuardContext, expression: string): Promise<Evaluated> {
  return new Promise((resolve) => {
    session.post(
      "Runtime.evaluate",
      { expression, returnByValue: true, silent: true, ...unpaused },
      (error, answer) => {
        if (error !== null) resolve({ missing: `the inspector refused: ${error.message}` });
        else if (answer.exceptionDetails !== undefined) {
          const { description } = answer.exceptionDetails.exception ?? {};
          resolve({ missing: `its main thread refused: ${description ?? "an exception"}` });
        } else resolve({ value: answer.result.value });
      },
    );
  });
}
