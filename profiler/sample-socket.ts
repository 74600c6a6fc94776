// Samples over ZeroMQ, so that a report, a program in another process and a script of the user draw the same ones.
// The socket is its owner's alone: whoever subscribes has the executor measured, and hears more than /proc tells.
import { randomUUID } from "node:crypto";
import { Subscriber, XPublisher } from "zeromq";
import { decodeState, type KernelState } from "./kernel-state.js";
import { createPrivateEndpoint } from "./private-endpoint.js";
import { decodeFrame, encodeFrame, type Sample, type SampleFrame } from "./sample-frames.js";
import { SampleSeries } from "./sample-series.js";

// A subscriber says what it wants by what it subscribes to: the publisher hears of it, and hears too when it is gone.
const topics = {
  samples: "samples",
  bulk: "bulk",
  heap: "heap",
  state: "state",
  every: "every/",
  recent: "recent/",
} as const;

/** Milliseconds between two frames, for those who draw what comes and for those who want it in the end. */
export const frameIntervals = { samples: 200, bulk: 1000 } as const;

/** A topic under which samples come as they are taken. */
export type SampleFeed = keyof typeof frameIntervals;

/** The shortest and the longest time between samples that a subscriber may ask for, in milliseconds. */
const intervalLimits = { shortest: 5, longest: 60_000 } as const;

/** What all subscribers together want. */
export interface SampleDemand {
  /** The shortest interval that somebody asked for, in milliseconds. */
  readonly interval?: number;
  /** Somebody wants the readings from inside the executor. */
  readonly heap: boolean;
  /** Somebody wants to know what the kernel does; absent when nobody does. */
  readonly state?: true;
}

/** Sends frames to whoever has subscribed. */
export interface SamplePublisher {
  readonly endpoint: string;
  readonly demand: () => SampleDemand;
  /** Sends a frame; does nothing while nobody has subscribed to this feed. */
  readonly publish: (feed: SampleFeed, frame: SampleFrame) => void;
  /** Sends what the kernel does; does nothing while nobody wants to know. */
  readonly publishState: (state: KernelState) => void;
  readonly close: () => Promise<void>;
}

/** Binds the socket. `recent` gives a new subscriber the newest samples; `onDemand` is called when the demand changes. */
export async function openSamplePublisher(options: {
  readonly recent: (count: number) => SampleFrame;
  readonly onDemand: () => void;
}): Promise<SamplePublisher> {
  const socket = new XPublisher({ linger: 0 });
  const place = await createPrivateEndpoint("samples");
  try {
    await socket.bind(place.address);
  } catch (error) {
    socket.close();
    await place.remove();
    throw error;
  }
  const endpoint = socket.lastEndpoint;
  if (endpoint === null) throw new Error("ZeroMQ names no endpoint for the samples although it has bound one.");
  const wanted = new Set<string>();
  let sending = Promise.resolve();

  const send = (topic: string, bytes: Buffer) => {
    // One message at a time is all that a socket takes. XPUB drops what a slow subscriber does not fetch and never waits.
    sending = sending.then(async () => {
      if (!socket.closed) await socket.send([topic, bytes]);
    });
    sending.catch(() => undefined); // Only a socket that is being closed refuses: nobody is left to hear of it.
  };

  const listening = listen(socket, (topic, subscribed) => {
    if (subscribed) wanted.add(topic);
    else wanted.delete(topic);
    const count = /^recent\/(\d{1,6})\//.exec(topic)?.[1];
    if (subscribed && count !== undefined) send(topic, encodeFrame(options.recent(Number(count))));
    else options.onDemand();
  });

  return {
    endpoint,
    demand: () => demandOf(wanted),
    publish: (feed, frame) => {
      if (wanted.has(topics[feed])) send(topics[feed], encodeFrame(frame));
    },
    publishState: (state) => {
      if (wanted.has(topics.state)) send(topics.state, Buffer.from(JSON.stringify(state)));
    },
    close: async () => {
      await sending.catch(() => undefined); // Reported where it was sent.
      socket.close();
      await listening;
      await place.remove();
    },
  };
}

