// What a kernel tells on its sample socket besides the samples, for those who watch it: JSON, a few times a second.
import type { ProbedProcess } from "./kernel-probe.js";
import type { Measured } from "./measured.js";
import type { RuntimeReading } from "./system/runtime.js";

/** A kernel at one moment. Times are milliseconds of `process.hrtime`, the clock of the samples. */
export interface KernelState {
  readonly time: number;
  /** The cell that runs; `null` between cells. */
  readonly cell: { readonly name: string; readonly began: number } | null;
  readonly processes: readonly ProbedProcess[];
  /** The runtime of the process that runs the cells, over the last second. */
  readonly runtime: Measured<RuntimeReading>;
}

/** Reads a state as it travels; `undefined` when the bytes are none. */
export function decodeState(bytes: Buffer): KernelState | undefined {
  try {
    const state: unknown = JSON.parse(bytes.toString());
    if (typeof state !== "object" || state === null || !("cell" in state && "processes" in state)) return undefined;
    // The publisher sends this and nothing else on the topic.
    return state as KernelState;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
