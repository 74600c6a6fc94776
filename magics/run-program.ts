// Programs that magics run beside the executor: streamed, interruptible, and ended with the kernel.
import { type ChildProcess, spawn } from "node:child_process";
import { type Readable, Writable } from "node:stream";
import { UsageError } from "../kernel/errors.js";
import type { Output } from "../kernel/interpreter.js";

/** A program, and where its output goes. */
export interface Program {
  /** As messages name it. */
  readonly title: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly output: Output;
  /** Aborted when the program is to end. */
  readonly signal: AbortSignal;
}

// What a process in the background holds open is waited for this long after the shell itself has ended.
const backgroundWait = 200;
// A command that does not end when it is interrupted is killed after this.
const interruptWait = 1000;

// Runs the script in a process group of its own, which ends with the kernel, however that ends: the group's watcher
// reads from a pipe whose other end only the kernel holds.
const watched = `{ read -r _ <&3 || kill -KILL 0; } >/dev/null 2>&1 & exec 3<&-; exec "$@"`;

/** Runs a program to its end; returns how it failed, or nothing when it went well. */
export function runProgram(program: Program): Promise<string | undefined> {
  const { title, cwd, output, signal } = program;
  const child = start(program);
  // Node's own `close` event waits for the watcher, too.
  const closed = Promise.all([
    forward(child.stdout, (text) => output.stream("stdout", text)),
    forward(child.stderr, (text) => output.stream("stderr", text)),
  ]);
  const exited = new Promise((resolve) => child.on("exit", resolve));

  const kill = (killSignal: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    try {
      process.kill(process.platform === "win32" ? child.pid : -child.pid, killSignal);
    } catch (error) {
      // It has ended in the meantime; macOS says EPERM of a group that waits to be collected.
      if (!hasCode(error, "ESRCH", "EPERM")) throw error;
    }
  };
  const watcher = child.stdio[3];
  // The watcher is killed with its group, and then cannot be told that it may end.
  watcher?.on("error", (error) => {
    if (!hasCode(error, "EPIPE", "ECONNRESET")) output.stream("stderr", `${error.message}\n`);
  });

  let killing: NodeJS.Timeout | undefined;
  const interrupt = () => {
    kill("SIGINT");
    killing = setTimeout(() => kill("SIGKILL"), interruptWait);
  };
  signal.addEventListener("abort", interrupt, { once: true });
  if (signal.aborted) interrupt();

  void Promise.all([closed, exited]).then(() => {
    clearTimeout(killing);
    signal.removeEventListener("abort", interrupt);
    // Nothing of the group writes any more: what is left of it was told to live on.
    if (watcher instanceof Writable) watcher.end("\n");
  });

  return new Promise((resolve, reject) => {
    child.on("error", (error) => {
      reject(new UsageError(`${title} could not be started in ${cwd}: ${error.message}.`, { cause: error }));
    });
    child.on("exit", (code, exitSignal) => {
      const end = exitSignal === null ? (code === 0 ? undefined : `exit code ${code}`) : `ended by ${exitSignal}`;
      const settle = setTimeout(() => resolve(end), backgroundWait);
      void closed.then(() => {
        clearTimeout(settle);
        resolve(end);
      });
    });
  });
}

function start({ title, program, args, cwd, env }: Program): ChildProcess {
  const options = { cwd, ...(env === undefined ? {} : { env: { ...process.env, ...env } }) };
  if (process.platform === "win32") {
    const windowsVerbatimArguments = program === process.env.ComSpec;
    return spawn(program, args, { ...options, windowsVerbatimArguments, stdio: ["ignore", "pipe", "pipe"] });
  }
  try {
    return spawn("/bin/sh", ["-c", watched, "sh", program, ...args], {
      ...options,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
  } catch (error) {
    if (!hasCode(error, "E2BIG")) throw error;
    const { length } = args.join(" ");
    throw new UsageError(`${title} cannot be given ${length} characters: put them in a file.`, { cause: error });
  }
}

/** Settles when the last process that holds the stream has closed it. */
function forward(stream: Readable | null, write: (text: string) => void): Promise<void> {
  return new Promise((resolve) => {
    if (stream === null) return resolve();
    // Characters may be cut in two by the chunks in which they arrive.
    stream.setEncoding("utf8").on("data", write).on("close", resolve);
  });
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && codes.includes(String((error as NodeJS.ErrnoException).code));
}
