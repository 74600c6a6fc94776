import { type ChildProcess, spawn } from "node:child_process";
import { readlink } from "node:fs/promises";
import { basename } from "node:path";
import { type Readable, Writable } from "node:stream";
import { UsageError } from "../kernel/errors.js";
import type { Outcome, Output } from "../kernel/interpreter.js";
import type { KernelProbe } from "../profiler/kernel-probe.js";
import { defineMagic, type Magic } from "./dispatch/magic.js";

/** `!command`, `%shell`, `%%shell`, `%%sh` and `%%bash`: run commands in a shell, beside the notebook. */
export const shell: Magic = defineMagic({
  name: "shell",
  aliases: ["sh", "bash"],
  forms: ["line", "cell"],
  summary: "Run a command, or a cell of commands, in a shell; !command is short for it.",
  operands: "COMMAND",
  body: "text",
  options: {
    noRaiseError: { type: "flag", description: "Let a cell whose script fails end well, as a line always does." },
  },
  async run({ noRaiseError }, { form, calledAs, body, output, probe, signal }) {
    const program = calledAs === "shell" ? usersShell() : calledAs;
    const end = await runScript({ program, script: body, cwd: await readWorkingDirectory(probe), output, signal });
    if (end === undefined) return undefined;
    if (form === "cell" && !noRaiseError) return scriptFailed(end);
    output.stream("stderr", `${end}\n`);
    return undefined;
  },
});

interface Script {
  readonly program: string;
  readonly script: string;
  readonly cwd: string;
  readonly output: Output;
  readonly signal: AbortSignal;
}

// What a process in the background holds open is waited for this long after the shell itself has ended.
const backgroundWait = 200;
// A command that does not end when it is interrupted is killed after this.
const interruptWait = 1000;

// Runs the script in a process group of its own, which ends with the kernel, however that ends: the group's watcher
// reads from a pipe whose other end only the kernel holds.
const watched = `{ read -r _ <&3 || kill -KILL 0; } >/dev/null 2>&1 & exec 3<&-; exec "$0" -c "$1"`;

/** Returns how the script failed, or nothing when it went well. */
function runScript({ program, script, cwd, output, signal }: Script): Promise<string | undefined> {
  const child = start(program, script, cwd);
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
      reject(new UsageError(`No shell could be started in ${cwd}: ${error.message}.`, { cause: error }));
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

function start(program: string, script: string, cwd: string): ChildProcess {
  if (process.platform === "win32") {
    return spawn(script.trim(), { shell: true, cwd, stdio: ["ignore", "pipe", "pipe"] });
  }
  try {
    const stdio = ["ignore", "pipe", "pipe", "pipe"] as const;
    return spawn("/bin/sh", ["-c", watched, program, script], { cwd, detached: true, stdio: [...stdio] });
  } catch (error) {
    if (!hasCode(error, "E2BIG")) throw error;
    throw new UsageError(
      `The script has ${script.length} characters, more than a shell can be given: put it in a file.`,
      {
        cause: error,
      },
    );
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

function scriptFailed(end: string): Outcome {
  const evalue = `the script failed: ${end}`;
  return { status: "error", error: { ename: "ShellError", evalue, traceback: [`ShellError: ${evalue}`] } };
}

// Service accounts have shells that only refuse; the script then goes to the one that is always there.
function usersShell(): string {
  const { SHELL = "" } = process.env;
  return /^(?:ba|da|a|k|mk|z|fi)?sh$/.test(basename(SHELL)) ? SHELL : "/bin/sh";
}

// The notebook may have changed its directory; where that cannot be read, the kernel's own is where it began.
async function readWorkingDirectory(probe: KernelProbe): Promise<string> {
  const executor = probe.processes().find(({ role }) => role === "executor");
  if (process.platform !== "linux" || executor === undefined) return process.cwd();
  try {
    return await readlink(`/proc/${executor.pid}/cwd`);
  } catch (error) {
    // It has just died, or does not want to be looked at.
    if (!hasCode(error, "ENOENT", "ESRCH", "EACCES")) throw error;
    return process.cwd();
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && codes.includes(String((error as NodeJS.ErrnoException).code));
}
