// A client that only measures: it starts a kernel, asks, and says when the answer came. It checks nothing of the
// messages, since the peers in a benchmark need not keep to the spec.
import { randomUUID } from "node:crypto";
import { Dealer, Subscriber } from "zeromq";
import { formatEndpoint } from "../kernel/protocol/connection-file.js";
import { type Content, createMessage } from "../kernel/protocol/messages.js";
import { SendQueue } from "../kernel/protocol/send-queue.js";
import { createSigner, formatFrames } from "../kernel/protocol/wire.js";
import { prepareConnection } from "../runner/connection.js";
import { type KernelLaunch, KernelProcess } from "../runner/kernel-process.js";

/** A kernel under measurement. Times are milliseconds of `performance.now()`. */
export interface MeasuredKernel {
  readonly pid: number;
  /** Just before the process was created. */
  readonly began: number;
  /** Sends a request and resolves when its reply is there; `undefined` after the limit. */
  readonly ask: (
    channel: "shell" | "control",
    msgType: string,
    content: Content,
    options?: AskOptions,
  ) => Promise<Answer | undefined>;
  /** Sends a cell; `output` fills while it runs. */
  readonly execute: (code: string, options?: ExecuteOptions) => Execution;
  /** Resolves when the heartbeat has come back: to whether it did so within the limit. */
  readonly beat: (limit: number) => Promise<boolean>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Ends the kernel: by asking, and by force when that takes too long. */
  readonly close: () => Promise<void>;
}

/** How long to wait, and after which silence to send the request again. */
export interface AskOptions {
  readonly limit?: number;
  readonly repeatAfter?: number;
}

/** How a cell is sent. */
export interface ExecuteOptions {
  readonly limit?: number;
  /** Keeps the MIME bundles that the cell displays. */
  readonly keepDisplays?: boolean;
  /** Says that somebody sits before it, who can be asked. */
  readonly isWatched?: boolean;
}

/** A reply. */
export interface Answer {
  readonly at: number;
  readonly content: Content;
}

/** One cell. */
export interface Execution {
  readonly sent: number;
  readonly reply: Promise<Answer | undefined>;
  /** Resolves when all output has come; never when the kernel does not say so. */
  readonly idle: Promise<void>;
  readonly output: CellOutput;
}

/** What has come of a cell on iopub. */
export interface CellOutput {
  /** Line ends in its streams. */
  lines: number;
  displays: number;
  /** In their order, where they were to be kept. */
  readonly bundles?: Content[];
  idleAt: number | undefined;
  /** When the last message came. */
  lastAt: number;
}

const textDelimiter = Buffer.from("<IDS|MSG>");
const askLimit = 60_000;

