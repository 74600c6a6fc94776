// Where a socket listens that is for its owner alone: a file in a folder that nobody else may enter. A port of the
// loopback interface would be open to every user of the machine.
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An address to bind, and what takes its file away again. */
export interface PrivateEndpoint {
  readonly address: string;
  readonly remove: () => Promise<void>;
}

/** Makes an address for a socket of this user's; on Windows, which has no such files, a free port of the loopback interface. */
export async function createPrivateEndpoint(
  name: string,
  bases: readonly string[] = usualBases(),
): Promise<PrivateEndpoint> {
  if (process.platform === "win32") return { address: "tcp://127.0.0.1:*", remove: async () => undefined };
  let cause: unknown = new Error(`no path of at most ${longestPath} bytes in ${bases.join(", ")}`);
  for (const base of bases) {
    // Six characters more are what the system adds.
    const prefix = join(base, `${folderPrefix}${name}-`);
    if (Buffer.byteLength(join(`${prefix}123456`, socketName)) > longestPath) continue;
    try {
      await removeStale(base);
      const folder = await mkdtemp(prefix);
      return {
        address: `ipc://${join(folder, socketName)}`,
        remove: () => rm(folder, { recursive: true, force: true }),
      };
    } catch (error) {
      cause = error;
    }
  }
  throw new Error(`There is no place for a private socket: ${String(cause)}`, { cause });
}

const folderPrefix = "cellscope-socket-";
const socketName = "s";
/** The address of a Unix socket has 104 bytes on macOS and 108 on Linux, the last of them 0. */
const longestPath = 103;
/** Time after which a folder with no socket in it is nobody's who is just starting. */
const startTime = 3600 * 1000;

/** The folder of the user's session comes first: it is gone with the session. */
function usualBases(): readonly string[] {
  const { XDG_RUNTIME_DIR: session } = process.env;
  return [...new Set([...(session ? [session] : []), tmpdir(), "/tmp"])];
}

/** Takes away what killed processes left behind. What a process listens at, in whatever container, stays. */
async function removeStale(base: string): Promise<void> {
  const names = (await readdir(base)).filter((name) => name.startsWith(folderPrefix));
  for (const name of names) {
    const folder = join(base, name);
    const stats = await stat(folder).catch(() => undefined); // Gone between two looks.
    if (stats?.uid !== process.getuid?.()) continue;
    const answer = await knock(join(folder, socketName));
    const isAbandoned = answer === "ENOENT" && Date.now() - (stats?.mtimeMs ?? Date.now()) > startTime;
    if (answer === "ECONNREFUSED" || isAbandoned) await rm(folder, { recursive: true, force: true });
  }
}

/** The code of the error with which a connection fails; `undefined` when somebody listens, or does not answer. */
function knock(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const finish = (code: string | undefined) => {
      socket.destroy();
      resolve(code);
    };
    socket.setTimeout(200, () => finish(undefined));
    socket.once("connect", () => finish(undefined));
    socket.once("error", (error) => finish("code" in error ? String(error.code) : undefined));
  });
}
