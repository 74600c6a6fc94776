// Notebooks on disk: read whole, and replaced whole or not at all.
import { constants as bufferConstants } from "node:buffer";
import { constants, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { access, mkdtemp, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { formatBytes } from "../report/format.js";
import { messageOf, RunnerError, SaveError } from "./errors.js";
import { type Notebook, parseNotebook } from "./nbformat.js";
import { createEncoder } from "./notebook-encoder.js";

/** Reads a notebook; throws a `RunnerError` when it cannot be read or is none. */
export async function readNotebook(path: string): Promise<Notebook> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > longestText)
      throw new Error(`it has ${formatBytes(size)}, and the limit is ${formatBytes(longestText)}`);
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new RunnerError(describeReadFailure(path, cause), { cause });
  }
  return parseNotebook(text, path);
}

/** What V8 takes as one text, in bytes of a file that is plain ASCII. */
const longestText = bufferConstants.MAX_STRING_LENGTH;

/** Writes a notebook; a reader sees the old file or the new one, and so does whoever comes after a crash. */
export async function writeNotebook(path: string, notebook: Notebook): Promise<void> {
  const writer = openNotebookWriter(path);
  try {
    await writer.save(notebook);
  } finally {
    writer.close();
  }
}

/** Writes one notebook again and again. One call at a time. */
export interface NotebookWriter {
  /** Writes it as it is when the turn ends in which this is called; only what has changed is formatted anew. */
  readonly save: (notebook: Notebook) => Promise<void>;
  /** Leaves the whole notebook as it is, formatted anew; writes nothing when that is what was saved last. */
  readonly finish: (notebook: Notebook) => Promise<void>;
  /** Until then, a process that ends at once writes what has changed since the last save. */
  readonly close: () => void;
}

/** Opens the file of a notebook for writing; a reader sees the old file or the new one, and so does whoever comes after a crash. */
export function openNotebookWriter(path: string): NotebookWriter {
  const { encode } = createEncoder();
  let place: Place | undefined;
  let current: Notebook | undefined;
  let written: readonly Uint8Array[] = [];
  const onExit = (): void => {
    const pieces = current && encode(current);
    if (place && pieces && !isSame(written, pieces)) replaceNow(place, pieces);
  };
  const write = async (notebook: Notebook, piecesOf: () => readonly Uint8Array[]): Promise<void> => {
    place ??= findPlace(path);
    current = notebook;
    atExit.add(onExit);
    try {
      // The kernel gets its next cell first, and works while this one is written.
      await setImmediate();
      const pieces = piecesOf();
      await replaceFile(place, pieces);
      written = pieces;
    } catch (cause) {
      await rm(place.temporary, { force: true });
      throw new SaveError(`The notebook ${path} cannot be written: ${messageOf(cause)}`, { cause });
    }
  };
  return {
    save: (notebook) => write(notebook, () => encode(notebook)),
    finish: async (notebook) => {
      const pieces = createEncoder().encode(notebook);
      if (!isSame(written, pieces)) await write(notebook, () => pieces);
    },
    close: () => {
      atExit.delete(onExit);
    },
  };
}

const atExit = new Set<() => void>();
process.on("exit", () => {
  for (const finish of atExit) finish();
});

function isSame(one: readonly Uint8Array[], other: readonly Uint8Array[]): boolean {
  return one.length === other.length && one.every((bytes, at) => Buffer.compare(bytes, other[at] ?? bytes) === 0);
}

interface Place {
  readonly target: string;
  /** Where the file is until it is whole. */
  readonly temporary: string;
  readonly mode: number;
}

function findPlace(path: string): Place {
  const target = resolveTarget(path);
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  return { target, temporary, mode: modeOf(target) };
}

async function replaceFile({ target, temporary, mode }: Place, pieces: readonly Uint8Array[]): Promise<void> {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  const file = await open(temporary, "w", mode);
  try {
    // One write is faster, and a second copy of a large notebook is too much.
    await writeFile(file, size <= copiedSize ? Buffer.concat(pieces) : pieces);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, target);
}

/** The same at the exit of the process, where nothing can be waited for. */
function replaceNow({ target, mode, ...place }: Place, pieces: readonly Uint8Array[]): void {
  const temporary = `${place.temporary}.exit`;
  try {
    // Of a save that was under way.
    rmSync(place.temporary, { force: true });
    writeFileSync(temporary, Buffer.concat(pieces), { mode });
    renameSync(temporary, target);
  } catch {
    // There is nobody left to tell; the file is what it was after the cell before.
    rmSync(temporary, { force: true });
  }
}

const copiedSize = 16 * 1024 * 1024;

/** Keeps a notebook whose own place does not take it among the temporary files; says where that is, or why it is nowhere. */
export async function rescueNotebook(path: string, notebook: Notebook): Promise<string> {
  try {
    const rescued = join(await mkdtemp(join(tmpdir(), "cellscope-rescued-")), basename(path));
    await writeNotebook(rescued, notebook);
    return `What was computed is in ${rescued}.`;
  } catch (error) {
    return `It could not be kept elsewhere either: ${messageOf(error)}`;
  }
}

/** Throws a `RunnerError` when a notebook could not be written to `path`: better before the run than after it. */
export async function checkWritable(path: string): Promise<void> {
  const target = resolveTarget(path);
  try {
    await access(dirname(target), constants.W_OK);
    if (await isDirectory(target)) throw new Error("it is a directory");
  } catch (cause) {
    throw new RunnerError(`The notebook ${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
}

/** A symbolic link stays one: what it points to is written. */
function resolveTarget(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // There is no such file yet, or no such directory, which the write then tells.
    return path;
  }
}

function modeOf(path: string): number {
  try {
    return statSync(path).mode & 0o777;
  } catch {
    // A new file gets what the process gives to new files.
    return 0o666;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // What is not there is no directory.
    return false;
  }
}

function describeReadFailure(path: string, cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT") return `There is no file ${path}.`;
  if (code === "EISDIR") return `${path} is a directory; give the path of a notebook.`;
  return `The notebook ${path} cannot be read: ${messageOf(cause)}`;
}
