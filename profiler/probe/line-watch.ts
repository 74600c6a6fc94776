// Loaded by path into the executor's main thread, in place of `cell-watch`, when a cell is measured by line.
import { BroadcastChannel } from "node:worker_threads";
import type { LineMeterOptions, LineReading } from "../lines/line-reading.js";
import type { Measured } from "../measured.js";
import type { WatchOptions } from "../memory-reading.js";
import { begin as beginWatch } from "./cell-watch.js";
import { LineMeter } from "./lines/line-meter.js";
import { exchangeSources } from "./lines/live-edit.js";
import { declareConstants } from "./lines/probe-constants.js";
import { control, lineChannel, type Shared } from "./lines/shared.js";
import type { CodePlaces } from "./self/user-frame.js";

/** What this module is given. */
export interface LineWatchOptions {
  readonly lines: LineMeterOptions;
  /** For `cell-watch`. */
  readonly watch?: WatchOptions;
}

/** What it brings home: what `cell-watch` says, and the lines. */
export interface LineWatchReading {
  readonly cell: unknown;
  readonly lines: Measured<LineReading>;
}

/** Milliseconds until the guard must have answered, and between askings. */
const answerLimit = 5000;
const askEvery = 5;
let meter: LineMeter | undefined;

/** Prepares the lines, begins the watch of the cell, and returns what ends both. */
export async function begin(options: unknown, places?: CodePlaces): Promise<() => Promise<LineWatchReading>> {
  // `lineProbes` in the kernel's profiler makes these and nothing else.
  const { lines, watch } = options as LineWatchOptions;
  meter ??= await createMeter(lines);
  const ours = meter;
  const exchanged = exchangeSources(lines.sources);
  ours.prepare(lines);
  // The looks from the guard's thread are better ones; where the cell itself has no probes, only the other looks know its lines.
  const isSeen = lines.sources.some(({ isCurrent }) => isCurrent);
  const endWatch = await beginWatch(watch, places && isSeen ? { locate: places.locate, isOwn: places.isOwn } : places);
  ours.begin();
  return async () => {
    ours.end();
    const cell = await endWatch();
    exchanged.restore();
    return { cell, lines: { value: ours.takeReading(exchanged.notes) } };
  };
}

async function createMeter({ names }: LineMeterOptions): Promise<LineMeter> {
  const created = new LineMeter();
  declareConstants(created, names);
  await askForTicks(created.shared);
  return created;
}

/** Gives the shared memory to the guard, which may not be listening yet, until it is at work. */
async function askForTicks(shared: Shared): Promise<void> {
  const channel = new BroadcastChannel(lineChannel);
  channel.unref();
  try {
    const until = performance.now() + answerLimit;
    while (Atomics.load(shared.control, control.ready) === 0) {
      if (performance.now() > until) throw new Error("the probe's thread did not answer");
      channel.postMessage(shared);
      await new Promise((resolve) => setTimeout(resolve, askEvery));
    }
  } finally {
    channel.close();
  }
}
