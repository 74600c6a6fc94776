// Start-up snapshots of the language process, in the user's cache folder. Without one everything works, half a
// second later: nothing here may fail a start.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { join } from "node:path";

/** Where snapshots of one bundle are, and how they are built. */
export interface SnapshotConfig {
  readonly mainPath: string;
  readonly directory: string;
  readonly mainArguments: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The flags of V8 with which a snapshot is built and started. Hashes of names stay as they are: nobody but the author of
 * the cells chooses the names that meet in a table, and hashing all of them anew takes a tenth of the start.
 */
export const snapshotFlags: readonly string[] = ["--no-rehash-snapshot"];

const prefix = "language-";
const buildTime = 120_000;
/** A build that failed is tried again after a day. */
const retryAfter = 24 * 3600 * 1000;
const unusedFor = 30 * 24 * 3600 * 1000;

/** The snapshot of one bundle for this very Node. */
export class Snapshot {
  private readonly config: SnapshotConfig;
  private readonly key: string;
  private builder: ChildProcess | undefined;

  constructor(config: SnapshotConfig) {
    this.config = config;
    this.key = `${prefix}${process.version}-${process.platform}-${process.arch}-${identify(config)}`;
  }

  /** The path of a snapshot that is whole, as far as can be told without reading it. */
  find(): string | undefined {
    for (const name of this.files()) {
      // Its size is part of its name: one that was cut off is none.
      const size = /\.(\d+)\.blob$/.exec(name)?.[1];
      if (!name.startsWith(`${this.key}.`) || size === undefined) continue;
      const path = join(this.config.directory, name);
      if (readSize(path) !== Number(size)) {
        remove(path);
        continue;
      }
      // Old ones are deleted by their age since the last use.
      attempt(() => utimesSync(path, new Date(), new Date()));
      return path;
    }
    return undefined;
  }

  /** Deletes a snapshot with which a process did not start. */
  discard(path: string): void {
    remove(path);
  }

  /** Builds the snapshot unless somebody else does, or it failed not long ago; settles when that is over. */
  async build(): Promise<void> {
    const { directory } = this.config;
    if (this.builder || this.find() !== undefined || !attempt(() => mkdirSync(directory, { recursive: true }))) return;
    const failed = join(directory, `${this.key}.failed`);
    if (ageOf(failed) < retryAfter) return;
    const lock = join(directory, `${this.key}.lock`);
    if (!takeLock(lock)) return;
    const temporary = join(directory, `${this.key}.${process.pid}.tmp`);
    try {
      const error = await this.runBuilder(temporary);
      const size = readSize(temporary);
      if (error === "stopped") return;
      if (error === undefined && size) renameSync(temporary, join(directory, `${this.key}.${size}.blob`));
      else attempt(() => writeFileSync(failed, `${error ?? "The builder wrote nothing."}\n`));
    } catch {
      // A cache folder that cannot be written is a slower start and nothing else.
    } finally {
      remove(temporary);
      remove(lock);
      this.removeOld();
    }
  }

  /** Ends a build that is under way. */
  stop(): void {
    this.builder?.kill("SIGKILL");
  }

  private runBuilder(temporary: string): Promise<string | undefined> {
    const { mainPath, mainArguments, env, directory } = this.config;
    return new Promise((resolve) => {
      const builder = spawn(
        process.execPath,
        [...snapshotFlags, "--snapshot-blob", temporary, "--build-snapshot", mainPath, ...mainArguments],
        // In the cache folder: what is found from the working directory must not come from some notebook's.
        { cwd: directory, env, stdio: ["ignore", "ignore", "pipe"], timeout: buildTime, killSignal: "SIGKILL" },
      );
      this.builder = builder;
      let output = "";
      builder.stderr?.on("data", (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-4000);
      });
      const finish = (error: string | undefined) => {
        this.builder = undefined;
        resolve(error);
      };
      builder.on("error", (error) => finish(error.message));
      builder.on("close", (code, signal) => {
        if (code === 0) finish(undefined);
        // Killed with the kernel: the next one builds it.
        else finish(signal === "SIGKILL" ? "stopped" : `exit code ${code}: ${output}`);
      });
      const { pid } = builder;
      // Nobody waits for it.
      if (pid !== undefined) attempt(() => setPriority(pid, constants.priority.PRIORITY_LOW));
    });
  }

  private files(): string[] {
    try {
      return readdirSync(this.config.directory);
    } catch {
      // There is no cache folder yet.
      return [];
    }
  }

  private removeOld(): void {
    for (const name of this.files()) {
      if (!name.startsWith(prefix)) continue;
      const path = join(this.config.directory, name);
      if (ageOf(path) > (name.endsWith(".blob") ? unusedFor : retryAfter)) remove(path);
    }
  }
}

/** A snapshot holds for one build of the bundle and one Node binary. */
function identify({ mainPath, mainArguments }: SnapshotConfig): string {
  const hash = createHash("sha256");
  const parts = [readBundleId(mainPath), process.execPath, ...snapshotFlags, ...mainArguments];
  for (const part of parts) hash.update(`${part}\n`);
  const { size, mtimeMs } = statSync(process.execPath);
  return hash.update(`${size} ${mtimeMs}`).digest("hex").slice(0, 16);
}

/** The hash of the bundle: the build writes it down, because reading 4 MB at every start would be felt. */
function readBundleId(mainPath: string): string {
  try {
    return readFileSync(`${mainPath}.sha256`, "utf8").trim();
  } catch {
    return createHash("sha256").update(readFileSync(mainPath)).digest("hex");
  }
}

function takeLock(path: string): boolean {
  const isStale = ageOf(path) > buildTime && ageOf(path) < Number.POSITIVE_INFINITY;
  if (isStale || (ageOf(path) < Number.POSITIVE_INFINITY && !isAlive(Number(readText(path))))) remove(path);
  return attempt(() => writeFileSync(path, String(process.pid), { flag: "wx" }));
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Gone between two looks.
    return "";
  }
}

function isAlive(pid: number): boolean {
  return pid > 0 && attempt(() => process.kill(pid, 0));
}

/** Milliseconds since a file was written; infinite when there is none. */
function ageOf(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats ? Date.now() - stats.mtimeMs : Number.POSITIVE_INFINITY;
}

function readSize(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

function remove(path: string): void {
  attempt(() => rmSync(path, { force: true }));
}

/** Whether something that may fail, and then only makes the next start slower, went well. */
function attempt(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    // The caller goes on without.
    return false;
  }
}
