// A client that only measures: it starts a kernel, asks, and says when the answer came. It checks nothing of the
// messages, since the peers in a benchmark need not keep to the spec.
import { randomUUID } from "node:crypto";
import { Dealer, Subscriber } from "zeromq";
import { formatEndpoint } from "../kernel/protocol/connection-file.js";
import { type Content, createMessage } from "../kernel/protocol/messages.js";
import { SendQueue } from "../kernel/protocol/send-queue.js";
import { createSigner, formatFrames, parseFrames } from "../kernel/protocol/wire.js";
import { prepareConnection } from "../runner/connection.js";
import { type KernelLaunch, KernelProcess } from "../runner/kernel-process.js";

/** A kernel under measurement. */
export interface MeasuredKernel {
  /** Sends a request on shell and resolves when its reply is there: to the milliseconds since the kernel was started. */
  readonly ask: (msgType: string, content: Content, options?: AskOptions) => Promise<number>;
  readonly execute: (code: string) => Promise<number>;
  /** Ends the kernel: by asking, and by force when that takes too long. */
  readonly close: () => Promise<void>;
}

/** How long to wait, and after which silence to send the request again. */
export interface AskOptions {
  readonly limit?: number;
  readonly repeatAfter?: number;
}

/** Starts a kernel; the clock runs from just before its process is created. */
export async function startMeasured(launch: KernelLaunch): Promise<MeasuredKernel> {
  const connection = await prepareConnection();
  const sign = createSigner(connection.info);
  const session = randomUUID();
  // libzmq's own clients look again after 100 ms, which would hide what differs between kernels.
  const options = { linger: 0, reconnectInterval: 5, receiveHighWaterMark: 0 };
  const shell = new Dealer({ ...options, routingId: session });
  const control = new Dealer({ ...options, routingId: session });
  // A kernel whose output nobody takes could do with less work than in earnest.
  const iopub = new Subscriber(options);
  iopub.subscribe();
  shell.connect(formatEndpoint(connection.info, "shell"));
  control.connect(formatEndpoint(connection.info, "control"));
  iopub.connect(formatEndpoint(connection.info, "iopub"));
  const waiting = new Map<string, () => void>();
  const reading = Promise.all([
    drain(iopub),
    drain(shell, (frames) => {
      const answered = String(parseFrames(frames, sign).parent_header.msg_id);
      waiting.get(answered)?.();
    }),
  ]);
  const queueOf = (socket: Dealer) =>
    new SendQueue(
      async (frames) => {
        if (!socket.closed) await socket.send(frames);
      },
      (error) => console.error(`bench: a message could not be sent: ${String(error)}`),
    );
  const queues = { shell: queueOf(shell), control: queueOf(control) };
  const send = (channel: "shell" | "control", msgType: string, content: Content) => {
    const message = createMessage(msgType, content, { session, username: "bench" });
    queues[channel].add(formatFrames(message, [], sign));
    return message.header.msg_id;
  };

  const began = performance.now();
  const child = new KernelProcess(launch, connection.path, process.cwd());
  await child.started(launch);

  const ask = async (msgType: string, content: Content, { limit = 60_000, repeatAfter }: AskOptions = {}) => {
    const asked = new Set<string>();
    let repeater: NodeJS.Timeout | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<number>((resolve, reject) => {
        const sendOne = () => {
          const id = send("shell", msgType, content);
          asked.add(id);
          waiting.set(id, () => resolve(performance.now() - began));
        };
        timer = setTimeout(() => reject(new Error(`${launch.name}: no reply to ${msgType} in ${limit} ms`)), limit);
        if (repeatAfter !== undefined) repeater = setInterval(sendOne, repeatAfter);
        void child.ended.then(({ reason, stderr }) => reject(new Error(`${launch.name} ended: ${reason}\n${stderr}`)));
        sendOne();
      });
    } finally {
      clearInterval(repeater);
      clearTimeout(timer);
      for (const id of asked) waiting.delete(id);
    }
  };
  const execute = (code: string) =>
    ask("execute_request", {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    });
  const close = async () => {
    send("control", "shutdown_request", { restart: false });
    const killer = setTimeout(() => child.signal("SIGKILL"), 3000);
    await child.ended;
    clearTimeout(killer);
    for (const socket of [shell, control, iopub]) socket.close();
    await reading;
    await connection.remove();
  };
  return { ask, execute, close };
}

/** Reads a socket until it is closed. */
async function drain(
  socket: Dealer | Subscriber,
  take: (frames: readonly Uint8Array[]) => void = () => undefined,
): Promise<void> {
  for await (const frames of socket) take(frames);
}
