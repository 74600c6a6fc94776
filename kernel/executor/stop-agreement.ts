// How the guard's thread and the main thread agree that code is stopped now. The main thread, which is in the middle of
// the stop hook, asks and waits until the guard has sent what stops it: between the two no code of anybody runs.
import type { MessagePort } from "node:worker_threads";

/** The symbol on `globalThis` under which the main thread answers the guard, by `Runtime.evaluate`. */
export const stopHookKey = "cellscope.stop";
/** By this name the call of the hook is known on a stack: what stands under it is what runs. */
export const stopHookUrl = "cellscope:stop";

const state = { idle: 0, asked: 1, sending: 2, sent: 3, refused: 4 } as const;
/** Milliseconds. The guard mostly answers within one; without an answer the code goes on, and is looked at again. */
const patience = 250;

/** What both threads have of it. */
export interface StopLink {
  readonly port: MessagePort;
  readonly state: Int32Array;
}

/** The main thread's side: whether what ends everything on the stack is on its way. */
export function askToStop(link: StopLink): boolean {
  Atomics.store(link.state, 0, state.asked);
  link.port.postMessage(null);
  const deadline = performance.now() + patience;
  // Not by `Atomics.wait`: the code that is to be stopped may be inside one, and V8 ends the process over two.
  while (Atomics.load(link.state, 0) === state.asked && performance.now() < deadline);
  if (Atomics.compareExchange(link.state, 0, state.asked, state.idle) === state.asked) return false;
  while (Atomics.load(link.state, 0) === state.sending);
  return Atomics.exchange(link.state, 0, state.idle) === state.sent;
}

/** The guard's side: calls `answer` each time it is asked, which returns what sends the stop, or nothing to refuse. */
export function answerStops({ port, state: word }: StopLink, answer: () => (() => void) | undefined): void {
  const change = (from: number, to: number) => Atomics.compareExchange(word, 0, from, to) === from;
  port.on("message", () => {
    const send = answer();
    // One who asked too long ago is no longer there, and goes on.
    if (!change(state.asked, send === undefined ? state.refused : state.sending) || send === undefined) return;
    send();
    change(state.sending, state.sent);
  });
}
