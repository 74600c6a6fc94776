// Loaded by path into the executor's guard thread. While the kernel asks for it, it reads the memory of the main
// thread as that thread sees it, also while a cell blocks it: V8 answers an inspector at its next stack check.
import type { Session } from "node:inspector";
import { readingSymbol } from "../memory-reading.js";
import { serveAllocationBreaks } from "./self/allocation-breaks.js";
import { collectNow } from "./self/steady.js";

/** What the sampler in the kernel says to this module: an interval in milliseconds, or 0 to stop. */
export interface HeapSamplerCommand {
  readonly interval: number;
}

/** What the guard gives to a module that it has loaded. */
export interface GuardContext {
  readonly session: Session;
  readonly send: (message: unknown) => void;
}

/**
 * Whoever stops a cell pauses it first. A pause inside of what this evaluates would wait for messages that Node hands
 * over only when the evaluation is done: for ever.
 */
export const unpaused = { disableBreaks: true } as const;

let timer: NodeJS.Timeout | undefined;
// One question at a time: a main thread that is deep in native code would otherwise find hundreds of them.
let asking = false;
let serving = false;

/** Starts, changes or stops the readings; each one is sent as `time rss heapTotal heapUsed external arrayBuffers`. */
export function onMessage(message: unknown, { session, send }: GuardContext): void {
  if (!serving) serveAllocationBreaks();
  serving = true;
  clearTimeout(timer);
  timer = undefined;
  // The sampler sends this and nothing else.
  const { interval } = message as HeapSamplerCommand;
  if (!(interval > 0)) return;
  // This thread's own garbage is in the RSS too: a collection of it must not fall into a cell of a few milliseconds.
  collectNow();
  let first: number | undefined;
  const receive = (reading: string) => {
    first ??= performance.now();
    send(reading);
  };
  const next = () => {
    timer = setTimeout(next, slowedDown(interval, first === undefined ? 0 : performance.now() - first));
    ask(session, receive);
  };
  next();
}

/**
 * Each reading takes some 0.3 ms of CPU time and a few kB: a long cell is asked less often, up to a fifth of what was
 * wanted, so that what is measured is the cell. The RSS is read from outside in between.
 */
function slowedDown(interval: number, elapsed: number): number {
  return Math.min(5 * interval, Math.max(interval, elapsed / 200));
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
