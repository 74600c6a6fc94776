// Which Jupyter the terminal would start, read from the files of its Python environment: starting Python takes a second.
import { open, readdir, realpath, stat } from "node:fs/promises";
import { basename, delimiter, dirname, join } from "node:path";

/** A Jupyter on this machine. */
export interface Jupyter {
  /** The program. */
  readonly program: string;
  /** The Python environment that it belongs to: it searches kernelspecs there too. */
  readonly prefix: string;
  /** The names and versions of its packages that matter here; empty when they could not be read. */
  readonly packages: ReadonlyMap<string, string>;
}

const interesting = ["jupyterlab", "notebook", "jupyter_server", "jupyter_client", "jupyter_core"];

/** Finds the first `jupyter` on a PATH. */
export async function findJupyter(
  path: string,
  platform: NodeJS.Platform = process.platform,
): Promise<Jupyter | undefined> {
  const name = platform === "win32" ? "jupyter.exe" : "jupyter";
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const program = join(folder, name);
    if (!(await isFile(program))) continue;
    const prefix = await findPrefix(program, platform);
    return { program, prefix, packages: await readPackages(prefix, platform) };
  }
  return undefined;
}

/** Reads the versions of packages from the names of their `.dist-info` folders. */
export function parsePackageFolders(names: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of names) {
    const [, name = "", version = ""] = /^([^-]+)-(.+)\.(?:dist|egg)-info$/.exec(folder) ?? [];
    const key = name.toLowerCase().replaceAll(/[-.]/g, "_");
    if (interesting.includes(key)) found.set(key, version);
  }
  return new Map(interesting.flatMap((name) => (found.has(name) ? [[name, found.get(name) ?? ""]] : [])));
}

/** `#!/env/bin/python` names the environment; a link (pipx, a system's alternatives) leads to such a script. */
async function findPrefix(program: string, platform: NodeJS.Platform): Promise<string> {
  if (platform === "win32") return dirname(dirname(program));
  const script = await realpath(program);
  const python = /^#!\s*(\/\S*\/)python[\d.]*\s*$/m.exec((await readStart(script)).split("\n")[0] ?? "")?.[1];
  return dirname(dirname(python === undefined ? script : join(python, "python")));
}

async function readStart(path: string): Promise<string> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.toString("latin1", 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function readPackages(prefix: string, platform: NodeJS.Platform): Promise<ReadonlyMap<string, string>> {
  const folders =
    platform === "win32"
      ? [join(prefix, "Lib", "site-packages")]
      : (await list(join(prefix, "lib")))
          .filter((name) => /^python3/.test(name))
          // Debian keeps what its own packages bring in dist-packages.
          .flatMap((name) => ["site-packages", "dist-packages"].map((packages) => join(prefix, "lib", name, packages)));
  const names = await Promise.all(folders.map(list));
  return parsePackageFolders(names.flat().map((name) => basename(name)));
}

async function isFile(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() ?? false;
}

/** What is in a folder; nothing when it cannot be read: then its packages are not known. */
function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
