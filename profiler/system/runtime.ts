// How the process that runs the cells is doing: asked of V8 and Node inside it, through its guard.
import type { Measured } from "../measured.js";
import type { ExecutorChange, SampledExecutor } from "../sampled-executor.js";

/** The Node runtime of the executor, watched for a while. Bytes and milliseconds. */
export interface RuntimeReading {
  readonly heapUsed: number;
  /** What V8 may take for JavaScript objects before it gives up. */
  readonly heapLimit: number;
  /** How long it was watched. */
  readonly watched: number;
  /** Share of the watch in which the event loop ran code. */
  readonly loopBusy: number;
  /** How late timers were during the watch, at worst but for one in a hundred; of a loop that never came round, the whole watch. */
  readonly loopDelay: number;
  /** Collections during the watch, and the time that they took. */
  readonly collections: { readonly count: number; readonly pause: number };
  readonly nodeVersion: string;
}

/** Watches the runtime of an executor for so many milliseconds. */
export type WatchRuntime = (watched: number) => Promise<Measured<RuntimeReading>>;

/** What the kernel says to `probe/runtime-watch`. */
export interface RuntimeQuestion {
  readonly id: number;
  readonly watched: number;
}

/** What `probe/runtime-watch` answers. */
export interface RuntimeAnswer {
  readonly id: number;
  readonly reading: Measured<RuntimeReading>;
}

// A main thread that is deep in native code answers no inspector.
const patience = 1500;

/** Makes the function that watches an executor's runtime; `probePath` is the built `probe/runtime-watch`. */
export function createRuntimeWatch(executor: SampledExecutor, probePath: string): WatchRuntime {
  let lastId = 0;
  return async (watched) => {
    if (executor.pid() === undefined) return { missing: "no process runs cells at this moment" };
    lastId += 1;
    const id = lastId;
    return new Promise((resolve) => {
      const finish = (reading: Measured<RuntimeReading>) => {
        clearTimeout(timer);
        stopListening();
        resolve(reading);
      };
      const timer = setTimeout(
        () => finish({ missing: `its main thread did not answer within ${watched + patience} ms` }),
        watched + patience,
      );
      const stopListening = executor.onChange((change: ExecutorChange) => {
        if (change.type === "ended") finish({ missing: "the process that runs the cells ended" });
        if (change.type !== "probe" || change.path !== probePath) return;
        // The module at this path sends this and nothing else.
        const answer = change.message as RuntimeAnswer;
        if (answer.id === id) finish(answer.reading);
      });
      const question: RuntimeQuestion = { id, watched };
      executor.tellProbe(probePath, question);
    });
  };
}
