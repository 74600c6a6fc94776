// The kernel's five sockets. What arrives is verified and parsed here, what leaves is signed here.
import { setTimeout as delay } from "node:timers/promises";
import { Router, type Socket, XPublisher } from "zeromq";
import { Backlog } from "./backlog.js";
import { withLimit } from "./limit.js";
import { PatientSender } from "./patient-sender.js";
import { type ConnectionInfo, formatEndpoint, isIpv6 } from "./protocol/connection-file.js";
import type { Channel, Message, RequestChannel } from "./protocol/messages.js";
import { ReplayGuard } from "./protocol/replay-guard.js";
import { SendQueue } from "./protocol/send-queue.js";
import { createSigner, formatFrames, parseFrames, type WireMessage } from "./protocol/wire.js";

/** What the owner of the channels is told. */
export interface ChannelListener {
  readonly onMessage: (channel: RequestChannel, message: WireMessage) => void;
  /** A client subscribed to the messages on iopub whose topic starts with `topic`. */
  readonly onSubscription: (topic: string) => void;
}

/** The bound sockets of a kernel. */
export interface Channels {
  /** Starts to read; until then, what clients send waits in the sockets. */
  readonly receive: (listener: ChannelListener) => void;
  /** Answers whoever sent `to`; throws when the message cannot be written as JSON. */
  readonly send: (channel: RequestChannel, to: WireMessage, message: Message) => void;
  /** Publishes on iopub; throws when the message cannot be written as JSON. */
  readonly publish: (topic: string, message: Message) => void;
  /** Hands over what is still queued, within a limit, and closes the sockets. */
  readonly close: () => Promise<void>;
}

/** An address that cannot be had; the message says which, for what channel, and why. */
class BindError extends Error {
  override readonly name = "BindError";
}

/**
 * Binds the five sockets; throws, with none left open, when one of them cannot be bound. `onBacklog` is told when more
 * is published than front ends take, and when they have caught up.
 */
