// Loaded by path into the executor's guard thread. While the kernel asks for it, it reads the memory of the main
// thread as that thread sees it, also while a cell blocks it: V8 answers an inspector at its next stack check.
import type { Session } from "node:inspector";
import { readingSymbol } from "../memory-reading.js";
import { insidePace, intervalAt } from "../pace.js";
import { serveLineTicks } from "./lines/line-ticks.js";
import { serveAllocationBreaks } from "./self/allocation-breaks.js";
import { serveCollections } from "./self/collections.js";
import { collectNow } from "./self/garbage-collector.js";

/** Milliseconds between readings, 0 for none, or as often as is worth it. */
export type HeapInterval = number | "paced";

/** What the sampler in the kernel says to this module. */
export type HeapSamplerCommand =
  | { readonly interval: HeapInterval }
  /** At once, besides. */
  | { readonly look: true };

/** What the guard gives to a module that it has loaded. */
export interface GuardContext {
  readonly session: Session;
  readonly send: (message: unknown) => void;
}

/**
 * Somebody's debugger may be there. A pause inside of what this evaluates would wait for messages that Node hands over
 * only when the evaluation is done: for ever.
 */
export const unpaused = { disableBreaks: true } as const;

let timer: NodeJS.Timeout | undefined;
// One question at a time: a main thread that is deep in native code would otherwise find hundreds of them.
let asking = false;
let serving = false;
let receive: (reading: string) => void = () => undefined;

/** Starts, changes or stops the readings; each one is sent as `time rss heapTotal heapUsed external arrayBuffers`. */
export function onMessage(message: unknown, { session, send }: GuardContext): void {
  if (!serving) {
    serveAllocationBreaks();
    serveCollections();
    serveLineTicks();
  }
  serving = true;
  // The sampler sends this and nothing else.
  const command = message as HeapSamplerCommand;
  if ("look" in command) {
    if (timer !== undefined) ask(session, receive);
    return;
  }
  clearTimeout(timer);
  timer = undefined;
  const { interval } = command;
  if (interval === 0) return;
  // This thread's own garbage is in the RSS too: a collection of it must not fall into a cell of a few milliseconds.
  collectNow();
  let first: number | undefined;
  const elapsed = () => (first === undefined ? 0 : performance.now() - first);
  const usual = () => (interval === "paced" ? intervalAt(insidePace, elapsed()) : interval);
  const next = () => {
    timer = setTimeout(next, usual());
    ask(session, receive);
  };
  receive = (reading) => {
    first ??= performance.now();
    send(reading);
  };
  next();
}

function ask(session: Session, receive: (reading: string) => void): void {
  if (asking) return;
  asking = true;
  const expression = `globalThis[Symbol.for("${readingSymbol}")]?.()`;
  session.post("Runtime.evaluate", { expression, returnByValue: true, silent: true, ...unpaused }, (error, answer) => {
    asking = false;
    // No answer is no reading: between cells there is nothing to call, and a cell that is being stopped may take it along.
    const reading: unknown = error === null ? answer?.result.value : undefined;
    if (typeof reading === "string") receive(reading);
  });
}