/** What a set of topics asks for; pure. */
export function demandOf(wanted: Iterable<string>): SampleDemand {
  let heap = false;
  let state = false;
  let interval: number | undefined;
  for (const topic of wanted) {
    if (topic === topics.heap) heap = true;
    if (topic === topics.state) state = true;
    const asked = topic.startsWith(topics.every) ? Number(topic.slice(topics.every.length)) : Number.NaN;
    if (!(asked > 0)) continue;
    const bounded = Math.min(intervalLimits.longest, Math.max(intervalLimits.shortest, asked));
    interval = Math.min(interval ?? bounded, bounded);
  }
  return { heap, ...(interval !== undefined && { interval }), ...(state && { state }) };
}

/** Samples as they come in, and all that have come so far. */
export interface SampleSubscription {
  /** Waits until the samples up to `time` are here, at most `limit` ms; says whether they are. */
  readonly reach: (time: number, limit: number) => Promise<boolean>;
  readonly series: SampleSeries;
  readonly close: () => Promise<void>;
}

/** What a subscriber wants. Times are milliseconds. */
export interface SubscribeOptions {
  /** Between samples while a cell runs. */
  readonly interval?: number;
  /** Also what the executor's main thread says of itself. */
  readonly heap?: boolean;
  /** `samples` without it. */
  readonly feed?: SampleFeed;
  /** How many samples of the past to begin with. */
  readonly recent?: number;
  /** How long to wait for the publisher. */
  readonly limit?: number;
  readonly onFrame?: (samples: readonly Sample[]) => void;
  /** Also what the kernel does, several times a second. */
  readonly onState?: (state: KernelState) => void;
}

/** Subscribes, and returns when the publisher is known to send: no sample from now on is missed. */
export async function subscribeToSamples(
  endpoint: string,
  options: SubscribeOptions = {},
): Promise<SampleSubscription> {
  const { interval, heap = false, feed = "samples", recent = 0, limit = 2000, onFrame, onState } = options;
  const socket = new Subscriber({ linger: 0 });
  const series = new SampleSeries();
  const waiting = new Set<() => void>();
  let through = Number.NEGATIVE_INFINITY;
  let greeted = false;

  const greeting = `${topics.recent}${recent}/${randomUUID()}`;
  const receive = async () => {
    for await (const [topic, bytes] of socket) {
      if (topic?.toString() === topics.state) {
        const state = bytes === undefined ? undefined : decodeState(bytes);
        if (state !== undefined) onState?.(state);
        continue;
      }
      const frame = bytes === undefined ? undefined : decodeFrame(bytes);
      if (topic === undefined || frame === undefined) continue;
      for (const sample of frame.samples) series.add(sample);
      through = Math.max(through, frame.through);
      if (topic.toString() === greeting) {
        greeted = true;
        if (!socket.closed) socket.unsubscribe(greeting);
      }
      onFrame?.(frame.samples);
      for (const check of waiting) check();
    }
  };
  const until = (holds: () => boolean, within: number) =>
    new Promise<boolean>((resolve) => {
      const finish = (reached: boolean) => {
        clearTimeout(timer);
        waiting.delete(check);
        resolve(reached);
      };
      const check = () => {
        if (holds()) finish(true);
      };
      const timer = setTimeout(() => finish(false), within);
      waiting.add(check);
      check();
    });

  const reach = (time: number, within: number) => until(() => through >= time, within);

  let receiving: Promise<void> | undefined;
  const close = async () => {
    socket.close();
    await receiving;
  };
  try {
    socket.connect(endpoint);
    receiving = receive();
    receiving.catch(() => undefined); // Thrown again by `close`, which always follows.
    // Subscriptions arrive in their order: the answer to the last one means that all are in force.
    socket.subscribe(topics[feed]);
    if (interval !== undefined) socket.subscribe(`${topics.every}${interval}`);
    if (heap) socket.subscribe(topics.heap);
    if (onState !== undefined) socket.subscribe(topics.state);
    socket.subscribe(greeting);
    if (await until(() => greeted, limit)) return { reach, series, close };
  } catch (error) {
    await close();
    throw error;
  }
  await close();
  throw new Error(`The samples at ${endpoint} did not answer within ${limit} ms.`);
}

async function listen(socket: XPublisher, onTopic: (topic: string, subscribed: boolean) => void): Promise<void> {
  for await (const [message] of socket) {
    // Byte 1 subscribes and byte 0 ends it; whatever else a peer may send is none of our business.
    const kind = message?.[0];
    if (message !== undefined && (kind === 0 || kind === 1)) onTopic(message.toString("utf8", 1), kind === 1);
  }
}
