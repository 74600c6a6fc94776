// How a cell waits for an answer with its thread blocked: the guard hears the kernel, posts the answer and wakes it.
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";

/** What the guard gets to wake the main thread with. */
export interface InputBell {
  readonly port: MessagePort;
  /** One counter, raised with each message. */
  readonly rings: Int32Array;
}

/** What the guard posts: an answer, or that the execution `stopped` is to stop. */
export type InputMessage = { readonly request: number; readonly value: string | null } | { readonly stopped: number };

/** Posts a message and wakes the main thread, if it waits. */
export function ring({ port, rings }: InputBell, message: InputMessage): void {
  port.postMessage(message);
  Atomics.add(rings, 0, 1);
  Atomics.notify(rings, 0);
}

/** Blocks the thread until `request` is answered; `"stopped"` when the execution `id` is to stop instead. */
export function waitForInput(
  { port, rings }: InputBell,
  { id, request }: { readonly id: number; readonly request: number },
): { readonly value: string | null } | "stopped" {
  for (;;) {
    const before = Atomics.load(rings, 0);
    const received = receiveMessageOnPort(port);
    if (received === undefined) {
      Atomics.wait(rings, 0, before);
      continue;
    }
    // The guard is the only one that holds the other end. What is about earlier requests is dropped.
    const message = received.message as InputMessage;
    if ("stopped" in message) {
      if (message.stopped === id) return "stopped";
    } else if (message.request === request) return message;
  }
}