export async function bindChannels(
  connection: ConnectionInfo,
  log: (line: string) => void,
  onBacklog: (isFull: boolean) => void = () => undefined,
): Promise<Channels> {
  const options = {
    linger: lingerTime,
    // A queue that is full would drop output; the kernel keeps it all.
    sendHighWaterMark: 0,
    receiveHighWaterMark: 0,
    // Frames arrive in memory before anybody can look at their signature.
    maxMessageSize: largestFrame,
    ipv6: isIpv6(connection),
  };
  // A client that comes back under its old identity takes its place.
  const routing = { ...options, handover: true };
  const shell = new Router(routing);
  const control = new Router(routing);
  const stdin = new Router(routing);
  const hb = new Router(routing);
  // `allSubs`: also the second client that subscribes to a topic is heard, and welcomed.
  const iopub = new XPublisher({
    ...options,
    verbosity: "allSubs",
    sendHighWaterMark: longestQueue,
    noDrop: true,
  });
  const sockets = { shell, control, stdin, iopub, hb };
  await bindAll(sockets, connection);

  const sign = createSigner(connection);
  const replays = new ReplayGuard();
  const parse = (frames: readonly Uint8Array[]): WireMessage => parseFrames(frames, sign, replays);
  const backlog = new Backlog(onBacklog);
  const sender = new PatientSender(iopub, log);
  const publish = async (frames: Uint8Array[]) => {
    try {
      await sender.send(frames);
    } finally {
      backlog.take(frames);
    }
  };
  const sendOn = (socket: Router) => async (frames: Uint8Array[]) => {
    if (!socket.closed) await socket.send(frames);
  };
  const queueOf = (channel: Channel, send: (frames: Uint8Array[]) => Promise<void>) =>
    new SendQueue(send, (error) => log(`${channel}: a message could not be sent: ${String(error)}`));
  const queues = {
    shell: queueOf("shell", sendOn(shell)),
    control: queueOf("control", sendOn(control)),
    stdin: queueOf("stdin", sendOn(stdin)),
    iopub: queueOf("iopub", publish),
    hb: queueOf("hb", sendOn(hb)),
  };

  /** Reads one socket until it is closed. */
  const read = async (socket: Router | XPublisher, channel: Channel, take: (frames: Buffer[]) => void) => {
    for await (const frames of socket) {
      try {
        take(frames);
      } catch (error) {
        log(`${channel}: a message was dropped: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  const start = (socket: Router | XPublisher, channel: Channel, take: (frames: Buffer[]) => void): void => {
    read(socket, channel, take).catch((error: unknown) => log(`${channel}: reading ended: ${String(error)}`));
  };

  return {
    receive: ({ onMessage, onSubscription }) => {
      start(hb, "hb", (frames) => queues.hb.add(frames));
      start(control, "control", (frames) => onMessage("control", parse(frames)));
      start(stdin, "stdin", (frames) => onMessage("stdin", parse(frames)));
      const subscribed = new Promise<void>((resolve) => {
        start(iopub, "iopub", ([frame]) => {
          // XPUB: 1 and the topic for a subscription, 0 and the topic for its end.
          // Anybody may subscribe, unsigned: what would be no topic of anybody's is not sent back.
          if (frame?.[0] !== 1 || frame.length > longestTopic) return;
          onSubscription(frame.subarray(1).toString());
          resolve();
        });
      });
      void withLimit(subscribed, firstSubscription).then(() => {
        if (!shell.closed) start(shell, "shell", (frames) => onMessage("shell", parse(frames)));
      });
    },
    send: (channel, to, message) => queues[channel].add(formatFrames(message, to.identities, sign)),
    publish: (topic, message) => {
      const frames = formatFrames(message, [Buffer.from(topic)], sign);
      backlog.add(frames);
      queues.iopub.add(frames);
    },
    close: async () => {
      const flushed = Promise.all(Object.values(queues).map((queue) => queue.flushed()));
      await withLimit(flushed, lingerTime);
      for (const socket of Object.values(sockets)) socket.close();
    },
  };
}

/**
 * Time for the first client to subscribe to iopub, in which its requests wait: who has asked and hears of no `idle` may
 * wait for it for ever. A client's sockets try again every 100 ms (`ZMQ_RECONNECT_IVL`), each at its own moment, from
 * before there was a kernel; one that does not listen at all is answered too.
 */
const firstSubscription = 500;

/** Messages that wait for one front end in ZeroMQ's queue; text comes in messages of up to some 128 KiB. */
const longestQueue = 250;

/** Bytes. ZeroMQ ends the connection of a peer that sends more: widgets send images and tables, not this. */
const largestFrame = 1024 * 1024 * 1024;

/** Bytes of a subscription. */
const longestTopic = 1024;

/** Time that a closed socket keeps trying to deliver; a client that is gone must not hold up the exit for longer. */
const lingerTime = 1000;

async function bindAll(sockets: Readonly<Record<Channel, Socket & Pick<Router, "bind">>>, connection: ConnectionInfo) {
  // The keys of `sockets` are the channels.
  const channels = Object.keys(sockets) as Channel[];
  const attempts = await Promise.allSettled(
    channels.map((channel) => bindPatiently(sockets[channel], formatEndpoint(connection, channel))),
  );
  const failed = attempts.findIndex(({ status }) => status === "rejected");
  const channel = channels[failed];
  const attempt = attempts[failed];
  if (channel === undefined || attempt?.status !== "rejected") return;
  for (const socket of Object.values(sockets)) socket.close();
  const cause: unknown = attempt.reason;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const endpoint = formatEndpoint(connection, channel);
  throw new BindError(`The ${channel} channel cannot be bound to ${endpoint}: ${reason}.`, { cause });
}

/** Who makes a connection file chooses ports that are free; until they are bound, any connection of the system may have one. */
const bindPatience = 1000;
const bindEvery = 50;

async function bindPatiently(socket: Pick<Router, "bind">, endpoint: string): Promise<void> {
  const until = performance.now() + bindPatience;
  for (;;) {
    try {
      return await socket.bind(endpoint);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || performance.now() > until) throw error;
    }
    await delay(bindEvery);
  }
}
