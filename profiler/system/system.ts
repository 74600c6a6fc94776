import { readFile } from "node:fs/promises";
import os from "node:os";
import type { Measured } from "../measured.js";

/** The machine as far as it is asked: its files where it has any, and what Node knows elsewhere. */
export interface System {
  readonly platform: NodeJS.Platform;
  /** A file as text, or why it could not be read. */
  readonly readText: (path: string) => Promise<Measured<string>>;
  /** Bytes of memory that the machine has. */
  readonly totalMemory: () => number;
  /** Bytes of memory that a process could still get. */
  readonly availableMemory: () => number;
  /** CPUs that this process may run on. */
  readonly parallelism: () => number;
}

/** The machine that this process runs on. */
export const thisSystem: System = {
  platform: process.platform,
  readText: readTextFile,
  totalMemory: os.totalmem,
  availableMemory: () => process.availableMemory(),
  parallelism: os.availableParallelism,
};

async function readTextFile(path: string): Promise<Measured<string>> {
  try {
    return { value: await readFile(path, "utf8") };
  } catch (error) {
    // Whatever the system answers (not there, not allowed, no such process any more) is the reason of a missing figure.
    if (error instanceof Error && "syscall" in error && "code" in error) {
      return { missing: `${path} cannot be read (${String(error.code)})` };
    }
    throw error;
  }
}

/** Applies a function to a reading that is there. */
export function mapMeasured<T, U>(measured: Measured<T>, apply: (value: T) => Measured<U>): Measured<U> {
  return "value" in measured ? apply(measured.value) : measured;
}
