import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A server of JupyterLab and Notebook 7 that knows nothing of this user's settings, files and other servers. */
export interface JupyterLab {
  /** Ends with a slash. */
  readonly address: string;
  readonly token: string;
  /** The server's directory: what a browser can open. */
  readonly root: string;
  readonly close: () => Promise<void>;
}

/** What a first visit would ask about, and what keeps cells out of the page while they are not in view. */
const settings: Readonly<Record<string, unknown>> = {
  "@jupyterlab/apputils-extension/notification": { fetchNews: "false", checkForUpdates: false },
  "@jupyterlab/notebook-extension/tracker": { windowingMode: "none" },
  // Typed in a test as it stands there.
  "@jupyterlab/codemirror-extension/plugin": { defaultConfig: { autoClosingBrackets: false } },
};

/** Starts JupyterLab by the given Python on a free port and waits until it answers. */
export async function startJupyterLab(
  python: string,
  { environment = {}, limit = 60_000 }: { readonly environment?: NodeJS.ProcessEnv; readonly limit?: number } = {},
): Promise<JupyterLab> {
  const home = await mkdtemp(join(tmpdir(), "cellscope-lab-"));
  const root = join(home, "work");
  const settingsDirectory = join(home, "settings");
  await mkdir(root);
  for (const [name, value] of Object.entries(settings)) {
    const path = join(settingsDirectory, `${name}.jupyterlab-settings`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, JSON.stringify(value));
  }
  const port = await freePort();
  const token = randomBytes(24).toString("hex");
  const options = [
    "--no-browser",
    "--allow-root",
    "--expose-app-in-browser",
    "--ServerApp.ip=127.0.0.1",
    `--ServerApp.port=${port}`,
    "--ServerApp.port_retries=0",
    `--ServerApp.root_dir=${root}`,
    `--IdentityProvider.token=${token}`,
  ];
  const server = spawn(python, ["-m", "jupyterlab", ...options], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      ...environment,
      HOME: home,
      JUPYTER_CONFIG_DIR: join(home, "config"),
      JUPYTER_DATA_DIR: join(home, "data"),
      JUPYTER_RUNTIME_DIR: join(home, "runtime"),
      IPYTHONDIR: join(home, "ipython"),
      JUPYTERLAB_SETTINGS_DIR: settingsDirectory,
      JUPYTERLAB_WORKSPACES_DIR: join(home, "workspaces"),
    },
  });
  let log = "";
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  }
  const address = `http://127.0.0.1:${port}/`;
  const close = async () => {
    await stop(server);
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const deadline = Date.now() + limit;
    while (!(await answers(`${address}api/status?token=${token}`))) {
      if (server.exitCode !== null) throw new Error(`JupyterLab ended with exit code ${server.exitCode}:\n${log}`);
      if (Date.now() > deadline) throw new Error(`JupyterLab did not answer within ${limit} ms:\n${log}`);
      await delay(100);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { address, token, root, close };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no TCP port is free on 127.0.0.1");
  return address.port;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
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