/** Starts a kernel in `cwd`. */
export async function startMeasured(launch: KernelLaunch, cwd: string): Promise<MeasuredKernel> {
  const connection = await prepareConnection();
  const sign = createSigner(connection.info);
  const session = randomUUID();
  // libzmq's own clients look again after 100 ms, which would hide what differs between kernels.
  const options = { linger: 0, reconnectInterval: 5, receiveHighWaterMark: 0 };
  const sockets = {
    shell: new Dealer({ ...options, routingId: session }),
    control: new Dealer({ ...options, routingId: session }),
    hb: new Dealer(options),
    // A kernel whose output nobody takes could do with less work than in earnest.
    iopub: new Subscriber(options),
  };
  sockets.iopub.subscribe();
  for (const channel of ["shell", "control", "hb", "iopub"] as const) {
    sockets[channel].connect(formatEndpoint(connection.info, channel));
  }
  const waiting = new Map<string, (answer: Answer) => void>();
  const outputs = new Map<string, { readonly output: CellOutput; readonly onIdle: () => void }>();
  let onBeat: () => void = () => undefined;
  const takeReply = (frames: readonly Buffer[]) => {
    const { parent, content } = readParts(frames);
    waiting.get(String(parent.msg_id))?.({ at: performance.now(), content: content() });
  };
  const takeOutput = (frames: readonly Buffer[]) => {
    const { header, parent, content } = readParts(frames);
    const { output, onIdle } = outputs.get(String(parent.msg_id)) ?? {};
    if (!output) return;
    note(output, String(header.msg_type), content);
    if (output.idleAt !== undefined) onIdle?.();
  };
  const reading = Promise.all([
    drain(sockets.iopub, takeOutput),
    drain(sockets.shell, takeReply),
    drain(sockets.control, takeReply),
    drain(sockets.hb, () => onBeat()),
  ]);
  const queueOf = (socket: Dealer) =>
    new SendQueue(
      async (frames) => {
        if (!socket.closed) await socket.send(frames);
      },
      (error) => console.error(`bench: a message could not be sent: ${String(error)}`),
    );
  const queues = { shell: queueOf(sockets.shell), control: queueOf(sockets.control), hb: queueOf(sockets.hb) };
  const send = (channel: "shell" | "control", msgType: string, content: Content, before?: (id: string) => void) => {
    const message = createMessage(msgType, content, { session, username: "bench" });
    before?.(message.header.msg_id);
    queues[channel].add(formatFrames(message, [], sign));
    return message.header.msg_id;
  };

  const began = performance.now();
  const child = new KernelProcess(launch, connection.path, cwd);
  await child.started(launch);

  const ask: MeasuredKernel["ask"] = async (channel, msgType, content, { limit = askLimit, repeatAfter } = {}) => {
    const asked = new Set<string>();
    let repeater: NodeJS.Timeout | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Answer | undefined>((resolve, reject) => {
        const sendOne = () => {
          asked.add(send(channel, msgType, content, (id) => waiting.set(id, resolve)));
        };
        timer = setTimeout(() => resolve(undefined), limit);
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
  const execute: MeasuredKernel["execute"] = (
    code,
    { limit = askLimit, keepDisplays = false, isWatched = false } = {},
  ) => {
    const sent = performance.now();
    const kept = keepDisplays ? { bundles: [] } : {};
    const output: CellOutput = { lines: 0, displays: 0, idleAt: undefined, lastAt: sent, ...kept };
    const content = {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: isWatched,
      stop_on_error: true,
    };
    let onIdle: () => void = () => undefined;
    const idle = new Promise<void>((resolve) => {
      onIdle = resolve;
    });
    const reply = new Promise<Answer | undefined>((resolve, reject) => {
      const timer = setTimeout(() => resolve(undefined), limit);
      const settle = (answer: Answer) => {
        clearTimeout(timer);
        resolve(answer);
      };
      void child.ended.then(({ reason, stderr }) => {
        clearTimeout(timer);
        reject(new Error(`${launch.name} ended: ${reason}\n${stderr}`));
      });
      send("shell", "execute_request", content, (id) => {
        waiting.set(id, settle);
        outputs.set(id, { output, onIdle });
      });
    });
    return { sent, reply, idle, output };
  };
  return {
    // `started` has settled.
    pid: child.pid ?? 0,
    began,
    ask,
    execute,
    beat: (limit) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => resolve(false), limit);
        onBeat = () => {
          clearTimeout(timer);
          resolve(true);
        };
        queues.hb.add([Buffer.from("beat")]);
      }),
    signal: (signal) => child.signal(signal),
    close: async () => {
      send("control", "shutdown_request", { restart: false });
      const killer = setTimeout(() => child.signal("SIGKILL"), 3000);
      await child.ended;
      clearTimeout(killer);
      for (const socket of Object.values(sockets)) socket.close();
      await reading;
      await connection.remove();
    },
  };
}

interface Parts {
  readonly header: Content;
  readonly parent: Content;
  /** Parsed when somebody asks: 10 MB of a display need not be. */
  readonly content: () => Content;
}

function readParts(frames: readonly Buffer[]): Parts {
  const at = frames.findIndex((frame) => textDelimiter.equals(frame));
  // What the kernels under measurement send is JSON objects, or the run ends here.
  const parse = (index: number) => JSON.parse(frames[at + index]?.toString() ?? "{}") as Content;
  return { header: parse(2), parent: parse(3), content: () => parse(5) };
}

function note(output: CellOutput, msgType: string, content: () => Content): void {
  output.lastAt = performance.now();
  if (msgType === "display_data") {
    output.displays += 1;
    // A display's data is an object, or the run ends where it is used.
    output.bundles?.push(content().data as Content);
  } else if (msgType === "stream") output.lines += String(content().text).split("\n").length - 1;
  else if (msgType === "status" && content().execution_state === "idle") output.idleAt = output.lastAt;
}

/** Reads a socket until it is closed. */
async function drain(socket: Dealer | Subscriber, take: (frames: readonly Buffer[]) => void): Promise<void> {
  for await (const frames of socket) take(frames);
}
