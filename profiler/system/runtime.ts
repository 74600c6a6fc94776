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
  /** Only be heard by the main thread, and answer. */
  readonly ping?: boolean;
}

/** What `probe/runtime-watch` answers. */
export interface RuntimeAnswer {
  readonly id: number;
  /** Absent for a ping. */
  readonly reading?: Measured<RuntimeReading>;
}

// A main thread that is deep in native code answers no inspector.
const patience = 1500;

/** Asks an executor how its runtime is doing, and how far away it is. */
export interface RuntimeProbe {
  readonly watch: WatchRuntime;
  /** Milliseconds to the thread of the cells and back, the median of several. */
  readonly ping: () => Promise<Measured<number>>;
}

const pings = 7;

/** Makes the probe of an executor's runtime; `probePath` is the built `probe/runtime-watch`. */
export function createRuntimeProbe(executor: SampledExecutor, probePath: string): RuntimeProbe {
  let lastId = 0;
  const ask = async <T>(question: Omit<RuntimeQuestion, "id">, read: (answer: RuntimeAnswer) => Measured<T>) => {
    const { watched } = question;
    if (executor.pid() === undefined) return { missing: "no process runs cells at this moment" };
    lastId += 1;
    const id = lastId;
    return new Promise<Measured<T>>((resolve) => {
      const finish = (reading: Measured<T>) => {
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
        if (answer.id === id) finish(read(answer));
      });
      executor.tellProbe(probePath, { id, ...question } satisfies RuntimeQuestion);
    });
  };
  return {
    watch: (watched) =>
      ask({ watched }, ({ reading }) => reading ?? { missing: "the process that runs the cells gave no reading" }),
    ping: async () => {
      const times: number[] = [];
      // The first one loads the module into the guard, and is not counted.
      for (let count = 0; count <= pings; count++) {
        const began = performance.now();
        const answer = await ask({ watched: 0, ping: true }, () => ({ value: performance.now() - began }));
        if ("missing" in answer) return answer;
        if (count > 0) times.push(answer.value);
      }
      return { value: times.sort((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0 };
    },
  };
}
