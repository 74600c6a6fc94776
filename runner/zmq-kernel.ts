// A kernel on this machine, started by us and spoken to over ZeroMQ: no server, no Python.
import { randomUUID } from "node:crypto";
import { Dealer, Subscriber } from "zeromq";
import { type ConnectionInfo, formatEndpoint } from "../kernel/protocol/connection-file.js";
import { type Content, createMessage, type Message } from "../kernel/protocol/messages.js";
import { SendQueue } from "../kernel/protocol/send-queue.js";
import { createSigner, formatFrames, parseFrames, type Signer } from "../kernel/protocol/wire.js";
import { type PreparedConnection, prepareConnection } from "./connection.js";
import { KernelStartError, messageOf } from "./errors.js";
import type { KernelDeath } from "./kernel-death.js";
import { type KernelLaunch, KernelProcess } from "./kernel-process.js";
import { settlesWithin } from "./wait.js";

/** A message and the channel that it came by or goes to. */
export interface ChannelMessage extends Message {
  readonly channel: MessageChannel;
}

/** The channels that carry messages. */
export type MessageChannel = "shell" | "control" | "stdin" | "iopub";

/** Where a kernel starts, and how long that may take. */
export interface ZmqKernelOptions {
  readonly cwd: string;
  /** Time until the kernel has answered and is heard. */
  readonly startTimeout?: number;
  /** Gives the start up. */
  readonly signal?: AbortSignal | undefined;
  /** Told of the kernel's process as soon as there is one. */
  readonly onSpawn?: (pid: number) => void;
  /** Told of messages that were dropped because they were broken. */
  readonly onProblem?: (problem: string) => void;
}

/** A running kernel, ready for requests. */
export class ZmqKernel {
  readonly launch: KernelLaunch;
  /** Names our own requests. */
  readonly session = randomUUID();
  /** Resolves when the kernel has ended without having been asked to. */
  readonly died: Promise<KernelDeath>;
  readonly #options: ZmqKernelOptions;
  readonly #connection: PreparedConnection;
  readonly #sockets: Sockets;
  readonly #listeners = new Set<(message: ChannelMessage) => void>();
  #process: KernelProcess;
  #info: Content = {};
  #isExpectedToEnd = false;
  #reportDeath: (death: KernelDeath) => void = () => undefined;

