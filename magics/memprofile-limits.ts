// What the options of a measurement may be, wherever they are written: `--interval` of the magic, `interval` in code.
import { UsageError } from "../kernel/errors.js";

const shortestInterval = 5;
const longestInterval = 60_000;

/** Refuses an interval that the sampler cannot keep. */
export function checkInterval(spelling: string, interval: number | undefined): void {
  if (interval === undefined || (interval >= shortestInterval && interval <= longestInterval)) return;
  throw new UsageError(`${spelling} must be from ${shortestInterval}ms to 60s, got "${interval}ms".`);
}

/** Refuses what cannot be asked for together with who allocated: V8 samples either that or what is alive. */
export function checkAllocations(
  allocations: boolean,
  others: Readonly<Record<string, boolean>>,
  spelling = "--temporary-allocations",
): void {
  const [other] = Object.entries(others).find(([, wanted]) => wanted) ?? [];
  if (!allocations || other === undefined) return;
  const reason =
    other === "--no-stacks"
      ? "it is the stacks that it shows"
      : "V8 samples either all that is allocated or what is alive, so they take two runs";
  throw new UsageError(`${spelling} cannot go with ${other}: ${reason}.`);
}

/** Refuses a time that is up before anything runs. */
export function checkTimeout(spelling: string, timeout: number | undefined): void {
  if (timeout !== undefined && timeout <= 0) throw new UsageError(`${spelling} must be a time above 0.`);
}
