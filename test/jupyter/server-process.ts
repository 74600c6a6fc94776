// A server as a process of a test: waited for until it answers, and ended with what it started.
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** A server that answers. */
export interface ServerProcess {
  readonly pid: number;
  /** What it has written so far. */
  readonly log: () => string;
  readonly close: () => Promise<void>;
}

/** Starts a server and waits until `address` answers; `limit` is milliseconds. */
export async function startServerProcess(options: {
  readonly command: readonly string[];
  readonly address: string;
  readonly token?: string;
  readonly cwd?: string;
  readonly environment?: NodeJS.ProcessEnv;
  readonly limit?: number;
}): Promise<ServerProcess> {
  const { command, address, token = "", cwd, environment = {}, limit = 60_000 } = options;
  const [program = "", ...words] = command;
  const server = spawn(program, words, {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  let log = "";
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  }
  const close = (): Promise<void> => stop(server);
  try {
    const deadline = Date.now() + limit;
    while (!(await answers(address, token))) {
      if (server.exitCode !== null) throw new Error(`${words[1]} ended with exit code ${server.exitCode}:\n${log}`);
      if (Date.now() > deadline) throw new Error(`${words[1]} did not answer within ${limit} ms:\n${log}`);
      await delay(100);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { pid: server.pid ?? 0, log: () => log, close };
}

/**
 * A port of this machine that is free now, and that no connection and no kernel gets by chance before a server has it: those
 * get theirs from 32768 on.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 32_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

async function answers(url: string, token: string): Promise<boolean> {
  try {
    return (await fetch(url, { headers: { Authorization: `token ${token}` }, signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    // It does not listen yet.
    return false;
  }
}

/** Ends the server, which ends its kernels; what does not end within ten seconds is killed. */
async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGTERM");
  const killer = setTimeout(() => server.kill("SIGKILL"), 10_000);
  await ended;
  clearTimeout(killer);
}
