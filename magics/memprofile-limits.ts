// What the options of a measurement may be, wherever they are written: `--interval` of the magic, `interval` in code.
import { UsageError } from "../kernel/errors.js";

const shortestInterval = 5;
const longestInterval = 60_000;

/** Refuses an interval that the sampler cannot keep. */
export function checkInterval(spelling: string, interval: number | undefined): void {
  if (interval === undefined || (interval >= shortestInterval && interval <= longestInterval)) return;
  throw new UsageError(`${spelling} must be from ${shortestInterval}ms to 60s, got "${interval}ms".`);
}

/** Refuses a time that is up before anything runs. */
export function checkTimeout(spelling: string, timeout: number | undefined): void {
  if (timeout !== undefined && timeout <= 0) throw new UsageError(`${spelling} must be a time above 0.`);
}
