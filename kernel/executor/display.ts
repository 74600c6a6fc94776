import { randomBytes } from "node:crypto";
import type { DisplayData } from "../protocol/mime.js";
import { sendEvent } from "./event-channel.js";
import { currentExecution } from "./execution-context.js";

/** Shows rich content in the cell, by the kind of content; the same functions as tslab's. */
export interface Display {
  readonly javascript: (text: string) => void;
  readonly html: (text: string) => void;
  readonly markdown: (text: string) => void;
  readonly latex: (text: string) => void;
  readonly svg: (text: string) => void;
  readonly png: (bytes: Uint8Array) => void;
  readonly jpeg: (bytes: Uint8Array) => void;
  readonly gif: (bytes: Uint8Array) => void;
  readonly pdf: (bytes: Uint8Array) => void;
  readonly text: (text: string) => void;
  readonly raw: (contentType: string, content: string | Uint8Array) => void;
}

/** Shows one MIME bundle in the cell that runs. */
function sendDisplay(display: DisplayData): void {
  sendEvent({ type: "display", id: currentExecution(), display });
}

/** A display that adds a new entry each time. */
export function createDisplay(): Display {
  return displayBy((data) => sendDisplay({ data }));
}

/** A display with one entry: the second thing that it shows replaces the first, wherever that stands. */
export function newDisplay(): Display {
  const displayId = randomBytes(8).toString("hex");
  let shown = false;
  return displayBy((data) => {
    sendDisplay({ data, displayId, update: shown });
    shown = true;
  });
}

function displayBy(show: (data: Readonly<Record<string, string>>) => void): Display {
  const raw = (contentType: string, content: string | Uint8Array) => {
    if (typeof contentType !== "string" || !contentType.includes("/")) {
      throw new TypeError(`display.raw needs a content type such as "text/html", got ${String(contentType)}.`);
    }
    show({ [contentType]: toContent(contentType, content) });
  };
  const as = (contentType: string) => (content: string | Uint8Array) => raw(contentType, content);
  return {
    javascript: as("text/javascript"),
    html: as("text/html"),
    markdown: as("text/markdown"),
    latex: as("text/latex"),
    svg: as("image/svg+xml"),
    png: as("image/png"),
    jpeg: as("image/jpeg"),
    gif: as("image/gif"),
    pdf: as("application/pdf"),
    text: as("text/plain"),
    raw,
  };
}

function toContent(contentType: string, content: string | Uint8Array): string {
  if (typeof content === "string") return content;
  if (content instanceof Uint8Array) {
    return Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("base64");
  }
  throw new TypeError(`${contentType} must be shown as a string or a Uint8Array, got ${typeof content}.`);
}
