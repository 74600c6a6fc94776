// The program that started the kernel. A Jupyter server tells in a file of its own, `jpserver-<pid>.json` beside the
// connection files, where it listens; who is connected there is in /proc.
import { join } from "node:path";
import type { Measured } from "../measured.js";
import { mapMeasured, type System } from "./system.js";
import { parseTcpTable } from "./tcp-table.js";

/** A Jupyter server, as far as it can be known from a kernel. */
export interface JupyterServer {
  readonly version: Measured<string>;
  /** Who is connected to it: front ends, or the proxy in front of it. */
  readonly clients: Measured<readonly { readonly address: string; readonly connections: number }[]>;
  /** Milliseconds from the kernel to the server and back. */
  readonly roundTrip: Measured<number>;
}

/** Looks at the process that started the kernel; `undefined` when it is no Jupyter server. */
export async function readJupyterServer(
  pid: number,
  { system, runtimeDirectory }: { readonly system: System; readonly runtimeDirectory?: string },
): Promise<JupyterServer | undefined> {
  const line = await system.readText(`/proc/${pid}/cmdline`);
  const args = "value" in line ? line.value.split("\0") : [];
  const listed: Measured<ServerInfo> =
    runtimeDirectory === undefined
      ? { missing: "where Jupyter keeps its runtime files is not known" }
      : await readInfo(join(runtimeDirectory, `jpserver-${pid}.json`), pid, system);
  if ("missing" in listed && !args.slice(0, 3).some(isServerProgram)) return undefined;
  // Before the server is asked anything, or the question itself is one of its connections.
  const clients = await mapMeasuredAsync(listed, ({ port }) => readClients(pid, port, system));
  const installed = await readInstalledVersion(args, system);
  return {
    version: "value" in listed ? { value: listed.value.version } : installed,
    clients,
    roundTrip: await mapMeasuredAsync(listed, ({ url }) => timeAnswer(url, system)),
  };
}

interface ServerInfo {
  readonly url: string;
  readonly port: number;
  readonly version: string;
}

async function readInfo(path: string, pid: number, system: System): Promise<Measured<ServerInfo>> {
  return mapMeasured(await system.readText(path), (text) => {
    const missing = { missing: `${path} does not say where the server listens` };
    let data: Partial<Record<keyof ServerInfo | "pid", unknown>>;
    try {
      data = Object(JSON.parse(text));
    } catch {
      // Half of a file, while the server starts.
      return missing;
    }
    const { url, port, version } = data;
    if (typeof url !== "string" || typeof version !== "string" || typeof port !== "number") return missing;
    // A number that another process has now: the file was left by a server that was killed.
    return data.pid === pid ? { value: { url, port, version } } : missing;
  });
}

function isServerProgram(word: string): boolean {
  const name = word.split("/").at(-1) ?? "";
  return /^(jupyter-?lab|jupyter-notebook|notebook|jupyter[-_]server|jupyterhub-singleuser|jupyter-labhub)$/.test(name);
}

async function readClients(pid: number, port: number, system: System): Promise<JupyterServer["clients"]> {
  const tables = await Promise.all(["tcp", "tcp6"].map((name) => system.readText(`/proc/${pid}/net/${name}`)));
  const [first] = tables;
  if (first !== undefined && "missing" in first) return first;
  const counts = new Map<string, number>();
  for (const table of tables) {
    const rows = "value" in table ? parseTcpTable(table.value) : [];
    for (const { local, remote } of rows) {
      if (local.port === port) counts.set(remote.address, (counts.get(remote.address) ?? 0) + 1);
    }
  }
  return { value: [...counts].map(([address, connections]) => ({ address, connections })) };
}

/** `/api` is the one address of a server that answers everybody, and with its version only. */
async function timeAnswer(url: string, system: System): Promise<Measured<number>> {
  const times: number[] = [];
  for (let round = 0; round < 3; round++) {
    const began = performance.now();
    const answer = await system.readUrl(new URL("api", url).href);
    if ("missing" in answer) return answer;
    times.push(performance.now() - began);
  }
  return { value: times.sort((one, other) => one - other)[1] ?? 0 };
}

/** A distribution of Python leaves a folder with its version beside the packages. */
async function readInstalledVersion(args: readonly string[], system: System): Promise<Measured<string>> {
  for (const arg of args.slice(0, 2)) {
    const prefix = /^(.*)\/bin\/[^/]+$/.exec(arg)?.[1];
    const pythons = prefix === undefined ? { value: [] } : await system.readDirectory(`${prefix}/lib`);
    for (const python of "value" in pythons ? pythons.value.filter((name) => /^python3/.test(name)) : []) {
      const packages = await system.readDirectory(`${prefix}/lib/${python}/site-packages`);
      const names = "value" in packages ? packages.value : [];
      const version = names.flatMap((name) => /^jupyter_server-(.+)\.dist-info$/.exec(name)?.[1] ?? [])[0];
      if (version !== undefined) return { value: version };
    }
  }
  return { missing: "no jupyter_server is found beside the program" };
}

async function mapMeasuredAsync<T, U>(
  measured: Measured<T>,
  apply: (value: T) => Promise<Measured<U>>,
): Promise<Measured<U>> {
  return "value" in measured ? apply(measured.value) : measured;
}
