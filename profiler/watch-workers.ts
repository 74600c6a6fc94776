// From the kernel's side: has the worker threads of the executor read while something runs, and takes in what is read.
import { dirname, join } from "node:path";
import type { KernelProbe } from "./kernel-probe.js";
import { type WorkerCourse, type WorkerMessage, workerCourseOf } from "./worker-use.js";

/** A watch over the executor's worker threads. */
export interface WorkersWatch {
  /** What was seen so far. */
  readonly course: () => WorkerCourse;
  readonly close: () => void;
  /** Why nothing is seen. */
  readonly missing?: string;
}

/** The inspector of the main thread is asked: it answers at once unless native code keeps it. */
const readyLimit = 2000;

/** Starts to watch; settles when the threads that are there are known. `undefined` where nobody can be asked. */
export async function watchWorkers(
  { cells, cellWatchPath }: Pick<KernelProbe, "cells" | "cellWatchPath">,
  interval: number,
): Promise<WorkersWatch | undefined> {
  if (cells === undefined) return undefined;
  const { executor } = cells;
  // Built beside the other one.
  const path = join(dirname(cellWatchPath), "worker-watch.cjs");
  const messages: WorkerMessage[] = [];
  let answered: (missing: string | undefined) => void = () => undefined;
  const answer = new Promise<string | undefined>((resolve) => {
    answered = resolve;
  });
  const stopListening = executor.onChange((change) => {
    if (change.type !== "probe" || change.path !== path) return;
    // The module at `path` sends these and nothing else.
    const message = change.message as WorkerMessage;
    messages.push(message);
    if ("ready" in message) answered(undefined);
    else if ("failed" in message) answered(message.failed);
  });
  const timer = setTimeout(() => answered("the probe's thread did not answer"), readyLimit);
  executor.tellProbe(path, { interval });
  const missing = await answer;
  clearTimeout(timer);
  return {
    ...(missing !== undefined && { missing }),
    course: () => workerCourseOf(messages),
    close: () => {
      stopListening();
      if (executor.pid() !== undefined) executor.tellProbe(path, { interval: 0 });
    },
  };
}
