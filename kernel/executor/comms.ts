import { randomUUID } from "node:crypto";
import type { CommMessage } from "../protocol/comm.js";

/** What goes with the data of a comm message. */
export interface CommOptions {
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Bytes that travel beside the JSON. */
  readonly buffers?: readonly (ArrayBuffer | ArrayBufferView)[];
}

/** What a front end said over a comm. */
export interface CommReceived {
  /** JSON. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}

/** A conversation with a part of a front end, such as a widget, until one side closes it. */
export interface Comm {
  readonly id: string;
  readonly target: string;
  readonly isOpen: () => boolean;
  /** Sends JSON, and bytes beside it; throws when the comm is closed. */
  readonly send: (data: object, options?: CommOptions) => void;
  /** Closes it; does nothing when it is closed. */
  readonly close: (data?: object, options?: CommOptions) => void;
  /** Hears what the front end sends; returns the function that takes the listener away. */
  readonly onMessage: (listener: (received: CommReceived) => unknown) => () => void;
  /** Hears when the front end closes it. */
  readonly onClose: (listener: (received: CommReceived) => unknown) => () => void;
}

/** The comms of a notebook, as cells use them. */
export interface Comms {
  /** Opens a comm to the part of the front end that is registered as `target`. */
  readonly open: (target: string, data?: object, options?: CommOptions) => Comm;
  /** Takes the comms that front ends open under the name `target`; returns the function that ends this. */
  readonly register: (target: string, handler: (comm: Comm, opened: CommReceived) => unknown) => () => void;
}

interface OpenComm {
  readonly comm: Comm;
  readonly messages: Set<(received: CommReceived) => unknown>;
  readonly closes: Set<(received: CommReceived) => unknown>;
}

/** Keeps the comms that are open, and leads what front ends say to its listeners. */
export class CommKeeper implements Comms {
  private readonly sendMessage: (message: CommMessage) => void;
  private readonly fail: (text: string, error: unknown) => void;
  private readonly targets = new Map<string, (comm: Comm, opened: CommReceived) => unknown>();
  private readonly comms = new Map<string, OpenComm>();

  /** `fail` is told what a listener threw: whoever sent the message is no cell that could fail. */
  constructor(sendMessage: (message: CommMessage) => void, fail: (text: string, error: unknown) => void) {
    this.sendMessage = sendMessage;
    this.fail = fail;
  }

  readonly open = (target: string, data: object = {}, options: CommOptions = {}): Comm => {
    checkTarget(target);
    const commId = randomUUID();
    const message = createMessage({ kind: "open", commId, targetName: target }, data, options);
    const { comm } = this.add(commId, target);
    this.sendMessage(message);
    return comm;
  };

  readonly register = (target: string, handler: (comm: Comm, opened: CommReceived) => unknown): (() => void) => {
    checkTarget(target);
    if (typeof handler !== "function") {
      throw new TypeError(`comms.register needs a function that takes the comm, got ${typeof handler}.`);
    }
    this.targets.set(target, handler);
    return () => {
      if (this.targets.get(target) === handler) this.targets.delete(target);
    };
  };

  /** Takes a message from a front end. A target that nobody registered, or that fails, closes the comm again. */
  receive({ kind, commId, targetName = "", data, metadata, buffers }: CommMessage): void {
    const received = { data, metadata, buffers };
    if (kind === "open") {
      this.accept(commId, targetName, received);
      return;
    }
    // The other side may still speak when this one has closed.
    const open = this.comms.get(commId);
    if (open === undefined) return;
    if (kind === "close") this.comms.delete(commId);
    for (const listener of kind === "close" ? open.closes : open.messages) {
      this.attempt(`A listener of the comm ${open.comm.target} failed`, () => listener(received));
    }
  }

  private accept(commId: string, target: string, opened: CommReceived): void {
    const handler = this.targets.get(target);
    const { comm } = this.add(commId, target);
    const taken =
      handler !== undefined &&
      this.attempt(`The comm target ${target} could not take a comm`, () => handler(comm, opened));
    if (!taken) comm.close();
  }

  private attempt(text: string, run: () => unknown): boolean {
    try {
      const returned = run();
      if (returned instanceof Promise) returned.catch((error: unknown) => this.fail(text, error));
      return true;
    } catch (error) {
      this.fail(text, error);
      return false;
    }
  }

  private add(commId: string, target: string): OpenComm {
    const messages = new Set<(received: CommReceived) => unknown>();
    const closes = new Set<(received: CommReceived) => unknown>();
    const isOpen = () => this.comms.get(commId)?.comm === comm;
    const comm: Comm = {
      id: commId,
      target,
      isOpen,
      send: (data, options = {}) => {
        if (!isOpen()) throw new Error(`The comm ${target} is closed: nothing can be sent over it.`);
        this.sendMessage(createMessage({ kind: "message", commId }, data, options));
      },
      close: (data = {}, options = {}) => {
        if (!isOpen()) return;
        const message = createMessage({ kind: "close", commId }, data, options);
        this.comms.delete(commId);
        this.sendMessage(message);
      },
      onMessage: (listener) => subscribe(messages, listener),
      onClose: (listener) => subscribe(closes, listener),
    };
    const open = { comm, messages, closes };
    this.comms.set(commId, open);
    return open;
  }
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function checkTarget(target: unknown): void {
  if (typeof target === "string" && target !== "") return;
  throw new TypeError(`A comm target must be a name, got ${typeof target === "string" ? '""' : typeof target}.`);
}

function createMessage(
  step: Pick<CommMessage, "kind" | "commId" | "targetName">,
  data: unknown,
  { metadata = {}, buffers = [] }: CommOptions,
): CommMessage {
  return { ...step, data: toJson("data", data), metadata: toJson("metadata", metadata), buffers: buffers.map(toBytes) };
}

/** What arrives, and so what a cell sees fail here and not later: an object of JSON. */
function toJson(name: string, value: unknown): Readonly<Record<string, unknown>> {
  const json: unknown = JSON.parse(JSON.stringify(value) ?? "null");
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new TypeError(`The ${name} of a comm message must be an object, got ${JSON.stringify(json).slice(0, 80)}.`);
  }
  // It is an object, no array and not null.
  return json as Readonly<Record<string, unknown>>;
}

function toBytes(buffer: unknown): Uint8Array {
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer);
  if (!ArrayBuffer.isView(buffer)) {
    throw new TypeError(`The buffers of a comm message must be ArrayBuffers or views of them, got ${typeof buffer}.`);
  }
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
