// The connection file that a kernel is started with: free ports, a fresh key, readable for its owner only.
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type ConnectionInfo, formatConnectionFile } from "../kernel/protocol/connection-file.js";
import { jupyterRuntimeDirectory } from "../kernel/protocol/jupyter-paths.js";

/** A connection and the file that tells a kernel of it. */
export interface PreparedConnection {
  readonly info: ConnectionInfo;
  readonly path: string;
  readonly remove: () => Promise<void>;
}

/** Chooses ports that are free now, and writes the connection file. */
export async function prepareConnection(): Promise<PreparedConnection> {
  const [shell = 0, control = 0, stdin = 0, iopub = 0, hb = 0] = await findFreePorts(5);
  const info: ConnectionInfo = {
    transport: "tcp",
    ip: host,
    ports: { shell, control, stdin, iopub, hb },
    key: randomUUID(),
    signatureScheme: "hmac-sha256",
  };
  const { path, remove } = await writePrivately(`kernel-${randomUUID()}.json`, formatConnectionFile(info));
  return { info, path, remove };
}

const host = "127.0.0.1";

/** All are held until all are known, so that none is chosen twice. */
async function findFreePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject).listen(0, host, resolve);
      });
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function writePrivately(name: string, text: string): Promise<Pick<PreparedConnection, "path" | "remove">> {
  const options = { mode: 0o600, flag: "wx" } as const;
  // The kernel reads it from a directory of its own.
  const path = resolve(jupyterRuntimeDirectory(), name);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, text, options);
    return { path, remove: () => rm(path, { force: true }) };
  } catch {
    // The home directory may be read-only, as it is in many containers; whatever is wrong, the next write tells.
    const directory = await mkdtemp(join(tmpdir(), "cellscope-"));
    const fallback = join(directory, name);
    await writeFile(fallback, text, options);
    return { path: fallback, remove: () => rm(directory, { recursive: true, force: true }) };
  }
}
