// The kernel as it is installed: built, and in a process of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatConnectionFile } from "../../kernel/protocol/connection-file.js";
import { type Client, connectClient, createConnection } from "./client.js";

/** A kernel process with one client connected. */
export interface BuiltKernel {
  readonly client: Client;
  /** What it wrote to stderr. */
  readonly log: () => string;
  /** Ends it; throws when a message against the spec was seen. */
  readonly close: () => Promise<void>;
}

/** Starts `dist/cli/main.cjs kernel` and connects to it; `env` is added to the environment. */
export async function startBuiltKernel(env: Readonly<NodeJS.ProcessEnv> = {}): Promise<BuiltKernel> {
  const { connection, remove } = await createConnection();
  const directory = await mkdtemp(join(tmpdir(), "cellscope-kernel-"));
  const file = join(directory, "connection.json");
  await writeFile(file, formatConnectionFile(connection));
  const main = join(import.meta.dirname, "../../dist/cli/main.cjs");
  const child = spawn(process.execPath, [main, "kernel", "-f", file], {
    stdio: ["ignore", "ignore", "pipe"],
    // Whatever becomes of the test, the kernel does not outlive it.
    env: { ...process.env, JPY_PARENT_PID: String(process.pid), ...env },
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const ended = once(child, "exit");
  const stop = async (patience: number) => {
    const killer = setTimeout(() => child.kill("SIGKILL"), patience);
    await ended;
    clearTimeout(killer);
    await remove();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const client = await connectClient(connection);
    return {
      client,
      log: () => log,
      close: async () => {
        try {
          await client.request("shutdown_request", { restart: false }, { channel: "control" });
          client.close();
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
