// What stands between a notebook and its data: the processes from the front end to the cells, and what these have open.
import type { ProbedProcess } from "../kernel-probe.js";
import type { Measured } from "../measured.js";
import { type Mount, mountOf, readMounts } from "./disk-space.js";
import { pidOf } from "./history.js";
import { type JupyterServer, readJupyterServer } from "./jupyter-server.js";
import { maskArguments } from "./mask.js";
import type { ProcessReading } from "./processes.js";
import { readWith } from "./read-processes.js";
import { mapMeasured, type System, thisSystem } from "./system.js";
import { type Endpoint, parseTcpTable } from "./tcp-table.js";

/** A process on the way, or beside it. */
export interface PathProcess {
  readonly role: ProbedProcess["role"] | "server" | "child";
  readonly pid: number;
  /** Command line without secrets, for those that are not ours. */
  readonly command: string;
  readonly rss: Measured<number>;
  readonly pss: Measured<number>;
  /** Milliseconds of CPU time since it was started. */
  readonly cpuTime: Measured<number>;
}

/** What stands between a notebook and its data. */
export interface DataPath {
  /** What started the kernel: a Jupyter server, or a program that runs notebooks, which has no `jupyter`. */
  readonly server: Measured<PathProcess & { readonly jupyter?: JupyterServer }>;
  readonly processes: readonly PathProcess[];
  /** Processes that cells have started, and theirs. */
  readonly children: readonly PathProcess[];
  /** Threads of the process that runs the cells, by their names. */
  readonly threads: Measured<readonly { readonly name: string; readonly count: number }[]>;
  /** Files that the process that runs the cells has open, programs and libraries aside. */
  readonly files: Measured<readonly OpenFile[]>;
  readonly sockets: Measured<readonly OpenSocket[]>;
  /** File systems that the notebook works on or has files open on. */
  readonly mounts: Measured<readonly Mount[]>;
  /** Milliseconds from the kernel to the thread of the cells and back. */
  readonly roundTrip: Measured<number>;
  /** Milliseconds from the kernel to the front end and back, through all that stands between them. */
  readonly frontEnd: Measured<number>;
}

/** A file that is open. */
export interface OpenFile {
  readonly path: string;
  /** By the ending of its name. */
  readonly isDatabase: boolean;
}

/** A connection to another program, on this machine or elsewhere. */
export interface OpenSocket extends Endpoint {
  /** What usually listens at that port. */
  readonly service?: string;
}

/** Looks at the processes of a kernel and at what its cells have open. */
export async function readDataPath(
  own: readonly ProbedProcess[],
  options: {
    readonly system?: System;
    readonly parentPid?: number;
    /** Where Jupyter servers tell of themselves. */
    readonly runtimeDirectory?: string;
    readonly ping?: () => Promise<Measured<number>>;
    readonly pingFrontEnd?: () => Promise<Measured<number>>;
  } = {},
): Promise<DataPath> {
  const { system = thisSystem, parentPid, runtimeDirectory, ping, pingFrontEnd } = options;
  const pid = pidOf(own);
  const childPids = await readDescendants(pid, system);
  const readings = await readWith(
    system,
    [...own.map((process) => process.pid), ...childPids, ...(parentPid === undefined ? [] : [parentPid])],
    { pss: true },
  );
  const nodeOf = async (role: PathProcess["role"], one: number): Promise<PathProcess> => ({
    role,
    pid: one,
    command: role === "server" || role === "child" ? await readCommand(one, system) : "",
    ...figuresOf(readings.get(one)),
  });
  const [files, sockets] = await readOpen(pid, system);
  const readServer = async (parent: number): Promise<DataPath["server"]> => {
    const jupyter = await readJupyterServer(parent, {
      system,
      ...(runtimeDirectory === undefined ? {} : { runtimeDirectory }),
    });
    return { value: { ...(await nodeOf("server", parent)), ...(jupyter !== undefined && { jupyter }) } };
  };
  return {
    server:
      parentPid === undefined ? { missing: "the kernel was not told who started it" } : await readServer(parentPid),
    processes: await Promise.all(own.map((process) => nodeOf(process.role, process.pid))),
    children: await Promise.all(childPids.map((child) => nodeOf("child", child))),
    threads: await readThreads(pid, system),
    files,
    sockets,
    mounts: await readUsedMounts(pid, files, system),
    roundTrip: ping === undefined ? { missing: "no cells run here" } : await ping(),
    frontEnd: pingFrontEnd === undefined ? { missing: "no front end is asked here" } : await pingFrontEnd(),
  };
}

