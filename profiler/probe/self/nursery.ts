// V8's nursery (its new space), where all objects begin: two halves of the same size, of which one is filled and then, when what
// is still alive has been moved, the other. How large it is, and how much of it has been touched, is what other code has left.
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { collectNursery } from "./garbage-collector.js";

/**
 * What V8's nursery has taken, in bytes. It grows with what survives in it, to 32 MiB and on later versions to more, and V8
 * keeps it. What V8 says of how much of that is resident is no use: it forgets what it has touched when a page is emptied.
 */
export function nurserySize(): number {
  return readNursery().size;
}

/** A half has so much at least in a program that has run for a moment, and so much at most, in bytes. */
const usualHalf = 2 * 1024 * 1024;
const largestHalf = 16 * 1024 * 1024;
/** V8 does not copy arrays of so many values: each counts as a survivor at its first collection. */
const survivorLength = 32_768;
const survivorBytes = 8 * survivorLength;
/** By how much V8 multiplies the nursery, unless it is told otherwise. */
const usualGrowth = 2;

const survivors: unknown[] = [];

/**
 * V8 doubles the nursery as soon as more has survived in it, since it last did, than a half holds: what survived in earlier
 * cells would be paid for by the next one. This brings it to the doubling at once, and to none if it is large enough already.
 * The survivors that it makes are in the old space then: who calls has to collect that.
 */
export function forgetSurvivors(): void {
  for (;;) {
    // After a full collection it may have one half only.
    collectNursery();
    const half = nurserySize() / 2;
    // It cannot grow.
    if (half >= largestHalf) return;
    const isLarge = half >= usualHalf;
    if (isLarge) setGrowth(1);
    for (let bytes = 0; bytes <= half; bytes += survivorBytes) survivors.push(new Array(survivorLength));
    collectNursery();
    survivors.length = 0;
    // Now V8 finds that there are too many, and counts from 0.
    collectNursery();
    if (isLarge) setGrowth(usualGrowth);
    if (isLarge || nurserySize() / 2 <= half) return;
  }
}

function setGrowth(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}

/** Between two looks at the nursery, so much garbage is made. */
const step = 64 * 1024;

/**
 * Makes the nursery resident, in both of its halves: garbage until V8 has collected it twice. The first touch of its pages,
 * by any short-lived objects, is no property of a cell.
 */
export function touchNursery(): void {
  collectNursery();
  const most = 2 * nurserySize() + 2 * usualHalf;
  for (let filled = 0, made = 0, last = readNursery().used; filled < 2 && made < most; made += step) {
    churn(step);
    const { used } = readNursery();
    if (used < last) filled += 1;
    last = used;
  }
  collectNursery();
}

/** The last piece of garbage: optimized code does not make what nothing refers to. */
const garbage: unknown[] = [];

/** Makes about `bytes` of short-lived garbage. */
function churn(bytes: number): void {
  // An array of 64 values takes 16 bytes and 8 for each, and 32 for itself.
  for (let made = 0; made < bytes; made += 560) garbage[0] = new Array(64);
  garbage[0] = undefined;
}

function readNursery(): { readonly size: number; readonly used: number } {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
  return { size: space?.space_size ?? 0, used: space?.space_used_size ?? 0 };
}