  private constructor(launch: KernelLaunch, options: ZmqKernelOptions, connection: PreparedConnection) {
    this.launch = launch;
    this.#options = options;
    this.#connection = connection;
    this.died = new Promise((resolve) => {
      this.#reportDeath = resolve;
    });
    this.#sockets = openSockets(connection.info, {
      onMessage: (message) => {
        for (const listener of this.#listeners) listener(message);
      },
      onProblem: options.onProblem ?? (() => undefined),
    });
    this.#process = this.#spawn();
  }

  /** Starts a kernel and waits until it answers; throws a `KernelStartError` with the reason when it does not. */
  static async start(launch: KernelLaunch, options: ZmqKernelOptions): Promise<ZmqKernel> {
    for (let attempt = 1; ; attempt++) {
      const kernel = new ZmqKernel(launch, options, await prepareConnection());
      try {
        await kernel.#becomeReady();
        return kernel;
      } catch (error) {
        await kernel.kill();
        // Another process took a port between our choice and the kernel's bind.
        const isClash = /EADDRINUSE|address (?:is )?already in use|cannot be bound/i.test(messageOf(error));
        if (!isClash || attempt === startAttempts) throw error;
      }
    }
  }

  /** The content of the kernel's `kernel_info_reply`. */
  get info(): Content {
    return this.#info;
  }

  /** The id of the kernel's process. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Sends a message; the order on a channel is kept. */
  send(message: ChannelMessage): void {
    if (message.channel !== "iopub") this.#sockets.send(message.channel, message);
  }

  /** Hands every message of the kernel to `listener`; returns the function that takes it away. */
  onMessage(listener: (message: ChannelMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks the kernel to stop the running cell, in the way that its kernelspec names. */
  interrupt(): void {
    if (this.launch.interruptMode === "signal" && process.platform !== "win32") this.#process.signal("SIGINT");
    else this.#request("control", "interrupt_request", {});
  }

  /** Whether the kernel answers on its heartbeat channel within `limit`; not waited for beyond `stop`. */
  ping(limit: number, stop?: AbortSignal): Promise<boolean> {
    return this.#sockets.ping(limit, stop);
  }

  /** Ends the kernel's process and starts a new one on the same ports. */
  async restart(): Promise<void> {
    await this.#end({ restart: true });
    this.#isExpectedToEnd = false;
    this.#process = this.#spawn();
    await this.#becomeReady();
  }

  /** Asks the kernel to end, ends it when it does not within some seconds, and releases everything. */
  async shutdown(): Promise<void> {
    await this.#end({ restart: false });
    await this.#release();
  }

  /** Ends the kernel at once. */
  async kill(): Promise<void> {
    this.#isExpectedToEnd = true;
    this.#process.signal("SIGKILL");
    await this.#process.ended;
    await this.#release();
  }

  async #release(): Promise<void> {
    this.#sockets.close();
    await this.#connection.remove();
  }

  async #end(content: { readonly restart: boolean }): Promise<void> {
    this.#isExpectedToEnd = true;
    let isIdle = false;
    const stop = this.onMessage(({ channel, content: { execution_state: state }, parent_header: parent }) => {
      if (channel === "iopub" && state === "idle" && parent.msg_id === request) isIdle = true;
    });
    const request = this.#request("control", "shutdown_request", content);
    if (!(await settlesWithin(this.#process.ended, shutdownTime))) {
      this.#process.signal("SIGKILL");
      await this.#process.ended;
    }
    // Its `idle` comes after all else that the kernel has sent.
    if (!isIdle) await this.#fallQuiet();
    stop();
  }

  #spawn(): KernelProcess {
    const child = new KernelProcess(this.launch, this.#connection.path, this.#options.cwd);
    if (child.pid !== undefined) this.#options.onSpawn?.(child.pid);
    void child.ended.then(async (death) => {
      if (this.#isExpectedToEnd) return;
      await this.#fallQuiet();
      this.#reportDeath(death);
    });
    return child;
  }

  /** What the kernel sent before it ended is still on its way through the sockets; there is no sign of its end. */
  async #fallQuiet(): Promise<void> {
    const deadline = performance.now() + longestDrain;
    let isQuiet = false;
    const stop = this.onMessage(() => {
      isQuiet = false;
    });
    while (!isQuiet && performance.now() < deadline) {
      isQuiet = true;
      await new Promise((resolve) => setTimeout(resolve, quietTime));
    }
    stop();
  }

  #request(channel: "shell" | "control", msgType: string, content: Content): string {
    const message = createMessage(msgType, content, { session: this.session, username: "cellscope" });
    this.#sockets.send(channel, message);
    return message.header.msg_id;
  }

  /**
   * Repeats `kernel_info_request` until the reply has come and something was heard on iopub: a subscription
   * reaches the kernel some time after the connection, and what is published before is lost.
   */
  async #becomeReady(): Promise<void> {
    const { startTimeout = defaultStartTimeout, signal } = this.#options;
    await this.#process.started(this.launch);
    let info: Content | undefined;
    let isHeard = false;
    let wake = (): void => undefined;
    const asked = new Set<string>();
    const stop = this.onMessage((message) => {
      if (message.channel === "iopub") isHeard = true;
      else if (message.header.msg_type === "kernel_info_reply") {
        if (asked.has(String(message.parent_header.msg_id))) info = message.content;
      }
      wake();
    });
    let end: KernelDeath | undefined;
    void this.#process.ended.then((death) => {
      end = death;
      wake();
    });
    const abort = (): void => wake();
    signal?.addEventListener("abort", abort);
    const deadline = performance.now() + startTimeout;
    try {
      while (info === undefined || !isHeard) {
        signal?.throwIfAborted();
        if (end)
          throw new KernelStartError(`${this.#describeStart()} did not start. ${end.reason}${quote(end.stderr)}`);
        if (performance.now() >= deadline) throw new KernelStartError(this.#describeSilence(info !== undefined));
        asked.add(this.#request("shell", "kernel_info_request", {}));
        const pause = info === undefined ? 500 : 10;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, pause);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      this.#info = info;
    } finally {
      stop();
      signal?.removeEventListener("abort", abort);
    }
  }

  #describeStart(): string {
    return `The kernel "${this.launch.name}" (${this.launch.argv.join(" ")})`;
  }

  #describeSilence(hasReplied: boolean): string {
    const { startTimeout = defaultStartTimeout } = this.#options;
    const what = hasReplied ? "answered, but published nothing on iopub" : "runs, but did not answer";
    return `${this.#describeStart()} ${what} within ${startTimeout / 1000} s.`;
  }
}

