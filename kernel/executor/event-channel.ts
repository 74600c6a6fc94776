// The way out of the executor: file descriptor 4, written to by blocking writes. Of the links tried, only this
// one loses nothing when the process exits, is killed, or goes on spinning right after the write.
import { writeSync } from "node:fs";
import { encodeFrame } from "../protocol/frames.js";
import type { Event } from "./link.js";
import { encodeStreamFrame } from "./stream-frame.js";

const eventDescriptor = 4;

let unfinished: Buffer | undefined;
let written = 0;

/** Sends one event; it has left the process when this returns. Throws a `DataCloneError` for what cannot be cloned. */
export function sendEvent(event: Event): void {
  const frame = encodeFrame(event);
  finishWrite();
  write(frame);
}

/** Sends text that the execution `id` wrote. */
export function sendText(id: number, name: "stdout" | "stderr", text: string): void {
  // Before the next frame takes its place: text is written from one and the same buffer.
  finishWrite();
  write(encodeStreamFrame(id, name, text) ?? encodeFrame({ type: "stream", id, name, text }));
}

function write(frame: Buffer): void {
  unfinished = frame;
  written = 0;
  finishWrite();
}

// A cell that is stopped in the middle of a write must not leave half a frame behind.
function finishWrite(): void {
  while (unfinished !== undefined) {
    written += writeSync(eventDescriptor, unfinished, written);
    if (written === unfinished.length) unfinished = undefined;
  }
}
