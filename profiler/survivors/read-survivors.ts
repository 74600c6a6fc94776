import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Measured } from "../measured.js";
import type { HeapFiles, Survivors } from "./survivors.js";

/** Reading may take so long, and so much of V8's heap; what it reads is outside of that. */
const timeLimit = 120_000;
const heapLimit = 1024;

/** Two files that nobody else may read. */
export interface OpenHeapFiles {
  readonly files: HeapFiles;
  readonly close: () => Promise<void>;
}

/** Makes room for two heap snapshots: they hold whatever the notebook holds. */
export async function openHeapFiles(): Promise<OpenHeapFiles> {
  const directory = await mkdtemp(join(tmpdir(), "cellscope-heap-"));
  return {
    files: { before: join(directory, "before.heapsnapshot"), after: join(directory, "after.heapsnapshot") },
    close: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Compares two heap snapshots in a process of its own. */
export async function readSurvivors(readerPath: string, { before, after }: HeapFiles): Promise<Measured<Survivors>> {
  try {
    const text = await runReader([`--max-old-space-size=${heapLimit}`, readerPath, before, after]);
    // The reader writes this and nothing else.
    return { value: JSON.parse(text) as Survivors };
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    return { missing: `the heap could not be read: ${reason}` };
  }
}

function runReader(argv: readonly string[]): Promise<string> {
  const options = { timeout: timeLimit, maxBuffer: 4 * 1024 * 1024, env: { ...process.env, NODE_OPTIONS: "" } };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, argv, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else
        reject(
          error.killed === true
            ? new Error(`it took more than ${timeLimit / 1000} s`)
            : new Error(stderr.match(/^\w*Error: .*/m)?.[0] ?? error.message),
        );
    });
  });
}
