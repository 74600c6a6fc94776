import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { freePort, startServerProcess } from "./server-process.js";

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
  // A first completion may take longer than a second on a slow machine, and would be given up without a word.
  "@jupyterlab/completer-extension/manager": { providerTimeout: 60_000 },
  // Typed in a test as it stands there.
  "@jupyterlab/codemirror-extension/plugin": { defaultConfig: { autoClosingBrackets: false } },
};

/** Starts JupyterLab by the given Python on a free port and waits until it answers. */
export async function startJupyterLab(
  python: string,
  { environment = {}, limit = 180_000 }: { readonly environment?: NodeJS.ProcessEnv; readonly limit?: number } = {},
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
    "--LabApp.expose_app_in_browser=True",
    "--JupyterNotebookApp.expose_app_in_browser=True",
    "--ServerApp.ip=127.0.0.1",
    `--ServerApp.port=${port}`,
    "--ServerApp.port_retries=0",
    `--ServerApp.root_dir=${root}`,
    `--IdentityProvider.token=${token}`,
  ];
  const address = `http://127.0.0.1:${port}/`;
  const removeHome = () => rm(home, { recursive: true, force: true, maxRetries: 5 });
  try {
    const server = await startServerProcess({
      command: [python, "-m", "jupyterlab", ...options],
      address: `${address}api/status?token=${token}`,
      limit,
      environment: {
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
    const close = async () => {
      await server.close();
      await removeHome();
    };
    return { address, token, root, close };
  } catch (error) {
    await removeHome();
    throw error;
  }
}
