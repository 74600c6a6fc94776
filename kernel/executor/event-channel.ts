// The way out of the executor: file descriptor 4, written to by blocking writes. Of the links tried, only this
// one loses nothing when the process exits, is killed, or goes on spinning right after the write.
import { writeSync } from "node:fs";
import { encodeFrame } from "../protocol/frames.js";
import type { Event } from "./link.js";

const eventDescriptor = 4;

let unfinished: Buffer | undefined;
let written = 0;

/** Sends one event; it has left the process when this returns. Throws a `DataCloneError` for what cannot be cloned. */
export function sendEvent(event: Event): void {
  const frame = encodeFrame(event);
  // A cell that is stopped in the middle of a write must not leave half a frame behind.
  finishWrite();
  unfinished = frame;
  written = 0;
  finishWrite();
}

function finishWrite(): void {
  while (unfinished !== undefined) {
    written += writeSync(eventDescriptor, unfinished, written);
    if (written === unfinished.length) unfinished = undefined;
  }
}
