import { UsageError } from "../kernel/errors.js";
import type { KernelProbe } from "../profiler/kernel-probe.js";
import { createLineSession, type LineSession } from "../profiler/lines/line-session.js";

/** Prepares a measurement of the lines of the code that runs (`cell`), and of those of functions that cells define. */
export function linesOf(probe: KernelProbe, cell: boolean, functions: readonly string[]): LineSession {
  return createLineSession(probe, {
    cell,
    functions,
    onUnknown: (names) => {
      throw new UsageError(
        `-f must name a function that a cell of this notebook defines, such as load or Table.parse; no cell that has run defines ${names.join(" or ")}.`,
      );
    },
  });
}
