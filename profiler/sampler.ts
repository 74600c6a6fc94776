// Runs in the kernel process, which is never blocked by a cell: reads the executor from outside, all the time,
// and takes in what the heap sampler reads from inside while somebody wants it.
import { setTimeout as delay } from "node:timers/promises";
import type { ProbedProcess } from "./kernel-probe.js";
import type { KernelState } from "./kernel-state.js";
import { intervalAt, outsidePace } from "./pace.js";
import type { HeapInterval, HeapSamplerCommand } from "./probe/heap-sampler.js";
import { openProcessReader, type ProcessReader } from "./process-reader.js";
import type { Sample } from "./sample-frames.js";
import { SampleSeries } from "./sample-series.js";
import { frameIntervals, openSamplePublisher, type SampleFeed } from "./sample-socket.js";
import type { ExecutorChange, SampledExecutor } from "./sampled-executor.js";
import type { WatchRuntime } from "./system/runtime.js";

/** Between two tellings of what the kernel does, while somebody wants to know. */
const stateInterval = 1000;

/** RSS that is higher than what was seen from inside by so much is looked at from inside. */
const rise = 1.05;
const smallestRise = 1024 * 1024;

// The names of the object are those of its type.
const feeds = Object.keys(frameIntervals) as readonly SampleFeed[];

/** What the sampler needs. Intervals are milliseconds. */
export interface SamplerOptions {
  readonly executor: SampledExecutor;
  /** Absolute path of the built `probe/heap-sampler`. */
  readonly heapSamplerPath: string;
  /** Between samples while no cell runs. */
  readonly idleInterval?: number;
  /** What is told, besides the cell that runs, to those who want to know what the kernel does. */
  readonly state?: {
    readonly processes: () => readonly ProbedProcess[];
    readonly watchRuntime: WatchRuntime;
  };
}

/** A sampler at work. */
export interface Sampler {
  /** Where the samples are published. */
  readonly endpoint: string;
  /** The samples that are still kept, oldest first. */
  readonly latest: (count: number) => readonly Sample[];
  /** Those of them from `start` to `end`, both included. */
  readonly between: (start: number, end: number) => readonly Sample[];
  readonly close: () => Promise<void>;
}

