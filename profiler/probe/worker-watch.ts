// Loaded by path into the executor's guard thread. While the kernel asks for it, it reads the memory of the other
// worker threads, each as that thread sees itself: V8's inspector reaches them by way of the main thread.
import { type InspectorNotification, type NodeWorker, Session } from "node:inspector";
import type { WorkerMessage } from "../worker-use.js";
import { type GuardContext, unpaused } from "./heap-sampler.js";

/** An interval in milliseconds, or 0 to stop. */
export interface WorkerWatchCommand {
  readonly interval: number;
}

/** Evaluated in the worker's thread; it has none of what is compiled here. */
const expression = `(() => {
  const { heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
  let cpu = null;
  try {
    const fs = process.getBuiltinModule("node:fs");
    cpu = Number(fs.readFileSync("/proc/thread-self/schedstat", "latin1").split(" ")[0]) / 1e6;
  } catch {
    const used = process.threadCpuUsage?.();
    if (used !== undefined) cpu = (used.user + used.system) / 1000;
  }
  const time = Number(process.hrtime.bigint()) / 1e6;
  return JSON.stringify({ time, heapTotal, heapUsed, external, arrayBuffers, ...(cpu !== null && { cpu }) });
})()`;

let watch: { readonly close: () => void } | undefined;

/** Starts, changes or stops the readings. */
export function onMessage(message: unknown, { send }: GuardContext): void {
  watch?.close();
  watch = undefined;
  // The profiler in the kernel sends this and nothing else.
  const { interval } = message as WorkerWatchCommand;
  if (interval > 0) watch = openWatch(interval, send);
}

function openWatch(interval: number, send: (message: WorkerMessage) => void): { readonly close: () => void } {
  const session = new Session();
  session.connectToMainThread();
  // By the id of its inspector session: whether an answer is awaited. One question at a time.
  const asked = new Map<string, boolean>();
  session.on(
    "NodeWorker.attachedToWorker",
    ({ params }: InspectorNotification<NodeWorker.AttachedToWorkerEventDataType>) => {
      const { title, url } = params.workerInfo;
      // Its number, and its name: Node 24 and later say `WorkerThread` where there is none.
      const name = title.replace(/^\[worker \d+\] ?/, "").replace(/^WorkerThread$/, "");
      if (name.startsWith("cellscope ")) return;
      asked.set(params.sessionId, false);
      send({ change: { time: now(), id: params.sessionId, found: { name, url } } });
      ask(params.sessionId);
    },
  );
  session.on(
    "NodeWorker.detachedFromWorker",
    ({ params }: InspectorNotification<NodeWorker.DetachedFromWorkerEventDataType>) => {
      if (asked.delete(params.sessionId)) send({ change: { time: now(), id: params.sessionId } });
    },
  );
  session.on(
    "NodeWorker.receivedMessageFromWorker",
    ({ params }: InspectorNotification<NodeWorker.ReceivedMessageFromWorkerEventDataType>) => {
      const { sessionId: id } = params;
      if (!asked.has(id)) return;
      asked.set(id, false);
      const value = answerOf(params.message);
      if (value !== undefined) send({ reading: { id, ...JSON.parse(value) } });
    },
  );
  let number = 0;
  const ask = (sessionId: string) => {
    asked.set(sessionId, true);
    number += 1;
    const params = { expression, returnByValue: true, silent: true, ...unpaused };
    const message = JSON.stringify({ id: number, method: "Runtime.evaluate", params });
    session.post("NodeWorker.sendMessageToWorker", { sessionId, message }, (error) => {
      // It has just ended.
      if (error !== null) asked.delete(sessionId);
    });
  };
  session.post("NodeWorker.enable", { waitForDebuggerOnStart: false }, (error) => {
    send(error === null ? { ready: true } : { failed: error.message });
  });
  const timer = setInterval(() => {
    for (const [id, isAsked] of asked) if (!isAsked) ask(id);
  }, interval);
  timer.unref();
  return {
    close: () => {
      clearInterval(timer);
      session.post("NodeWorker.disable");
      session.disconnect();
    },
  };
}

/** What the expression returned, out of the answer of the worker's own inspector. */
function answerOf(message: string): string | undefined {
  const { result } = JSON.parse(message) as { readonly result?: { readonly result?: { readonly value?: unknown } } };
  const value = result?.result?.value;
  return typeof value === "string" ? value : undefined;
}

function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
