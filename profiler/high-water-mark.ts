// The highest RSS that a process has had, as the system keeps it; from outside of that process.
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import type { Measured } from "./measured.js";
import { parseHwm } from "./proc.js";

/** Sets a process's high-water mark to what it holds now: "5" in `clear_refs` (proc(5), Linux 4.0). */
export function resetHwm(pid: number): boolean {
  try {
    const file = openSync(`/proc/${pid}/clear_refs`, "w");
    try {
      writeSync(file, "5");
    } finally {
      closeSync(file);
    }
    return true;
  } catch {
    // Another user's process, or a system without it: its peak is then what was sampled.
    return false;
  }
}

/** Reads a process's high-water mark. */
export function readHwm(pid: number): Measured<number> {
  try {
    return parseHwm(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return { missing: `there is no /proc/${pid}/status` };
  }
}
