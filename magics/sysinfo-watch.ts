// `%sysinfo --watch`: a report that is renewed in its place. It belongs to the kernel process and not to the cell, so
// it goes on while other cells run, also while one blocks.
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { MimeBundle } from "../kernel/protocol/mime.js";
import type { KernelProbe } from "../profiler/kernel-probe.js";
import type { MagicContext } from "./dispatch/magic.js";

const betweenUpdates = 1000;
/** One watch to a kernel: the next one takes its place. */
const watches = new WeakMap<KernelProbe, AbortController>();

/** Shows a report, and goes on renewing it for `duration` milliseconds after the cell has ended. */
export async function watchSystem(
  { display, output, probe, signal }: Pick<MagicContext, "display" | "output" | "probe" | "signal">,
  report: () => Promise<MimeBundle>,
  duration: number,
): Promise<void> {
  watches.get(probe)?.abort();
  watches.delete(probe);
  if (duration === 0) return;
  const replaced = new AbortController();
  watches.set(probe, replaced);
  const displayId = randomUUID();
  display(await report(), { displayId });
  const over = AbortSignal.any([replaced.signal, signal]);
  const end = performance.now() + duration;
  const renew = async () => {
    while (!over.aborted && performance.now() < end) {
      await delay(Math.min(betweenUpdates, Math.max(0, end - performance.now())), undefined, {
        signal: over,
        ref: false,
      });
      const bundle = await report();
      if (!over.aborted) display(bundle, { displayId, update: true });
    }
  };
  renew().catch((error: unknown) => {
    // Only the next watch and the end of the kernel abort it, and both know why.
    if (!over.aborted) output.stream("stderr", `The report is not renewed any more: ${String(error)}\n`);
  });
}
