import { randomUUID } from "node:crypto";

/** The version of the Jupyter messaging protocol that is spoken. */
export const protocolVersion = "5.5";

/** The three channels that carry requests and replies. */
export type RequestChannel = "shell" | "control" | "stdin";

/** Every channel of a kernel. */
export type Channel = RequestChannel | "iopub" | "hb";

/** The content of a message; what is in it depends on its `msg_type`. */
export type Content = Readonly<Record<string, unknown>>;

/** The header of a message. Whatever else a sender puts into it comes back in the `parent_header` of the answers. */
export interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
  readonly username: string;
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly version: string;
  /** The subshell that a request on shell is for (JEP 91); absent or null for the main one. */
  readonly subshell_id?: unknown;
}

/** A message of the Jupyter protocol. */
export interface Message {
  readonly header: Header;
  /** Empty for what no request has caused. */
  readonly parent_header: Header | Readonly<Record<string, never>>;
  readonly metadata: Content;
  readonly content: Content;
  readonly buffers: readonly Uint8Array[];
}

/** What goes with the type and the content of a new message. */
export interface MessageOptions {
  readonly session: string;
  readonly username?: string;
  readonly parent?: Header | undefined;
  readonly metadata?: Content;
  readonly buffers?: readonly Uint8Array[];
}

/** Makes a message with an id and a date of its own. */
export function createMessage(
  msgType: string,
  content: Content,
  { session, username = "kernel", parent, metadata = {}, buffers = [] }: MessageOptions,
): Message {
  const header: Header = {
    msg_id: randomUUID(),
    msg_type: msgType,
    session,
    username,
    date: new Date().toISOString(),
    version: protocolVersion,
  };
  return { header, parent_header: parent ?? {}, metadata, content, buffers };
}
