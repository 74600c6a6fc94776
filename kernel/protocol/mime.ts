/** A MIME bundle: MIME type to its representation; text as a string, JSON types as data, binary types as base64. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** What one `display_data` or `update_display_data` shows. */
export interface DisplayData {
  readonly data: MimeBundle;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Names the display, so that a later one with `update` may replace it. */
  readonly displayId?: string;
  /** Replaces what the same `displayId` showed before, wherever it stands. */
  readonly update?: boolean;
}

/** The content of an `error` message and of a failed `execute_reply`, as the messaging spec names its fields. */
export interface ErrorContent {
  readonly ename: string;
  readonly evalue: string;
  /** Lines for a person, with ANSI colours; the last one is `ename: evalue`. */
  readonly traceback: readonly string[];
}
