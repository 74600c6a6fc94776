// The files in which Linux tells a process about itself, opened once: opening costs more than reading,
// and what an open allocates would be counted in the cell's increment.
import { openSync, readSync, writeSync } from "node:fs";
import type { Measured } from "../../measured.js";
import { parseHwm } from "../../proc.js";

const buffer = Buffer.alloc(8192);

/** The highest RSS since a moment, as the operating system keeps it. */
export interface HighWater {
  /** Sets the mark to the present RSS; returns why that is not possible, if it is not. */
  readonly reset: () => string | undefined;
  readonly read: () => Measured<number>;
}

/** Opens the high-water mark of this process; elsewhere than on Linux it says why there is none. */
export function openHighWater(directory = "/proc/self"): HighWater {
  if (process.platform !== "linux") return absent(`only Linux keeps an exact peak, this is ${process.platform}`);
  try {
    const clearRefs = openSync(`${directory}/clear_refs`, "w");
    const status = openSync(`${directory}/status`, "r");
    return {
      // "5" resets VmHWM and nothing else (proc(5)); "1" would make the pages slow to touch.
      reset: () => attempt(() => writeSync(clearRefs, "5")),
      read: () => parseHwm(buffer.toString("latin1", 0, readSync(status, buffer, 0, buffer.length, 0))),
    };
  } catch (error) {
    return absent(`the peak cannot be reset: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function absent(missing: string): HighWater {
  return { reset: () => missing, read: () => ({ missing }) };
}

function attempt(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return `the peak cannot be reset: ${error instanceof Error ? error.message : String(error)}`;
  }
}
