// Who may speak to the processes of a kernel.
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { startBuiltKernel } from "../support/built-kernel.js";
import { listFamily } from "../support/processes.js";

test.runIf(process.platform === "linux")(
  "no process of a kernel listens anywhere but at its five signed addresses and in a folder of its owner; the executor's link has no address",
  async () => {
    const kernel = await startBuiltKernel({}, { transport: "tcp" });
    try {
      // The samples are published from the first cell on at the latest.
      await kernel.client.execute("1 + 1");
      const family = listFamily(kernel.process.pid ?? 0);
      const executor = family.find(({ command }) => command.includes("executor/main.cjs"));
      expect(family.length).toBeGreaterThanOrEqual(3);
      const inodes = new Set(family.flatMap(({ pid }) => readSockets(pid).map(({ inode }) => inode)));
      const listening = (table: readonly Socket[]) =>
        table.filter(({ inode, isListening }) => isListening && inodes.has(inode)).map(({ address }) => address);
      const { shell, iopub, stdin, control, hb } = kernel.connection.ports;
      expect(listening([...readInternet("tcp"), ...readInternet("tcp6")]).sort()).toEqual(
        [shell, iopub, stdin, control, hb].map((port) => `0100007F:${port}`).sort(),
      );
      for (const transport of ["udp", "udp6"]) expect(listening(readInternet(transport))).toEqual([]);
      const paths = listening(readLocal());
      expect(paths.length).toBeGreaterThan(0);
      // An address without a folder, an abstract one, is open to everybody.
      for (const path of paths) expect([path[0], statSync(dirname(path)).mode & 0o777]).toEqual(["/", 0o700]);
      const link = readSockets(executor?.pid ?? 0).filter(({ descriptor }) => [3, 4, 5].includes(descriptor));
      const local = new Map(readLocal().map((socket) => [socket.inode, socket]));
      expect(link.map(({ descriptor, inode }) => [descriptor, local.get(inode)?.address])).toEqual([
        [3, ""],
        [4, ""],
        [5, ""],
      ]);
    } finally {
      await kernel.close();
    }
  },
);

/** A socket as the tables of the system list it. */
interface Socket {
  readonly inode: string;
  readonly address: string;
  readonly isListening: boolean;
}

function readSockets(pid: number): readonly { readonly descriptor: number; readonly inode: string }[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
    const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${pid}/fd/${descriptor}`))?.[1];
    return inode === undefined ? [] : [{ descriptor: Number(descriptor), inode }];
  });
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed between two looks.
    return "";
  }
}

/** `/proc/net/tcp` and its like; those of UDP listen all. */
function readInternet(transport: string): readonly Socket[] {
  return readTable(transport).map((line) => {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    const [host, port = ""] = local.split(":");
    const address = `${host}:${Number.parseInt(port, 16)}`;
    return { inode, address, isListening: transport.startsWith("udp") || state === "0A" };
  });
}

function readLocal(): readonly Socket[] {
  return readTable("unix").map((line) => {
    const [, , , flags, , , inode = "", address = ""] = line.trim().split(/\s+/);
    // __SO_ACCEPTCON
    return { inode, address, isListening: flags === "00010000" };
  });
}

function readTable(name: string): readonly string[] {
  return readFileSync(`/proc/net/${name}`, "utf8").trim().split("\n").slice(1);
}
