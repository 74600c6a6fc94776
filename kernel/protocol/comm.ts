/** One step in the life of a comm: a conversation between cells and a part of a front end, such as a widget. */
export interface CommMessage {
  readonly kind: "open" | "message" | "close";
  readonly commId: string;
  /** Whoever registered this name on the other side takes the comm; given with `open`. */
  readonly targetName?: string;
  /** JSON. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Bytes that travel beside the JSON. */
  readonly buffers: readonly Uint8Array[];
}
