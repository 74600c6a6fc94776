// A front end for tests, over ZeroMQ. It checks every message that it sees against the messaging spec.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dealer, Subscriber } from "zeromq";
import { type ConnectionInfo, formatEndpoint } from "../../kernel/protocol/connection-file.js";
import {
  type Channel,
  type Content,
  createMessage,
  type Header,
  type Message,
  type MessageOptions,
} from "../../kernel/protocol/messages.js";
import { SendQueue } from "../../kernel/protocol/send-queue.js";
import { createSigner, formatFrames, parseFrames } from "../../kernel/protocol/wire.js";
import { findViolations } from "./message-schemas.js";

/** A message as the client saw it. */
export interface SeenMessage extends Message {
  readonly channel: Channel;
}

/** A request with everything that came of it. */
export interface Exchange {
  readonly msgId: string;
  readonly reply: SeenMessage;
  /** What was published for it up to `idle`, in order, without `busy` and `idle`. */
  readonly published: readonly SeenMessage[];
  /** `published` and then the reply, one word each: `stream:stdout`, `execute_reply:ok`. */
  readonly transcript: readonly string[];
  /** All text written to stdout, and to stderr. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and how long. */
export interface RequestOptions {
  readonly channel?: "shell" | "control";
  /** Milliseconds; then the wait fails and tells what came instead. */
  readonly limit?: number;
  /** The subshell that the request is for. */
  readonly subshell?: string | null;
  readonly metadata?: Content;
  readonly buffers?: readonly Uint8Array[];
}

/** A connected client. Every wait has a limit, and fails when a message against the spec has come. */
export interface Client {
  /** Names the client; a client with the same one takes its place. */
  readonly session: string;
  /** Everything that came so far, in order. */
  readonly seen: readonly SeenMessage[];
  /** Sends a request and waits for its reply and its `idle`. */
  readonly request: (msgType: string, content?: Content, options?: RequestOptions) => Promise<Exchange>;
  /** Executes a cell; `options` are further fields of the execute_request. */
  readonly execute: (code: string, options?: Content, limit?: number) => Promise<Exchange>;
  /** Sends a message and waits for nothing; returns its `msg_id`. */
  readonly send: (msgType: string, content?: Content, options?: RequestOptions) => string;
  /** Answers an `input_request`; without `parent` it does not say which. */
  readonly answer: (value: unknown, parent?: Message) => void;
  /** Waits for the reply and the `idle` of a request that was sent before. */
  readonly exchange: (msgId: string, limit?: number) => Promise<Exchange>;
  /** Waits for a message, or finds it among those already seen. */
  readonly waitFor: (fits: (message: SeenMessage) => boolean, limit?: number) => Promise<SeenMessage>;
  readonly sendFrames: (channel: "shell" | "control" | "stdin", frames: readonly Uint8Array[]) => void;
  /** Sends bytes to the heartbeat channel and returns what comes back. */
  readonly heartbeat: (payload: Uint8Array, limit?: number) => Promise<Uint8Array>;
  /** Closes the sockets; throws when a message against the spec has come. */
  readonly close: () => void;
}

/** Connects to a kernel, also to one that is still starting, and returns when nothing on iopub is missed any more. */
export async function connectClient(
  connection: ConnectionInfo,
  options: {
    readonly session?: string;
    readonly limit?: number;
    /** Requests of others may be under way: their `busy` may have been before. */
    readonly late?: boolean;
  } = {},
): Promise<Client> {
  const { session = randomUUID(), limit = 20_000, late = false } = options;
  const sign = createSigner(connection);
  const seen: SeenMessage[] = [];
  const requests = new Map<string, RequestRecord>();
  const violations: string[] = [];
  const waiting = new Set<() => void>();
  // A client that is sooner than its kernel tries again at once.
  const reading = { linger: 0, reconnectInterval: 5, receiveHighWaterMark: 0 };
  const routing = { ...reading, sendHighWaterMark: 0, routingId: session };
  const dealers = {
    shell: new Dealer(routing),
    control: new Dealer(routing),
    stdin: new Dealer(routing),
    hb: new Dealer(reading),
  };
  const iopub = new Subscriber(reading);
  const beats: Uint8Array[] = [];

  const wake = () => {
    for (const look of waiting) look();
  };
  const take = (channel: Channel, frames: readonly Uint8Array[]) => {
    try {
      const message = { ...parseFrames(frames, sign), channel };
      violations.push(...findViolations(channel, message), ...record(requests, message, late));
      seen.push(message);
    } catch (error) {
      violations.push(`${channel}: ${String(error)}`);
    }
    wake();
  };
  const read = async (socket: Dealer | Subscriber, handle: (frames: readonly Uint8Array[]) => void) => {
    for await (const frames of socket) handle(frames);
  };
  const listen = (socket: Dealer | Subscriber, handle: (frames: readonly Uint8Array[]) => void) => {
    read(socket, handle).catch((error: unknown) => {
      violations.push(`reading failed: ${String(error)}`);
      wake();
    });
  };
  const throwViolations = () => {
    if (violations.length > 0) throw new Error(`Messages against the spec:\n${violations.join("\n")}`);
  };

  /** Looks now and at each message, until `look` finds something. */
  const waitUntil = <T>(look: () => T | undefined, what: string, within: number): Promise<T> =>
    new Promise((resolve, reject) => {
      const finish = (act: () => void) => {
        clearTimeout(timer);
        waiting.delete(attempt);
        act();
      };
      const attempt = () => {
        try {
          throwViolations();
          const found = look();
          if (found !== undefined) finish(() => resolve(found));
        } catch (error) {
          finish(() => reject(error));
        }
      };
      const timer = setTimeout(() => {
        const last = seen.slice(-10).map((message) => `${message.channel} ${summarize(message)}`);
        finish(() =>
          reject(new Error(`No ${what} within ${within} ms. The last messages: ${last.join(", ") || "none"}`)),
        );
      }, within);
      waiting.add(attempt);
      attempt();
    });

  listen(dealers.shell, (frames) => take("shell", frames));
  listen(dealers.control, (frames) => take("control", frames));
  listen(dealers.stdin, (frames) => take("stdin", frames));
  listen(iopub, (frames) => take("iopub", frames));
  listen(dealers.hb, ([frame]) => {
    if (frame) beats.push(frame);
    wake();
  });
  for (const channel of ["shell", "control", "stdin", "hb"] as const) {
    dealers[channel].connect(formatEndpoint(connection, channel));
  }
  iopub.connect(formatEndpoint(connection, "iopub"));
  iopub.subscribe("");

  const fail = (error: unknown) => {
    violations.push(`sending failed: ${String(error)}`);
    wake();
  };
  const queueOf = (dealer: Dealer) => new SendQueue((frames) => dealer.send(frames), fail);
  const queues = {
    shell: queueOf(dealers.shell),
    control: queueOf(dealers.control),
    stdin: queueOf(dealers.stdin),
    hb: queueOf(dealers.hb),
  };

  const post = (channel: keyof typeof queues, message: Message) => queues[channel].add(formatFrames(message, [], sign));
  const create = (msgType: string, content: Content, options: Omit<MessageOptions, "session"> = {}) =>
    createMessage(msgType, content, { session, username: "tester", ...options });
  const send: Client["send"] = (msgType, content = {}, options = {}) => {
    const { channel = "shell", subshell, metadata = {}, buffers = [] } = options;
    const message = create(msgType, content, { metadata, buffers });
    const header: Header = subshell === undefined ? message.header : { ...message.header, subshell_id: subshell };
    post(channel, { ...message, header });
    return header.msg_id;
  };
  const exchange: Client["exchange"] = (msgId, within = limit) =>
    waitUntil(() => toExchange(msgId, requests.get(msgId)), `reply and idle for ${msgId}`, within);
  const request: Client["request"] = (msgType, content, requestOptions = {}) =>
    exchange(send(msgType, content, requestOptions), requestOptions.limit);

  const close = () => {
    for (const socket of [...Object.values(dealers), iopub]) socket.close();
    throwViolations();
  };
  try {
    await waitUntil(() => seen.find(({ header }) => header.msg_type === "iopub_welcome"), "iopub_welcome", limit);
  } catch (error) {
    close();
    throw error;
  }

  return {
    session,
    seen,
    request,
    send,
    answer: (value, parent) => post("stdin", create("input_reply", { value }, { parent: parent?.header as Header })),
    exchange,
    execute: (code, fields = {}, within = limit) =>
      request("execute_request", { ...defaultExecution, code, ...fields }, { limit: within }),
    waitFor: (fits, within = limit) => {
      let looked = 0;
      const look = () => {
        const found = seen.slice(looked).find(fits);
        looked = seen.length;
        return found;
      };
      return waitUntil(look, "such message", within);
    },
    sendFrames: (channel, frames) => queues[channel].add([...frames]),
    heartbeat: async (payload, within = limit) => {
      const before = beats.length;
      queues.hb.add([payload]);
      return waitUntil(() => beats[before], "heartbeat", within);
    },
    close,
  };
}

/** One word for a message: its type and what tells it from others of the type. */
function summarize({ header, content }: Message): string {
  const detail = content.status ?? content.execution_state ?? (header.msg_type === "stream" ? content.name : undefined);
  return detail === undefined ? header.msg_type : `${header.msg_type}:${String(detail)}`;
}

/** A connection that nobody else uses, with the function that takes away what it left on the disk. */
export async function createConnection(
  transport: ConnectionInfo["transport"] = "ipc",
): Promise<{ readonly connection: ConnectionInfo; readonly remove: () => Promise<void> }> {
  const key = randomUUID();
  if (transport === "ipc") {
    const folder = await mkdtemp(join(tmpdir(), "cellscope-test-"));
    const ports = { shell: 1, control: 2, stdin: 3, iopub: 4, hb: 5 };
    return {
      connection: { transport, ip: join(folder, "kernel"), ports, key, signatureScheme: "hmac-sha256" },
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  }
  const [shell, control, stdin, iopub, hb] = await findFreePorts();
  const ports = { shell, control, stdin, iopub, hb };
  return {
    connection: { transport, ip: "127.0.0.1", ports, key, signatureScheme: "hmac-sha256" },
    remove: async () => undefined,
  };
}

const defaultExecution = {
  silent: false,
  store_history: true,
  user_expressions: {},
  allow_stdin: false,
  stop_on_error: true,
};

/** What came of one request so far. */
interface RequestRecord {
  readonly published: SeenMessage[];
  reply?: SeenMessage;
  isBusy: boolean;
  isIdle: boolean;
}

/** Files a message under its request; returns the rules broken that one message alone cannot break. */
function record(requests: Map<string, RequestRecord>, message: SeenMessage, late: boolean): string[] {
  const { msg_id: msgId } = message.parent_header;
  if (msgId === undefined || message.channel === "stdin") return [];
  const request = requests.get(msgId) ?? { published: [], isBusy: late, isIdle: false };
  requests.set(msgId, request);
  if (message.channel !== "iopub") {
    if (request.reply) return [`a second reply, ${summarize(message)}, to ${msgId}`];
    request.reply = message;
    return [];
  }
  const state = message.content.execution_state;
  const wasIdle = request.isIdle;
  if (state === "busy") request.isBusy = true;
  else if (state === "idle") request.isIdle = true;
  // What comes after `idle` is late output; it belongs to no exchange.
  else if (!wasIdle) request.published.push(message);
  if (!request.isBusy) return [`${summarize(message)} came before busy`];
  return wasIdle && state !== undefined ? [`${summarize(message)} after idle for ${msgId}`] : [];
}

function toExchange(msgId: string, request: RequestRecord | undefined): Exchange | undefined {
  if (!request?.reply || !request.isIdle) return undefined;
  const { published, reply } = request;
  const textOf = (name: string) =>
    published
      .filter(({ header, content }) => header.msg_type === "stream" && content.name === name)
      .map(({ content }) => String(content.text))
      .join("");
  return {
    msgId,
    reply,
    published,
    transcript: [...published, reply].map(summarize),
    stdout: textOf("stdout"),
    stderr: textOf("stderr"),
  };
}

async function findFreePorts(): Promise<[number, number, number, number, number]> {
  const servers = await Promise.all([
    listenAnywhere(),
    listenAnywhere(),
    listenAnywhere(),
    listenAnywhere(),
    listenAnywhere(),
  ]);
  const [a, b, c, d, e] = servers;
  const ports: [number, number, number, number, number] = [portOf(a), portOf(b), portOf(c), portOf(d), portOf(e)];
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listenAnywhere(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  return address.port;
}
