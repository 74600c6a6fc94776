import { expect, test } from "vitest";
import { parseConnections, readDataPath } from "../../../../profiler/system/data-path.js";
import type { System } from "../../../../profiler/system/system.js";
import { renderDataPath } from "../../../../report/sysinfo-path.js";
import { fixtureSystem } from "../../../support/fixture-system.js";

// Columns of proc_net_tcp, as Linux prints them.
const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 7001 1 0 100 0 0 10 0
   1: 0500000A:C350 0700000A:1538 01 00000000:00000000 00:00000000 00000000  1000        0 7002 1 0 20 4 30 10 -1
   2: 0500000A:C351 0800000A:01BB 01 00000000:00000000 00:00000000 00000000  1000        0 7003 1 0 20 4 30 10 -1
`;
const links: Readonly<Record<string, string>> = {
  "/proc/4242/cwd": "/home/ada",
  "/proc/4242/fd/3": "pipe:[6000]",
  "/proc/4242/fd/20": "/home/ada/books.duckdb",
  "/proc/4242/fd/21": "socket:[7002]",
  "/proc/4242/fd/22": "/usr/lib/libz.so.1",
};

const system: System = {
  ...fixtureSystem("linux-6.18-vm-v1", {
    "/proc/4242/fd/3": "",
    "/proc/4242/fd/20": "",
    "/proc/4242/fd/21": "",
    "/proc/4242/fd/22": "",
    "/proc/4242/net/tcp": tcp,
    "/proc/4242/task/4242/comm": "node\n",
    "/proc/4242/task/4243/comm": "libuv-worker\n",
    "/proc/4242/task/4244/comm": "libuv-worker\n",
    "/proc/4242/task/4242/children": "50 ",
    "/proc/50/cmdline": "/usr/bin/psql\0postgres://ada:hunter2@db/books\0",
    "/proc/9/cmdline": "/opt/env/bin/python3\0/opt/env/bin/jupyter-lab\0--ServerApp.token=hunter2\0",
    "/opt/env/lib/python3.12/site-packages/jupyter_server-2.17.0.dist-info/METADATA": "",
  }),
  readLink: async (path) => {
    const link = links[path];
    return link === undefined ? { missing: `${path} cannot be read (EACCES)` } : { value: link };
  },
};

const own = [{ role: "executor", pid: 4242 }] as const;
const ping = async () => ({ value: 0.27 });

test("the way to the data is what runs and what is open: server, children, threads, files, connections", async () => {
  const path = await readDataPath(own, { system, parentPid: 9, ping });
  expect(path).toMatchObject({
    server: { value: { pid: 9, version: { value: "2.17.0" } } },
    children: [{ pid: 50 }],
    threads: {
      value: [
        { name: "node", count: 1 },
        { name: "libuv-worker", count: 2 },
      ],
    },
    files: { value: [{ path: "/home/ada/books.duckdb", isDatabase: true }] },
    sockets: { value: [{ address: "10.0.0.7", port: 5432, service: "PostgreSQL" }] },
    mounts: { value: [{ mountPoint: "/", type: "ext4" }] },
  });
});

test("the diagram says in text what it draws, and shows no secret of a command line", async () => {
  const bundle = renderDataPath(await readDataPath(own, { system, parentPid: 9, ping }));
  const text = String(bundle["text/plain"]);
  expect(text).toContain("server · jupyter_server 2.17.0 · pid 9");
  expect(text).toContain("│ 270 µs there and back\n  ▼\nexecutor: your cells · pid 4242");
  expect(text).toContain("10.0.0.7:5432 (usually PostgreSQL)");
  expect(JSON.stringify(bundle)).not.toContain("hunter2");
  expect(String(bundle["text/html"])).not.toMatch(/<script|<style|<svg|class=/);
});

test("what cannot be seen says why, and the diagram is drawn all the same", async () => {
  const bundle = renderDataPath(await readDataPath([], { system: fixtureSystem("no-cgroups-ulimit") }));
  expect(String(bundle["text/plain"])).toContain("the kernel was not told who started it");
});

test("addresses of version 6 are written in short, and those of version 4 in them as such", () => {
  const row = (address: string) =>
    `   0: 00000000000000000000000001000000:C350 ${address}:1538 01 0:0 0:0 0 1000 0 9 1`.replace(
      "0:0 0:0 0",
      "0:0 0:0 0",
    );
  const [one, mapped] = ["B80D0120000000000000000001000000", "0000000000000000FFFF00000100000A"].map(
    (address) => parseConnections(row(address))[0]?.address,
  );
  expect([one, mapped]).toEqual(["[2001:db8::1]", "10.0.0.1"]);
});