/** Starts to sample an executor, through all its restarts, until `close`. */
export async function startSampler(options: SamplerOptions): Promise<Sampler> {
  const { executor, heapSamplerPath, idleInterval = 500 } = options;
  const series = new SampleSeries();
  let reader: { readonly pid: number; readonly process: ProcessReader } | undefined;
  let running = 0;
  let ranSince = 0;
  const batches = {
    samples: { since: 0, samples: [] as Sample[] },
    bulk: { since: 0, samples: [] as Sample[] },
  } satisfies Record<SampleFeed, unknown>;
  let lastInside = Number.NEGATIVE_INFINITY;
  let highestInside = 0;
  let timer: NodeJS.Timeout | undefined;
  let heapInterval: HeapInterval = 0;
  let cell: KernelState["cell"] = null;
  let runtime: KernelState["runtime"] = { missing: "not watched yet" };
  let watching = false;

  const publisher = await openSamplePublisher({
    recent: (count) => {
      const through = readClock();
      flush(through);
      return { samples: count > 0 ? series.latest(count) : [], through };
    },
    onDemand: () => {
      askHeapSampler();
      schedule();
      tellState();
      watchState().catch(() => undefined); // A state without its runtime says so.
    },
  });
  const currentInterval = () => {
    if (running === 0) return idleInterval;
    return publisher.demand().interval ?? intervalAt(outsidePace, readClock() - ranSince);
  };

  function schedule(): void {
    clearTimeout(timer);
    timer = setTimeout(tick, currentInterval());
    // The kernel decides when it ends, not its sampler.
    timer.unref();
  }

  function tick(): void {
    schedule();
    const time = readClock();
    // The reading from inside says all that this one would, and of one moment.
    if (time - lastInside > currentInterval() * 1.5) sampleOutside(time);
    for (const feed of feeds)
      if (running === 0 || time - batches[feed].since >= frameIntervals[feed]) flushFeed(feed, time);
  }

  function sampleOutside(time: number): void {
    const pid = executor.pid();
    if (pid === undefined) return;
    const { rss, cpu, childrenRss } = readerOf(pid);
    const none = Number.NaN;
    const present = rss();
    if (heapInterval !== 0 && running > 0 && present > highestInside * rise + smallestRise) lookInside(pid, present);
    keep({
      time,
      pid,
      rss: present,
      childrenRss: childrenRss(time),
      heapTotal: none,
      heapUsed: none,
      external: none,
      arrayBuffers: none,
      cpu: cpu(),
    });
  }

  /** What has grown so much is worth a look that is not due yet. */
  function lookInside(pid: number, rss: number): void {
    highestInside = rss;
    if (pid === executor.pid()) executor.tellProbe(heapSamplerPath, { look: true } satisfies HeapSamplerCommand);
  }

  function keepInside(message: unknown): void {
    const pid = executor.pid();
    const inside = parseReading(String(message));
    if (pid === undefined || inside === undefined) return;
    const { cpu, childrenRss } = readerOf(pid);
    const now = readClock();
    lastInside = inside.time;
    highestInside = Math.max(highestInside, inside.rss);
    // What is read outside now belongs to the same moment only if the reading has just been made.
    const late = now - inside.time > currentInterval();
    keep({ ...inside, pid, childrenRss: late ? Number.NaN : childrenRss(now), cpu: late ? Number.NaN : cpu() });
  }

  function keep(sample: Sample): void {
    // A process that is just ending holds nothing any more, which says nothing of the cell.
    if (!(sample.rss > 0)) return;
    series.add(sample);
    for (const feed of feeds) batches[feed].samples.push(sample);
  }

  function flush(time: number): void {
    for (const feed of feeds) flushFeed(feed, time);
  }

  function flushFeed(feed: SampleFeed, time: number): void {
    const { samples } = batches[feed];
    batches[feed] = { since: time, samples: [] };
    publisher.publish(feed, { samples, through: time });
  }

  function readerOf(pid: number): ProcessReader {
    if (reader?.pid !== pid) {
      reader?.process.close();
      reader = { pid, process: openProcessReader(pid) };
    }
    return reader.process;
  }

  function tellState(): void {
    if (options.state === undefined || publisher.demand().state === undefined) return;
    publisher.publishState({ time: readClock(), cell, processes: options.state.processes(), runtime });
  }

  /** Watches the runtime, second by second, for as long as somebody wants to know. */
  async function watchState(): Promise<void> {
    if (watching || options.state === undefined) return;
    watching = true;
    try {
      while (publisher.demand().state !== undefined) {
        const began = readClock();
        runtime = await options.state.watchRuntime(stateInterval);
        tellState();
        // Between two executors the answer comes at once.
        if (readClock() - began < stateInterval / 2) await delay(stateInterval, undefined, { ref: false });
      }
    } finally {
      watching = false;
    }
  }

  function askHeapSampler(): void {
    const { heap, interval: wanted = "paced" } = publisher.demand();
    const next = heap ? wanted : 0;
    if (next === heapInterval) return;
    heapInterval = next;
    highestInside = 0;
    tellHeapSampler();
  }

  function tellHeapSampler(): void {
    if (executor.pid() === undefined) return;
    executor.tellProbe(heapSamplerPath, { interval: heapInterval } satisfies HeapSamplerCommand);
  }

  function handleChange(change: ExecutorChange): void {
    switch (change.type) {
      case "probe":
        if (change.path === heapSamplerPath) keepInside(change.message);
        return;
      case "started":
        running = 0;
        heapInterval = 0;
        askHeapSampler();
        schedule();
        return;
      case "ended":
        running = 0;
        cell = null;
        tellState();
        flush(readClock());
        schedule();
        return;
      case "cell-began":
        if (running === 0) ranSince = readClock();
        running += 1;
        highestInside = 0;
        cell = { name: change.name, began: readClock() };
        break;
      case "cell-ended":
        running = Math.max(0, running - 1);
        cell = null;
        break;
    }
    // A cell of a few milliseconds still has its two samples, and its reader need not wait for the next batch.
    const time = readClock();
    sampleOutside(time);
    flush(time);
    tellState();
    schedule();
  }

  const stopListening = executor.onChange(handleChange);
  schedule();
  return {
    endpoint: publisher.endpoint,
    latest: (count) => series.latest(count),
    between: (start, end) => series.between(start, end),
    close: async () => {
      stopListening();
      clearTimeout(timer);
      if (heapInterval !== 0) {
        heapInterval = 0;
        tellHeapSampler();
      }
      reader?.process.close();
      await publisher.close();
    },
  };
}

/** Reads what the heap sampler sends: `time rss heapTotal heapUsed external arrayBuffers`. */
function parseReading(text: string): Omit<Sample, "pid" | "cpu" | "childrenRss"> | undefined {
  const none = Number.NaN;
  const [time = none, rss = none, heapTotal = none, heapUsed = none, external = none, arrayBuffers = none] = text
    .split(" ")
    .map(Number);
  const reading = { time, rss, heapTotal, heapUsed, external, arrayBuffers };
  return Object.values(reading).some(Number.isNaN) ? undefined : reading;
}

/** Milliseconds of `process.hrtime`, the clock of all samples. */
export function readClock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
