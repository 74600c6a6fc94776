// How `cellscope top` finds the kernels that run: each keeps a small file beside Jupyter's connection files.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jupyterRuntimeDirectory } from "../kernel/protocol/jupyter-paths.js";

/** A kernel that runs, as it has announced itself. */
export interface AnnouncedKernel {
  readonly pid: number;
  readonly connectionFile: string;
  /** The directory of the notebook. */
  readonly cwd: string;
  /** The ZeroMQ endpoint of its samples. */
  readonly samples: string;
  /** Milliseconds since 1970. */
  readonly started: number;
}

/** Where the announcements lie. */
export function announcementDirectory(): string {
  return join(jupyterRuntimeDirectory(), "cellscope");
}

/** Announces this process as a kernel, until it ends. A directory that cannot be written to is no reason to fail. */
export function announceKernel(
  kernel: Omit<AnnouncedKernel, "pid" | "started">,
  directory: string = announcementDirectory(),
): void {
  const file = join(directory, `${process.pid}.json`);
  const announced: AnnouncedKernel = { pid: process.pid, ...kernel, started: Math.round(performance.timeOrigin) };
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(file, `${JSON.stringify(announced)}\n`, { mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    process.stderr.write(`cellscope: "cellscope top" will not find this kernel: ${error.message}\n`);
    return;
  }
  // A kernel that is killed leaves its file: who lists kernels takes it away.
  process.on("exit", () => rmSync(file, { force: true }));
}

/** The kernels that run, the oldest first; announcements of those that have ended are taken away. */
export function listAnnouncedKernels(directory: string = announcementDirectory()): readonly AnnouncedKernel[] {
  const kernels = namesIn(directory).flatMap((name) => {
    const file = join(directory, name);
    const kernel = readAnnouncement(file);
    if (kernel !== undefined && isAlive(kernel)) return [kernel];
    rmSync(file, { force: true });
    return [];
  });
  return kernels.sort((one, other) => one.started - other.started);
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => /^\d+\.json$/.test(name));
  } catch (error) {
    // No kernel has ever run here.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

function readAnnouncement(file: string): AnnouncedKernel | undefined {
  try {
    const data: unknown = JSON.parse(readFileSync(file, "utf8"));
    const { pid, connectionFile, cwd, samples, started }: Partial<Record<keyof AnnouncedKernel, unknown>> =
      Object(data);
    if (typeof pid !== "number" || typeof started !== "number") return undefined;
    if (typeof connectionFile !== "string" || typeof cwd !== "string" || typeof samples !== "string") return undefined;
    return { pid, connectionFile, cwd, samples, started };
  } catch (error) {
    // It is gone since, or half of it was written when its kernel was killed.
    if (error instanceof SyntaxError || (error instanceof Error && "code" in error)) return undefined;
    throw error;
  }
}

/** A number may have been given to another process since: that one was started later than the announcement says. */
function isAlive({ pid, started }: AnnouncedKernel): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Another user's process is alive, too.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  const processStart = startOf(pid);
  return processStart === undefined || processStart < started + 2000;
}

function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const ticks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
    const booted = Number(/^btime (\d+)$/m.exec(readFileSync("/proc/stat", "latin1"))?.[1]);
    const start = booted * 1000 + ticks * 10;
    return Number.isFinite(start) ? start : undefined;
  } catch {
    // No /proc here: the number alone has to do.
    return undefined;
  }
}
