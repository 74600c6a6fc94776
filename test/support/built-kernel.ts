// The kernel as it is installed: built, and in a process of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectionInfo, formatConnectionFile } from "../../kernel/protocol/connection-file.js";
import { type Client, connectClient, createConnection } from "./client.js";
import { mainPath } from "./command-line.js";

/** A kernel process with one client connected. */
export interface BuiltKernel {
  readonly client: Client;
  readonly connection: ConnectionInfo;
  readonly process: ChildProcess;
  /** What it wrote to stderr. */
  readonly log: () => string;
  /** Settles when it has ended: its exit code and the signal that ended it. */
  readonly ended: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>;
  /** Connects another client, which may come in the middle of a cell; it is closed with the rest. */
  readonly connect: (session?: string) => Promise<Client>;
  /** Ends it, if it has not ended by itself; throws when a message against the spec was seen. */
  readonly close: () => Promise<void>;
}

/** How a kernel process is started. */
export interface BuiltKernelOptions {
  /** That of an earlier kernel, whose place this one takes; one of its own when absent. */
  readonly connection?: ConnectionInfo;
  readonly transport?: ConnectionInfo["transport"];
  /** The words before the command: a program that starts the kernel as its only child, with limits for example. */
  readonly wrapper?: readonly string[];
}

/** Starts `dist/cli/main.cjs kernel` and connects to it; `env` is added to the environment. */
export async function startBuiltKernel(
  env: Readonly<NodeJS.ProcessEnv> = {},
  options: BuiltKernelOptions = {},
): Promise<BuiltKernel> {
  const { connection, remove } = options.connection
    ? { connection: options.connection, remove: async () => undefined }
    : await createConnection(options.transport);
  const directory = await mkdtemp(join(tmpdir(), "cellscope-kernel-"));
  const file = join(directory, "connection.json");
  await writeFile(file, formatConnectionFile(connection));
  const [command = "", ...words] = [...(options.wrapper ?? []), process.execPath, mainPath, "kernel", "-f", file];
  const child = spawn(command, words, {
    stdio: ["ignore", "ignore", "pipe"],
    // Whatever becomes of the test, the kernel does not outlive it.
    env: { ...process.env, JPY_PARENT_PID: String(process.pid), ...env },
    // As Jupyter starts kernels.
    detached: true,
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const clients: Client[] = [];
  const connect = async (session?: string) => {
    const client = await connectClient(connection, { late: true, ...(session === undefined ? {} : { session }) });
    clients.push(client);
    return client;
  };
  const stop = async (patience: number) => {
    const killer = setTimeout(() => child.kill("SIGKILL"), patience);
    await ended;
    clearTimeout(killer);
    await remove();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const client = await connect();
    return {
      client,
      connection,
      process: child,
      log: () => log,
      ended,
      connect,
      close: async () => {
        try {
          if (child.exitCode === null && child.signalCode === null) {
            const answered = client.request("shutdown_request", { restart: false }, { channel: "control" });
            // One that has ended in the meantime does not answer.
            answered.catch(() => undefined);
            await Promise.race([answered, ended]);
          }
          for (const each of clients) each.close();
        } finally {
          await stop(closingLimit);
        }
      },
    };
  } catch (error) {
    await stop(0);
    throw error;
  }
}

/** Milliseconds; a kernel that was asked to end has things to write first. */
const closingLimit = 10_000;
