import { execFile } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readFile, statfs } from "node:fs/promises";
import os from "node:os";
import type { Measured } from "../measured.js";
import type { CpuTicks } from "./parse.js";

/** The machine as far as it is asked: its files where it has any, and what Node knows elsewhere. */
export interface System {
  readonly platform: NodeJS.Platform;
  /** A file as text, or why it could not be read. */
  readonly readText: (path: string) => Promise<Measured<string>>;
  /** The names in a directory. */
  readonly readDirectory: (path: string) => Promise<Measured<readonly string[]>>;
  /** Where a symbolic link leads. */
  readonly readLink: (path: string) => Promise<Measured<string>>;
  /** The room of the file system that a path is on. */
  readonly readSpace: (path: string) => Promise<Measured<FileSystemSpace>>;
  /** What a web server answers to a plain GET. */
  readonly readUrl: (url: string) => Promise<Measured<string>>;
  /** What a program prints; only for what no file tells. */
  readonly run: (program: string, args: readonly string[]) => Promise<Measured<string>>;
  /** Bytes of memory that the machine has. */
  readonly totalMemory: () => number;
  /** Bytes of memory that a process could still get. */
  readonly availableMemory: () => number;
  /** CPUs that this process may run on. */
  readonly parallelism: () => number;
  /** The time of each CPU since the machine started, where no file tells it. */
  readonly cpuTicks: () => ReadonlyMap<number, CpuTicks>;
  /** Tasks that ran or waited, averaged over 1, 5 and 15 minutes; zeros on Windows, which does not count them. */
  readonly loadAverage: () => readonly number[];
}

/** The room of a file system, in bytes. */
export interface FileSystemSpace {
  readonly size: number;
  /** Also what only root may have. */
  readonly free: number;
  /** What everybody may have. */
  readonly available: number;
}

/** The machine that this process runs on. */
export const thisSystem: System = {
  platform: process.platform,
  readText: readTextFile,
  readDirectory: async (path) => attempt(path, () => readdirSync(path)),
  readLink: async (path) => attempt(path, () => readlinkSync(path)),
  readSpace,
  readUrl,
  run: runProgram,
  totalMemory: os.totalmem,
  availableMemory: () => process.availableMemory(),
  parallelism: os.availableParallelism,
  cpuTicks,
  loadAverage: os.loadavg,
};

/** Reads each file only once, so that what several parts ask for is of one moment, and paid for once. */
export function readingOnce(system: System): System {
  const texts = new Map<string, Promise<Measured<string>>>();
  return {
    ...system,
    readText: (path) => {
      const known = texts.get(path) ?? system.readText(path);
      texts.set(path, known);
      return known;
    },
  };
}

// A file system on a server that does not answer holds the question until it does.
const spaceLimit = 1000;
// A server beside the kernel answers in milliseconds, or is busy with something else.
const urlLimit = 1000;
// `nvidia-smi` takes a second or two when the driver has to wake up.
const programLimit = 3000;

async function readTextFile(path: string): Promise<Measured<string>> {
  // The files of /proc and of the control groups are made from memory when they are read: waiting for them takes
  // microseconds, and handing them to another thread and back ten times as much. Only this one walks through all pages.
  if (path.endsWith("/smaps_rollup")) return readFile(path, "utf8").then(found, (error) => notFound(path, error));
  return attempt(path, () => readFileSync(path, "utf8"));
}

function attempt<T>(path: string, read: () => T): Measured<T> {
  try {
    return { value: read() };
  } catch (error) {
    return notFound(path, error);
  }
}

function found<T>(value: T): Measured<T> {
  return { value };
}

function notFound(path: string, error: unknown): { readonly missing: string } {
  // Whatever the system answers (not there, not allowed, no such process any more) is the reason of a missing figure.
  if (error instanceof Error && "syscall" in error && "code" in error) {
    return { missing: `${path} cannot be read (${String(error.code)})` };
  }
  throw error;
}

async function readSpace(path: string): Promise<Measured<FileSystemSpace>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Measured<FileSystemSpace>>((resolve) => {
    timer = setTimeout(
      () => resolve({ missing: `the file system of ${path} did not answer within ${spaceLimit} ms` }),
      spaceLimit,
    );
  });
  const answer = statfs(path).then(
    ({ bsize, blocks, bfree, bavail }) =>
      found({ size: blocks * bsize, free: bfree * bsize, available: bavail * bsize }),
    (error: unknown) => notFound(path, error),
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function cpuTicks(): ReadonlyMap<number, CpuTicks> {
  return new Map(
    os.cpus().map(({ times: { user, nice, sys, irq, idle } }, cpu) => {
      const busy = user + nice + sys + irq;
      return [cpu, { busy, all: busy + idle }];
    }),
  );
}

async function readUrl(url: string): Promise<Measured<string>> {
  const { origin } = new URL(url);
  // Few ask for it, and its loading would be felt at the start of every kernel.
  const { get } = url.startsWith("https:") ? await import("node:https") : await import("node:http");
  return new Promise((resolve) => {
    // No agent: a connection that is kept open would be one of those that are counted.
    const request = get(url, { agent: false, timeout: urlLimit }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.once("end", () =>
        resolve(
          response.statusCode === 200 ? { value: text } : { missing: `${origin} answered ${response.statusCode}` },
        ),
      );
    });
    request.once("timeout", () => request.destroy(new Error(`no answer within ${urlLimit} ms`)));
    request.once("error", ({ message }) => resolve({ missing: `${origin} cannot be asked (${message})` }));
  });
}

function runProgram(program: string, args: readonly string[]): Promise<Measured<string>> {
  return new Promise((resolve) => {
    execFile(program, [...args], { timeout: programLimit, encoding: "utf8", windowsHide: true }, (error, stdout) => {
      if (error === null) resolve({ value: stdout });
      else if (error.killed) resolve({ missing: `${program} did not answer within ${programLimit} ms` });
      else resolve({ missing: `${program} failed (${String(error.code)})` });
    });
  });
}

/** Applies a function to a reading that is there. */
export function mapMeasured<T, U>(measured: Measured<T>, apply: (value: T) => Measured<U>): Measured<U> {
  return "value" in measured ? apply(measured.value) : measured;
}
