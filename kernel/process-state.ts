import { readFileSync } from "node:fs";

/** Whether the system holds a process, as after a SIGSTOP; false where that cannot be seen. */
export function isStopped(pid: number): boolean {
  try {
    return parseProcessState(readFileSync(`/proc/${pid}/stat`, "utf8")) === "T";
  } catch {
    // It has ended, or there is no /proc.
    return false;
  }
}

/** The letter that `/proc/<pid>/stat` has for what a process is at; `undefined` when the text has none. */
export function parseProcessState(stat: string): string | undefined {
  // The name of the program stands in parentheses and may hold any of them itself.
  return /^\d+ \([\s\S]*\) ([A-Za-z])(?: |$)/.exec(stat)?.[1];
}
