import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UsageError } from "../errors.js";
import { formatKernelspec, isOurs, type KernelspecOptions } from "./kernelspec.js";

/** What is installed, and where. */
export interface InstallOptions extends KernelspecOptions {
  /** The directory that holds kernelspecs. */
  readonly kernels: string;
  readonly name: string;
  /** The directory with the three logos. */
  readonly logos: string;
}

/** Throws a `UsageError` when a kernelspec of somebody else's has the name. */
export async function checkReplaceable(kernels: string, name: string): Promise<void> {
  const directory = join(kernels, name);
  const existing = await readKernelspec(directory);
  if (existing !== undefined && !isOurs(existing)) {
    throw new UsageError(`${directory} holds another kernel, which would be lost: choose another --name.`);
  }
}

/** Writes a kernelspec with its logos, in place of one of ours that is there; returns its directory. */
export async function installKernelspec(options: InstallOptions): Promise<string> {
  const directory = join(options.kernels, options.name);
  await checkReplaceable(options.kernels, options.name);
  try {
    await replaceDirectory(directory, async (temporary) => {
      for (const logo of logoNames) await copyFile(join(options.logos, logo), join(temporary, logo));
      await writeFile(join(temporary, "kernel.json"), formatKernelspec(options));
    });
  } catch (cause) {
    throw asUsageError(`The kernelspec cannot be installed in ${directory}`, cause);
  }
  return directory;
}

/** Removes a kernelspec of ours; returns the directory that was removed, and nothing where there was none. */
export async function uninstallKernelspec(kernels: string, name: string): Promise<string | undefined> {
  const directory = join(kernels, name);
  const existing = await readKernelspec(directory);
  if (existing === undefined) return undefined;
  if (!isOurs(existing)) {
    throw new UsageError(`The kernelspec in ${directory} belongs to another kernel, and is left alone.`);
  }
  try {
    await rm(directory, { recursive: true });
  } catch (cause) {
    throw asUsageError(`The kernelspec in ${directory} cannot be removed`, cause);
  }
  return directory;
}

const logoNames = ["logo-32x32.png", "logo-64x64.png", "logo-svg.svg"];

async function readKernelspec(directory: string): Promise<string | undefined> {
  try {
    return await readFile(join(directory, "kernel.json"), "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    throw asUsageError(`${directory} cannot be read`, error);
  }
}

/** Jupyter sees the old directory or the new one, and never a half of it. */
async function replaceDirectory(directory: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const kernels = dirname(directory);
  await makeDirectory(kernels);
  // Beside `kernels`, not in it: there Jupyter would list it.
  const temporary = await mkdtemp(join(dirname(kernels), ".cellscope-"));
  const fresh = join(temporary, "new");
  try {
    await mkdir(fresh);
    await fill(fresh);
    // Everybody who may use the prefix may use the kernel, whatever mkdtemp thinks.
    await chmod(fresh, 0o755);
    await rename(directory, join(temporary, "old")).catch(ignoreAbsence);
    await rename(fresh, directory);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Makes a directory with all above it. Node's own `recursive` goes round for ever where nothing can be made, as in /proc. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return;
    if (codeOf(error) !== "ENOENT" || (await isThere(dirname(path)))) throw error;
    await makeDirectory(dirname(path));
    await mkdir(path);
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function ignoreAbsence(error: unknown): void {
  if (codeOf(error) !== "ENOENT") throw error;
}

function asUsageError(what: string, cause: unknown): UsageError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UsageError(`${what}: ${reason}`, { cause });
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
