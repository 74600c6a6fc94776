import { spawn } from "node:child_process";
import { join } from "node:path";

/** The built command line. */
export const mainPath = join(import.meta.dirname, "../../dist/cli/main.cjs");

/** How a command ended, and what it wrote. */
export interface CommandResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that is running. */
export interface RunningCommand {
  readonly pid: number;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<CommandResult>;
  /** Resolves when standard output holds `text`; rejects when the command ends before. */
  readonly wrote: (text: string) => Promise<void>;
}

/** What a command is run with. */
export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds; then the command is killed. */
  readonly limit?: number;
}

/** Starts `cellscope` with arguments. */
export function startCommand(args: readonly string[], options: CommandOptions = {}): RunningCommand {
  const child = spawn(process.execPath, [mainPath, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: options.limit ?? 60_000,
    killSignal: "SIGKILL",
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  const ended = new Promise<CommandResult>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const wrote = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (stdout.includes(text)) resolve();
      };
      child.stdout.on("data", look);
      look();
      ended.then(() => reject(new Error(`never wrote ${JSON.stringify(text)}:\n${stdout}\n${stderr}`)), reject);
    });
  return { pid: child.pid ?? 0, kill: (signal) => child.kill(signal), ended, wrote };
}

/** Runs `cellscope` with arguments to its end. */
export function runCommand(args: readonly string[], options?: CommandOptions): Promise<CommandResult> {
  return startCommand(args, options).ended;
}
