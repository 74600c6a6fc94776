import type { InputRequest } from "./interpreter.js";
import { type Content, createMessage } from "./protocol/messages.js";
import type { WireMessage } from "./protocol/wire.js";

/** Asks front ends for input, and finds the question that an `input_reply` belongs to. */
export class Stdin {
  readonly #send: (to: WireMessage, content: Content) => string;
  readonly #open = new Map<string, Question>();

  /** `send` sends an `input_request` to the sender of a message, in the name of that message, and returns its `msg_id`. */
  constructor(send: (to: WireMessage, content: Content) => string) {
    this.#send = send;
  }

  /** Asks the sender of `to`: `null` when there is no more input, `undefined` when `signal` came before the answer. */
  async ask(to: WireMessage, request: InputRequest, signal: AbortSignal): Promise<string | null | undefined> {
    if (signal.aborted) return undefined;
    const id = this.#send(to, { ...request });
    let giveUp: (() => void) | undefined;
    try {
      return await new Promise<string | null | undefined>((resolve) => {
        giveUp = () => resolve(undefined);
        signal.addEventListener("abort", giveUp);
        this.#open.set(id, { to, resolve });
      });
    } finally {
      if (giveUp) signal.removeEventListener("abort", giveUp);
      this.#open.delete(id);
    }
  }

  /** Takes an `input_reply`; false when nothing was asked that it could answer. */
  take(message: WireMessage): boolean {
    const question = this.#find(message);
    const { value } = message.content;
    if (question === undefined || typeof value !== "string") return false;
    // What a terminal sends for the end of the input.
    question.resolve(value === "\u0004" ? null : value);
    return true;
  }

  #find({ parent_header: parent, identities }: WireMessage): Question | undefined {
    if (parent.msg_id !== undefined) return this.#open.get(parent.msg_id);
    // Many clients do not say what they answer: then it is the last thing that they were asked.
    return [...this.#open.values()].findLast(({ to }) => isSame(to.identities, identities));
  }
}

interface Question {
  readonly to: WireMessage;
  readonly resolve: (value: string | null | undefined) => void;
}

function isSame(one: readonly Uint8Array[], other: readonly Uint8Array[]): boolean {
  return one.length === other.length && one.every((part, index) => Buffer.compare(part, other[index] ?? part) === 0);
}

/** Makes the function that sends `input_request`s over the stdin channel. */
export function createInputSender(
  session: string,
  send: (to: WireMessage, message: ReturnType<typeof createMessage>) => void,
): (to: WireMessage, content: Content) => string {
  return (to, content) => {
    const message = createMessage("input_request", content, { session, parent: to.header });
    send(to, message);
    return message.header.msg_id;
  };
}