function figuresOf(reading: ProcessReading | undefined): Pick<PathProcess, "rss" | "pss" | "cpuTime"> {
  const gone = { missing: "it has ended" };
  const { rss, pss, cpuTime } = reading ?? { rss: gone, pss: gone, cpuTime: gone };
  return { rss, pss, cpuTime };
}

async function readCommand(pid: number, system: System): Promise<string> {
  const line = await system.readText(`/proc/${pid}/cmdline`);
  return "value" in line ? maskArguments(line.value.split("\0").filter(Boolean)).join(" ") : "";
}

async function readDescendants(pid: number, system: System): Promise<readonly number[]> {
  const found: number[] = [];
  for (let next: readonly number[] = [pid]; next.length > 0 && found.length < 200; ) {
    const below = await Promise.all(next.map((one) => readChildren(one, system)));
    next = below.flat().filter((child) => !found.includes(child));
    found.push(...next);
  }
  return found;
}

/** Linux lists the children of a process under the thread that started them. */
async function readChildren(pid: number, system: System): Promise<readonly number[]> {
  const threads = await system.readDirectory(`/proc/${pid}/task`);
  if ("missing" in threads) return [];
  const lists = await Promise.all(
    threads.value.map((thread) => system.readText(`/proc/${pid}/task/${thread}/children`)),
  );
  return lists.flatMap((list) => ("value" in list ? (list.value.match(/\d+/g) ?? []).map(Number) : []));
}

async function readThreads(pid: number, system: System): Promise<DataPath["threads"]> {
  const threads = await system.readDirectory(`/proc/${pid}/task`);
  if ("missing" in threads) return threads;
  const names = await Promise.all(threads.value.map((thread) => system.readText(`/proc/${pid}/task/${thread}/comm`)));
  const counts = new Map<string, number>();
  for (const text of names) {
    const name = "value" in text ? text.value.trim() : "";
    if (name !== "") counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return { value: [...counts].map(([name, count]) => ({ name, count })) };
}

const databaseEndings =
  /\.(db|sqlite3?|duckdb|mdb|lmdb|ldb|sst|parquet|arrow|feather|h5|hdf5|nc|rdb)(-wal|-journal)?$/i;
const notData = /^\/(proc|sys|dev)\/|\.(so(\.\d+)*|node|cjs|snapshot|blob)$|^(pipe|socket|anon_inode):/;

async function readOpen(
  pid: number,
  system: System,
): Promise<readonly [Measured<readonly OpenFile[]>, Measured<readonly OpenSocket[]>]> {
  const descriptors = await system.readDirectory(`/proc/${pid}/fd`);
  if ("missing" in descriptors) return [descriptors, descriptors];
  const links = await Promise.all(descriptors.value.map((name) => system.readLink(`/proc/${pid}/fd/${name}`)));
  const targets = links.flatMap((link) => ("value" in link ? [link.value] : []));
  const paths = [...new Set(targets.filter((path) => path.startsWith("/") && !notData.test(path)))];
  const inodes = new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []));
  const tables = await Promise.all(["tcp", "tcp6"].map((name) => system.readText(`/proc/${pid}/net/${name}`)));
  const connections = tables.flatMap((table) => ("value" in table ? parseTcpTable(table.value) : []));
  return [
    { value: paths.map((path) => ({ path, isDatabase: databaseEndings.test(path) })) },
    { value: connections.filter(({ inode }) => inodes.has(inode)).map(({ remote }) => withService(remote)) },
  ];
}

const services: Readonly<Record<number, string>> = {
  22: "SSH",
  80: "HTTP",
  443: "HTTPS",
  1433: "SQL Server",
  1521: "Oracle",
  3306: "MySQL",
  5432: "PostgreSQL",
  6379: "Redis",
  8123: "ClickHouse",
  9000: "object store",
  9042: "Cassandra",
  9092: "Kafka",
  9200: "Elasticsearch",
  27017: "MongoDB",
};

function withService(endpoint: Endpoint): OpenSocket {
  const service = services[endpoint.port];
  return { ...endpoint, ...(service !== undefined && { service }) };
}

async function readUsedMounts(
  pid: number,
  files: Measured<readonly OpenFile[]>,
  system: System,
): Promise<Measured<readonly Mount[]>> {
  const [mounts, cwd] = await Promise.all([readMounts(system), system.readLink(`/proc/${pid}/cwd`)]);
  return mapMeasured(mounts, (all) => {
    const paths = [
      ...("value" in cwd ? [cwd.value] : []),
      ...("value" in files ? files.value.map(({ path }) => path) : []),
    ];
    const used = paths.flatMap((path) => {
      const mount = mountOf(path, all);
      return "value" in mount ? [mount.value] : [];
    });
    return { value: [...new Map(used.map((mount) => [mount.mountPoint, mount])).values()] };
  });
}
