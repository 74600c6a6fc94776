// The process of a kernel: started in a group of its own, watched, and ended with all that it started.
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { KernelStartError, messageOf } from "./errors.js";
import { describeKernelEnd, type KernelDeath } from "./kernel-death.js";

/** How a kernel is started. */
export interface KernelLaunch {
  /** As the notebook's metadata names it. */
  readonly name: string;
  readonly displayName: string;
  readonly language: string;
  /** `{connection_file}` and `{resource_dir}` are replaced. */
  readonly argv: readonly string[];
  readonly interruptMode: "signal" | "message";
  readonly env?: Readonly<Record<string, string>>;
  /** `{resource_dir}` of `argv`. */
  readonly directory?: string;
  /** Time without an answer on the heartbeat channel after which the kernel counts as hung; never when absent. */
  readonly heartbeatLimit?: number;
}

/** A kernel process that is running or has run. */
export class KernelProcess {
  /** Resolves when the process has ended and what it wrote was read. */
  readonly ended: Promise<KernelDeath>;
  readonly #child: ChildProcess;

  /** Starts the process; a program that is not there shows as a rejected `started`. */
  constructor(launch: KernelLaunch, connectionFile: string, cwd: string) {
    const [program = "", ...args] = launch.argv.map((word) =>
      word.replaceAll("{connection_file}", connectionFile).replaceAll("{resource_dir}", launch.directory ?? ""),
    );
    this.#child = spawn(program, args, {
      cwd,
      // A group of its own: Ctrl-C in the terminal is for the runner, which then interrupts the cell.
      detached: true,
      windowsHide: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        ...expandVariables(launch.env ?? {}, process.env),
        JPY_PARENT_PID: String(process.pid),
      },
    });
    this.ended = this.#watch();
  }

  /** Resolves when the program runs; rejects with a `KernelStartError` when it cannot be started. */
  async started(launch: KernelLaunch): Promise<void> {
    if (this.#child.pid !== undefined) return;
    const error = await new Promise<Error>((resolve) => this.#child.once("error", resolve));
    throw new KernelStartError(
      `The kernel "${launch.name}" cannot be started: ${launch.argv[0] ?? "its argv is empty"}: ${messageOf(error)}`,
      { cause: error },
    );
  }

  /** The process id; `undefined` when the program could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends a signal to the process and to everything in its group; does nothing when there is none left. */
  signal(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined) signalGroup(this.#child.pid, signal);
  }

  async #watch(): Promise<KernelDeath> {
    const { pid } = this.#child;
    if (pid !== undefined) watchedGroups.add(pid);
    const stderr = keepTail(this.#child.stderr);
    keepTail(this.#child.stdout);
    const { exitCode, signal } = await new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
      this.#child.once("exit", (exitCode, signal) => resolve({ exitCode, signal }));
      this.#child.once("error", () => resolve({ exitCode: null, signal: null }));
    });
    if (pid !== undefined) {
      watchedGroups.delete(pid);
      // What the kernel started and did not end must not outlive it, nor hold its pipes open.
      signalGroup(pid, "SIGKILL");
    }
    await stderr.closed(drainTime);
    return describeKernelEnd({ exitCode, signal, stderr: stderr.text() });
  }
}

/** What is left in a pipe arrives at once; a process that left the group may hold it open for ever. */
const drainTime = 500;
const tailLength = 16_384;

/** Groups to be ended when this process ends in an orderly way; on SIGKILL, kernels notice by `JPY_PARENT_PID`. */
const watchedGroups = new Set<number>();
process.on("exit", () => {
  for (const pid of watchedGroups) signalGroup(pid, "SIGKILL");
});

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    // Windows has no groups.
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    // ESRCH: all gone. EPERM: macOS says so of a group of zombies.
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}

interface Tail {
  readonly text: () => string;
  /** Resolves when the stream has ended, or after `limit`. */
  readonly closed: (limit: number) => Promise<void>;
}

function keepTail(stream: Readable | null): Tail {
  let text = "";
  stream?.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-tailLength);
  });
  const closed = new Promise<void>((resolve) => {
    if (stream === null) resolve();
    else stream.once("close", resolve);
  });
  return {
    text: () => text,
    closed: async (limit) => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, limit);
      });
      await Promise.race([closed, late]);
      clearTimeout(timer);
      stream?.destroy();
    },
  };
}

/** Replaces `$NAME` and `${NAME}` as Jupyter does in a kernelspec's `env`; names that are not set stay as they are. */
export function expandVariables(
  variables: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const expand = (text: string) =>
    text.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (whole, bare?: string, braced?: string) =>
      whole === "$$" ? "$" : (env[bare ?? braced ?? ""] ?? whole),
    );
  return Object.fromEntries(Object.entries(variables).map(([name, text]) => [name, expand(text)]));
}