const startAttempts = 3;
/** Kernels that start side by side on few cores need their time. */
const defaultStartTimeout = 60_000;
const shutdownTime = 5000;
const quietTime = 50;
const longestDrain = 2000;

interface Sockets {
  readonly send: (channel: "shell" | "control" | "stdin", message: Message) => void;
  readonly ping: (limit: number, stop?: AbortSignal) => Promise<boolean>;
  readonly close: () => void;
}

interface SocketListener {
  readonly onMessage: (message: ChannelMessage) => void;
  readonly onProblem: (problem: string) => void;
}

function openSockets(connection: ConnectionInfo, listener: SocketListener): Sockets {
  // The kernel binds a moment after we connect: look again soon. Nothing may be dropped, and nothing holds up our end.
  const receiving = { linger: 0, receiveHighWaterMark: 0, reconnectInterval: 10 };
  const options = { ...receiving, sendHighWaterMark: 0 };
  // A kernel asks for input on stdin from whoever sent the request on shell: by the same identity.
  const routingId = randomUUID();
  const shell = new Dealer({ ...options, routingId });
  const control = new Dealer({ ...options, routingId });
  const stdin = new Dealer({ ...options, routingId });
  const hb = new Dealer(options);
  const iopub = new Subscriber(receiving);
  iopub.subscribe();
  const sockets = { shell, control, stdin, iopub, hb };
  shell.connect(formatEndpoint(connection, "shell"));
  control.connect(formatEndpoint(connection, "control"));
  stdin.connect(formatEndpoint(connection, "stdin"));
  hb.connect(formatEndpoint(connection, "hb"));
  iopub.connect(formatEndpoint(connection, "iopub"));

  const sign = createSigner(connection);
  for (const channel of ["shell", "control", "stdin", "iopub"] as const) {
    void read(sockets[channel], channel, sign, listener);
  }
  const pings = new Pings();
  void readPings(hb, pings);

  const queueOf = (socket: Dealer) =>
    new SendQueue(
      async (frames) => {
        if (!socket.closed) await socket.send(frames);
      },
      (error) => listener.onProblem(`A message could not be sent: ${messageOf(error)}`),
    );
  const queues = { shell: queueOf(shell), control: queueOf(control), stdin: queueOf(stdin), hb: queueOf(hb) };
  return {
    send: (channel, message) => queues[channel].add(formatFrames(message, [], sign)),
    ping: (limit, stop) => {
      const id = randomUUID();
      // The empty frame is what a REQ socket sends before its message; a REP socket wants it.
      queues.hb.add([Buffer.alloc(0), Buffer.from(id)]);
      return settlesWithin(pings.answer(id), limit, stop);
    },
    close: () => {
      for (const socket of Object.values(sockets)) socket.close();
    },
  };
}

/** Reads one socket until it is closed. */
async function read(
  socket: Dealer | Subscriber,
  channel: MessageChannel,
  sign: Signer,
  { onMessage, onProblem }: SocketListener,
): Promise<void> {
  for await (const frames of socket) {
    let message: Message;
    try {
      message = parseFrames(frames, sign);
    } catch (error) {
      onProblem(`A message of the kernel on ${channel} was dropped: ${messageOf(error)}`);
      continue;
    }
    onMessage({ ...message, channel });
  }
}

/** Who waits for which answer on the heartbeat channel. */
class Pings {
  readonly #waiting = new Map<string, () => void>();

  answer(id: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  /** An answer shows that the kernel lives now: whoever asked before has it too. */
  answered(id: string): void {
    for (const [earlier, resolve] of this.#waiting) {
      this.#waiting.delete(earlier);
      resolve();
      if (earlier === id) return;
    }
  }
}

async function readPings(socket: Dealer, pings: Pings): Promise<void> {
  for await (const frames of socket) pings.answered(String(frames.at(-1)));
}

/** The end of what a kernel wrote, below the message; nothing when it wrote nothing. */
function quote(text: string): string {
  const lines = text.trim().split("\n").slice(-20);
  return lines[0] === "" ? "" : `\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
