// Where Jupyter keeps its files, as jupyter_core decides it: without asking Python.
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";

/** What the directories depend on; the real ones by default. */
export interface JupyterSurroundings {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  readonly home?: string;
}

/** The user's own directory for Jupyter's data. */
export function jupyterDataDirectory(surroundings: JupyterSurroundings = {}): string {
  const { env = process.env, platform = process.platform, home = homedir() } = surroundings;
  if (env.JUPYTER_DATA_DIR) return env.JUPYTER_DATA_DIR;
  if (platform === "darwin") return join(home, "Library", "Jupyter");
  if (platform === "win32") return env.APPDATA ? join(env.APPDATA, "jupyter") : join(home, ".jupyter", "data");
  return join(env.XDG_DATA_HOME || join(home, ".local", "share"), "jupyter");
}

/** Where connection files lie while a kernel runs. */
export function jupyterRuntimeDirectory(surroundings: JupyterSurroundings = {}): string {
  const { env = process.env } = surroundings;
  return env.JUPYTER_RUNTIME_DIR || join(jupyterDataDirectory(surroundings), "runtime");
}

/** The active Python environment: what Jupyter calls `sys.prefix`, as far as the shell tells. */
export function activePrefix(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  return env.VIRTUAL_ENV || env.CONDA_PREFIX || undefined;
}

/** The data directory of a Python prefix. */
export function prefixDataDirectory(prefix: string): string {
  return join(resolve(prefix), "share", "jupyter");
}

/** The directories that Jupyter searches for kernelspecs, the first one first. */
export function kernelspecDirectories(surroundings: JupyterSurroundings = {}): string[] {
  const { env = process.env, platform = process.platform } = surroundings;
  const fromPath = (env.JUPYTER_PATH ?? "").split(delimiter).filter((directory) => directory !== "");
  const user = [jupyterDataDirectory(surroundings)];
  const prefix = activePrefix(env);
  const environment = prefix ? [prefixDataDirectory(prefix)] : [];
  const system = platform === "win32" ? [] : ["/usr/local/share/jupyter", "/usr/share/jupyter"];
  const prefersEnvironment = prefersPrefix(env);
  const ordered = prefersEnvironment ? [...environment, ...user] : [...user, ...environment];
  return [...new Set([...fromPath, ...ordered, ...system])].map((directory) => join(directory, "kernels"));
}

function prefersPrefix(env: Readonly<Record<string, string | undefined>>): boolean {
  const chosen = env.JUPYTER_PREFER_ENV_PATH;
  if (chosen !== undefined) return !["no", "n", "false", "off", "0", "0.0"].includes(chosen.toLowerCase());
  if (env.VIRTUAL_ENV) return true;
  return Boolean(env.CONDA_PREFIX) && (env.CONDA_DEFAULT_ENV ?? "base") !== "base";
}
