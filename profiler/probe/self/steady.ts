// Brings the process to a state from which a cell's growth can be told: garbage gone, freed pages given back.
import { Session } from "node:inspector";
import { askSession } from "./ask-session.js";
import { collectNow } from "./garbage-collector.js";

let session: Session | undefined;

/** V8 12, of Node 22, and later keep the pages of garbage for later, 130 to 250 MiB of them after a loop that makes objects. */
export const keepsPages = Number(process.versions.v8.split(".")[0]) >= 12;

/**
 * Collects all garbage and waits, for a bounded time, until the memory of it has gone back to the system; `between` may make
 * more of it, after a first collection.
 */
export async function collectGarbage(between: () => void = () => undefined): Promise<void> {
  // WeakRef targets live until the end of a turn, and native finalizers run in one of their own.
  await nextTurn();
  if (keepsPages) await collectAndRelease();
  else collectNow();
  await nextTurn();
  between();
  // The first collection frees array buffers and pages in the background; a second one begins by waiting for that.
  collectNow();
  settle();
}

/** Of all ways to ask for a collection, only an inspector's has V8 give its freed pages back. */
async function collectAndRelease(): Promise<void> {
  // It stays open: an inspector session that ends makes V8 forget the numbers of all objects.
  if (session === undefined) {
    session = new Session();
    session.connect();
  }
  await askSession(session, "HeapProfiler.collectGarbage");
}

/**
 * Compiles something hot once: the optimizing compiler's first run takes some MiB for itself,
 * and keeps them, which the first measured cell would otherwise pay for.
 */
export function warmCompiler(): void {
  let sum = 0;
  const until = performance.now() + 20;
  while (performance.now() < until) for (let i = 0; i < 1000; i++) sum += Math.sqrt(i) * (i % 7);
  if (Number.isNaN(sum)) throw new Error("unreachable: the loop must have an effect to be compiled");
}

/** Waits for the next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lets the event loop turn for `duration` milliseconds. */
export function someTurns(duration: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration));
}

/** Freed pages are unmapped by V8's helper threads: waits until RSS stands still, at most 30 ms. */
function settle(): void {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const tolerance = 16 * 1024;
  let last = process.memoryUsage.rss();
  for (let quiet = 0, waits = 0; quiet < 3 && waits < 15; waits++) {
    Atomics.wait(sleeper, 0, 0, 2);
    const rss = process.memoryUsage.rss();
    quiet = Math.abs(rss - last) <= tolerance ? quiet + 1 : 0;
    last = rss;
  }
}
