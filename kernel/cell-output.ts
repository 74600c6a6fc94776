import type { Output } from "./interpreter.js";
import type { CommMessage } from "./protocol/comm.js";
import type { Content } from "./protocol/messages.js";
import type { DisplayData } from "./protocol/mime.js";

/** Publishes one message on iopub in the name of one request; throws when the content cannot be written as JSON. */
export type Publish = (msgType: string, content: Content, extras?: MessageExtras) => void;

/** What a message carries beside its content. */
export interface MessageExtras {
  readonly metadata?: Content;
  readonly buffers?: readonly Uint8Array[];
}

/**
 * The output of one cell, as messages. Texts that follow each other within a short time become one `stream`
 * message. It stays usable when the cell has ended: what comes late is still the cell's.
 */
export class CellOutput implements Output {
  readonly #publish: Publish;
  readonly #unflushed: Set<CellOutput>;
  #name: "stdout" | "stderr" = "stdout";
  #texts: string[] = [];
  #length = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `unflushed` holds, at any time, the outputs that still keep some text. */
  constructor(publish: Publish, unflushed: Set<CellOutput>) {
    this.#publish = publish;
    this.#unflushed = unflushed;
  }

  readonly stream = (name: "stdout" | "stderr", text: string): void => {
    if (text === "") return;
    if (name !== this.#name) this.flush();
    this.#name = name;
    this.#texts.push(text);
    this.#length += text.length;
    if (this.#length >= enoughText) {
      this.flush();
    } else {
      this.#unflushed.add(this);
      this.#timer ??= setTimeout(() => this.flush(), coalescingTime);
    }
  };

  readonly display = ({ data, metadata = {}, displayId, update = false }: DisplayData): void => {
    this.flush();
    const transient = displayId === undefined ? {} : { display_id: displayId };
    const msgType = update && displayId !== undefined ? "update_display_data" : "display_data";
    try {
      this.#publish(msgType, { data, metadata, transient });
    } catch (error) {
      this.#publish("stream", { name: "stderr", text: `A display could not be sent as JSON: ${String(error)}\n` });
    }
  };

  readonly clear = (wait: boolean): void => {
    this.flush();
    this.#publish("clear_output", { wait });
  };

  readonly comm = ({ kind, commId, targetName, data, metadata, buffers }: CommMessage): void => {
    // The widget that a display shows must exist before it, and the other way round.
    this.flush();
    const opening = kind === "open" ? { target_name: targetName ?? "" } : {};
    this.#publish(commTypes[kind], { comm_id: commId, ...opening, data }, { metadata, buffers });
  };

  /** Publishes the text that was kept back. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unflushed.delete(this);
    if (this.#texts.length === 0) return;
    const text = this.#texts.join("");
    this.#texts = [];
    this.#length = 0;
    this.#publish("stream", { name: this.#name, text });
  }
}

const commTypes = { open: "comm_open", message: "comm_msg", close: "comm_close" } as const;

/** Long enough to gather the lines of a loop, too short to be seen. */
const coalescingTime = 30;

/** UTF-16 units; a message of this size costs as much in its text as in its envelope many times over. */
const enoughText = 128 * 1024;
