// Messages as ZeroMQ frames: identities, a delimiter, the signature, four JSON texts, buffers.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Content, Header, Message } from "./messages.js";
import type { ReplayGuard } from "./replay-guard.js";

/** A message together with the routing prefix that leads back to its sender. */
export interface WireMessage extends Message {
  readonly identities: readonly Uint8Array[];
}

/** Frames that are no valid message, or not signed with the key of the connection. */
class WireError extends Error {
  override readonly name = "WireError";
}

/** Signs the four JSON frames of a message; an empty text when the connection has no key. */
export type Signer = (parts: readonly Uint8Array[]) => string;

/** Makes the signer of a connection. */
export function createSigner(connection: { readonly key: string; readonly signatureScheme: string }): Signer {
  const { key, signatureScheme } = connection;
  if (key === "") return () => "";
  const hash = signatureScheme.replace(/^hmac-/, "");
  return (parts) => {
    const hmac = createHmac(hash, key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  };
}

/** Turns a message into frames; throws when its content cannot be written as JSON. */
export function formatFrames(message: Message, identities: readonly Uint8Array[], sign: Signer): Uint8Array[] {
  const parts = [message.header, message.parent_header, message.metadata, message.content].map(encodeJson);
  return [...identities, delimiter, Buffer.from(sign(parts)), ...parts, ...message.buffers];
}

/** Turns frames into a message; throws a `WireError` that says what is wrong with them, also when `replays` has seen them. */
export function parseFrames(frames: readonly Uint8Array[], sign: Signer, replays?: ReplayGuard): WireMessage {
  const at = frames.findIndex((frame) => delimiter.equals(frame));
  if (at === -1) throw new WireError(`no <IDS|MSG> delimiter in ${frames.length} frames`);
  const [signature, header, parent, metadata, content, ...buffers] = frames.slice(at + 1);
  if (!signature || !header || !parent || !metadata || !content) {
    throw new WireError(`5 frames must follow the delimiter, got ${frames.length - at - 1}`);
  }
  const expected = sign([header, parent, metadata, content]);
  if (!isSame(signature, expected)) throw new WireError("the signature is wrong");
  const message = {
    identities: frames.slice(0, at),
    header: toHeader(parseObject(header, "header"), "header"),
    parent_header: toParentHeader(parseObject(parent, "parent_header")),
    metadata: parseObject(metadata, "metadata"),
    content: parseObject(content, "content"),
    buffers,
  };
  if (replays?.admit(expected, message.header.msg_type) === false)
    throw new WireError("it was sent before, with the same signature");
  return message;
}

const delimiter = Buffer.from("<IDS|MSG>");

function encodeJson(value: unknown): Buffer {
  const bytes = Buffer.from(JSON.stringify(value));
  // Half a surrogate pair is written as an escape that Python reads, and then cannot save as UTF-8. It is looked for in
  // the bytes, since Node is ten times as quick there as V8 in a long text.
  return bytes.includes("\\ud") ? Buffer.from(JSON.stringify(value, replaceLoneSurrogates)) : bytes;
}

function replaceLoneSurrogates(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.replace(/\p{Surrogate}/gu, "\ufffd") : value;
}

function isSame(signature: Uint8Array, expected: string): boolean {
  const wanted = Buffer.from(expected);
  // Only the length may be told by the time that this takes.
  return wanted.length === 0 || (signature.length === wanted.length && timingSafeEqual(signature, wanted));
}

function parseObject(frame: Uint8Array, name: string): Content {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString());
  } catch (cause) {
    throw new WireError(`${name} is not JSON: ${String(cause)}`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new WireError(`${name} must be a JSON object, got ${shorten(JSON.stringify(value))}`);
  }
  // It is an object, no array and not null.
  return value as Content;
}

function toHeader(value: Content, name: string): Header {
  if (isDeeper(value, headerDepth)) throw new WireError(`${name} must not be nested more than ${headerDepth} deep`);
  for (const field of ["msg_id", "msg_type"]) {
    if (typeof value[field] !== "string" || value[field] === "") {
      throw new WireError(`${name}.${field} must be a text, got ${shorten(String(JSON.stringify(value[field])))}`);
    }
  }
  // Old and hand-written clients leave the other fields out.
  const defaults = { session: "", username: "", date: "", version: "" };
  // The two fields that are relied on were looked at above.
  return { ...defaults, ...value } as unknown as Header;
}

// A header comes back with every reply, and what can be parsed cannot always be written again, or be read by others.
const headerDepth = 100;

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

function toParentHeader(value: Content): Message["parent_header"] {
  return Object.keys(value).length === 0 ? {} : toHeader(value, "parent_header");
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
