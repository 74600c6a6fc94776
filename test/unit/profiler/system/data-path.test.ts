import { expect, test } from "vitest";
import { readDataPath } from "../../../../profiler/system/data-path.js";
import type { System } from "../../../../profiler/system/system.js";
import { renderDataPath } from "../../../../report/sysinfo-path.js";
import { fixtureSystem } from "../../../support/fixture-system.js";

// Columns of proc_net_tcp, as Linux prints them.
const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 7001 1 0 100 0 0 10 0
   1: 0500000A:C350 0700000A:1538 01 00000000:00000000 00:00000000 00000000  1000        0 7002 1 0 20 4 30 10 -1
   3: 0500000A:1F90 0900000A:D431 01 00000000:00000000 00:00000000 00000000  1000        0 7005 1 0 20 4 30 10 -1
   4: 0500000A:1F90 0900000A:D432 01 00000000:00000000 00:00000000 00000000  1000        0 7006 1 0 20 4 30 10 -1
   2: 0500000A:C351 0800000A:01BB 01 00000000:00000000 00:00000000 00000000  1000        0 7003 1 0 20 4 30 10 -1
`;
const serverInfo = JSON.stringify({
  url: "http://127.0.0.1:8080/user/you/",
  port: 8080,
  pid: 9,
  token: "hunter2",
  version: "2.17.0",
});
const links: Readonly<Record<string, string>> = {
  "/proc/4242/cwd": "/home/you",
  "/proc/4242/fd/3": "pipe:[6000]",
  "/proc/4242/fd/20": "/home/you/books.duckdb",
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
    "/proc/50/cmdline": "/usr/bin/psql\0postgres://you:hunter2@db/books\0",
    "/proc/9/cmdline": "/opt/env/bin/python3\0/opt/env/bin/jupyter-lab\0--ServerApp.token=hunter2\0",
    "/proc/9/net/tcp": tcp,
    "/proc/7/cmdline": "node\0/opt/cellscope/dist/cli/main.cjs\0run\0books.ipynb\0",
    "/run/jupyter/jpserver-9.json": serverInfo,
    "/run/jupyter/jpserver-8.json": serverInfo,
    "/opt/env/lib/python3.12/site-packages/jupyter_server-2.17.0.dist-info/METADATA": "",
  }),
  readLink: async (path) => {
    const link = links[path];
    return link === undefined ? { missing: `${path} cannot be read (EACCES)` } : { value: link };
  },
};

const asked: string[] = [];
const answering: System = {
  ...system,
  readUrl: async (url) => {
    asked.push(url);
    return { value: '{"version": "2.17.0"}' };
  },
};
const own = [{ role: "executor", pid: 4242 }] as const;
const ping = async () => ({ value: 0.27 });

const options = { parentPid: 9, runtimeDirectory: "/run/jupyter", ping, pingFrontEnd: async () => ({ value: 4.2 }) };

test("the way to the data is what runs and what is open: server, children, threads, files, connections", async () => {
  const path = await readDataPath(own, { ...options, system: answering });
  expect(path).toMatchObject({
    server: {
      value: {
        pid: 9,
        jupyter: {
          version: { value: "2.17.0" },
          clients: { value: [{ address: "10.0.0.9", connections: 2 }] },
          roundTrip: { value: expect.any(Number) },
        },
      },
    },
    children: [{ pid: 50 }],
    threads: {
      value: [
        { name: "node", count: 1 },
        { name: "libuv-worker", count: 2 },
      ],
    },
    files: { value: [{ path: "/home/you/books.duckdb", isDatabase: true }] },
    sockets: { value: [{ address: "10.0.0.7", port: 5432, service: "PostgreSQL" }] },
    mounts: { value: [{ mountPoint: "/", type: "ext4" }] },
    roundTrip: { value: 0.27 },
    frontEnd: { value: 4.2 },
  });
  // The one address of a server that needs no token.
  expect(new Set(asked)).toEqual(new Set(["http://127.0.0.1:8080/user/you/api"]));
});

test("the diagram says in text what it draws, and shows no secret of a command line", async () => {
  const bundle = renderDataPath(await readDataPath(own, { ...options, system: answering }));
  const text = String(bundle["text/plain"]);
  expect(text).toContain("front end · 2 connections from · 10.0.0.9\n  │ 4.2 ms to the kernel and back\n  ▼\n");
  expect(text).toContain("Jupyter server · jupyter_server 2.17.0 · pid 9");
  expect(text).toContain("│ 270 µs there and back\n  ▼\nexecutor: your cells · pid 4242");
  expect(text).toContain("10.0.0.7:5432 (usually PostgreSQL)");
  expect(JSON.stringify(bundle)).not.toContain("hunter2");
  expect(String(bundle["text/html"])).not.toMatch(/<script|<style|<svg|class=/);
});

test("a server that does not answer is drawn with the reason, and its version from beside its program", async () => {
  const path = await readDataPath(own, { ...options, system, runtimeDirectory: "/elsewhere" });
  expect(path.server).toMatchObject({
    value: {
      jupyter: { version: { value: "2.17.0" }, clients: { missing: expect.stringContaining("jpserver-9.json") } },
    },
  });
  const silent = await readDataPath(own, { ...options, system });
  expect(String(renderDataPath(silent)["text/plain"])).toContain(
    "│ not measured: http://127.0.0.1:8080 cannot be asked (ECONNREFUSED)\n  ▼\nkernel",
  );
});

test.each([
  ["a program that runs notebooks", 7, "front end · node main.cjs · pid 7"],
  ["a process that has got the number of a server that was killed", 8, "front end · unknown program · pid 8"],
])("%s is the front end itself", async (_, parentPid, line) => {
  const text = String(renderDataPath(await readDataPath(own, { ...options, system, parentPid }))["text/plain"]);
  expect(text).toContain(line);
  expect(text).not.toContain("server");
});

test("what cannot be seen says why, and the diagram is drawn all the same", async () => {
  const bundle = renderDataPath(await readDataPath([], { system: fixtureSystem("no-cgroups-ulimit") }));
  expect(String(bundle["text/plain"])).toContain("the kernel was not told who started it");
});
