// Brings the process to a state from which a cell's growth can be told: garbage gone, freed pages given back,
// and those pages resident that any code whatever would touch.
import { Session } from "node:inspector";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { askSession } from "./ask-session.js";

type Collect = (options?: { readonly type: "minor" | "major" }) => void;

let collect: Collect | undefined;
let session: Session | undefined;

/** V8 12, of Node 22, and later keep the pages of garbage for later, 130 to 250 MiB of them after a loop that makes objects. */
const keepsPages = Number(process.versions.v8.split(".")[0]) >= 12;

/** Collects all garbage and waits, for a bounded time, until the memory of it has gone back to the system. */
export async function collectGarbage(): Promise<void> {
  // WeakRef targets live until the end of a turn, and native finalizers run in one of their own.
  await nextTurn();
  if (keepsPages) await collectAndRelease();
  else collectNow();
  await nextTurn();
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
 * What V8's nursery has taken, in bytes. It grows with what survives in it, to 32 MiB and on later versions to more, and V8
 * keeps it. What V8 says of how much of that is resident is no use: it forgets what it has touched when a page is emptied.
 */
export function nurserySize(): number {
  return getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")?.space_size ?? 0;
}

/** Collects this thread's garbage at once. */
export function collectNow(): void {
  collect ??= exposeCollect();
  collect();
}

/** So much short-lived garbage is nobody's growth: what a few milliseconds of any loop leave behind. */
const touched = 2 * 1024 * 1024;
/**
 * A half of the nursery that is filled to its end is collected, and the next object goes into the other half. Of its pages
 * 3 % are their headers.
 */
const filledShare = 0.95;

/**
 * Makes the nursery (V8's new space) resident, in both of its halves: all that it has taken, and the part that any code fills
 * with short-lived objects, such as the numbers that `Date.now()` returns. Its first touch is no property of a cell.
 */
export function touchNursery(): void {
  const half = Math.max(touched, (nurserySize() / 2) * filledShare);
  for (let halves = 0; halves < 2; halves++) {
    collect?.({ type: "minor" });
    churn(half);
  }
  collect?.({ type: "minor" });
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

function exposeCollect(): Collect {
  setFlagsFromString("--expose-gc");
  // A new context sees the flag; the one that runs the cells stays as it is. The cast is V8's documented `gc`.
  return runInNewContext("gc") as Collect;
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

/** The last piece of garbage: optimized code does not make what nothing refers to. */
const garbage: unknown[] = [];

/** Makes about `bytes` of short-lived garbage. */
function churn(bytes: number): void {
  // An array of 64 values takes 16 bytes and 8 for each, and 32 for itself.
  for (let made = 0; made < bytes; made += 560) garbage[0] = new Array(64);
  garbage[0] = undefined;
}
