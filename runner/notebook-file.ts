// Notebooks on disk: read whole, and replaced whole or not at all.
import { constants } from "node:fs";
import { access, mkdtemp, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { messageOf, RunnerError, SaveError } from "./errors.js";
import { formatNotebook, type Notebook, parseNotebook } from "./nbformat.js";

/** Reads a notebook; throws a `RunnerError` when it cannot be read or is none. */
export async function readNotebook(path: string): Promise<Notebook> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new RunnerError(describeReadFailure(path, cause), { cause });
  }
  return parseNotebook(text, path);
}

/** Writes a notebook; a reader sees the old file or the new one, and so does whoever comes after a crash. */
export async function writeNotebook(path: string, notebook: Notebook): Promise<void> {
  const target = await resolveTarget(path);
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  try {
    const file = await open(temporary, "w", await modeOf(target));
    try {
      await file.writeFile(formatNotebook(notebook));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new SaveError(`The notebook ${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
}

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
  const target = await resolveTarget(path);
  try {
    await access(dirname(target), constants.W_OK);
    if (await isDirectory(target)) throw new Error("it is a directory");
  } catch (cause) {
    throw new RunnerError(`The notebook ${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
}

/** A symbolic link stays one: what it points to is written. */
async function resolveTarget(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    // There is no such file yet, or no such directory, which the write then tells.
    return path;
  }
}

async function modeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).mode & 0o777;
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
