// The servers that `cellscope run --url` is for, each with a token, a folder and settings of its own.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { freePort, type ServerProcess, startServerProcess } from "../server-process.js";

/** A server as the command line is told of it. */
export interface TestServer {
  /** For `--url`. */
  readonly url: string;
  readonly token: string;
  /** For `--token-file`. */
  readonly tokenFile: string;
  /** Where its kernels run. */
  readonly root: string;
  readonly log: () => string;
  /** Asks the server that the kernels run on, and not the one before it. */
  readonly runningKernels: () => Promise<readonly { readonly id: string; readonly connections: number }[]>;
  /** Ends the server as a crash does; `close` still has to follow. */
  readonly kill: () => void;
  /** Asks the server to end in an orderly way; `close` still has to follow. */
  readonly stop: () => void;
  readonly close: () => Promise<void>;
}

const python = process.env.CELLSCOPE_PYTHON ?? "";
const proxy = process.env.CELLSCOPE_HUB_PROXY ?? "";

/** Why a hub cannot be tried here; `undefined` when it can. */
export const hubIsMissing =
  existsSync(join(dirname(python), "jupyterhub")) && existsSync(proxy)
    ? undefined
    : "jupyterhub or configurable-http-proxy is not installed";

const gatewayPython = process.env.CELLSCOPE_GATEWAY_PYTHON ?? "";

/** Why an Enterprise Gateway cannot be tried here; `undefined` when it can. */
export const enterpriseGatewayIsMissing = existsSync(gatewayPython)
  ? undefined
  : "jupyter_enterprise_gateway is not installed";

/** A server on its own, or one that has its kernels from a gateway. */
export async function startJupyterServer(gateway?: TestServer): Promise<TestServer> {
  return start("jupyter_server", ({ port, root, token }) => [
    `--ServerApp.port=${port}`,
    "--ServerApp.port_retries=0",
    "--no-browser",
    "--allow-root",
    `--ServerApp.root_dir=${root}`,
    `--IdentityProvider.token=${token}`,
    ...(gateway ? [`--GatewayClient.url=${gateway.url}`, `--GatewayClient.auth_token=${gateway.token}`] : []),
  ]);
}

/** Jupyter Enterprise Gateway, in an environment of its own: it needs a Jupyter Server of version 1. */
export async function startEnterpriseGateway(): Promise<TestServer> {
  return start(
    "enterprise_gateway",
    ({ port, token }) => [
      `--EnterpriseGatewayApp.port=${port}`,
      "--EnterpriseGatewayApp.port_retries=0",
      `--EnterpriseGatewayApp.auth_token=${token}`,
      "--EnterpriseGatewayApp.ip=127.0.0.1",
      // Only so that the test can see what is left.
      "--EnterpriseGatewayApp.list_kernels=True",
    ],
    // Kernels are installed in the environment that the others have.
    { program: gatewayPython, environment: { JUPYTER_PATH: join(dirname(dirname(python)), "share", "jupyter") } },
  );
}

/** Jupyter Kernel Gateway. */
export async function startKernelGateway(): Promise<TestServer> {
  return start("kernel_gateway", ({ port, token }) => [
    `--KernelGatewayApp.port=${port}`,
    "--KernelGatewayApp.port_retries=0",
    `--KernelGatewayApp.auth_token=${token}`,
    "--KernelGatewayApp.ip=127.0.0.1",
    // Only so that the test can see what is left.
    "--JupyterWebsocketPersonality.list_kernels=True",
  ]);
}

/** A hub under a path of its own, with the server of one user, which does not run yet. */
export async function startHub(): Promise<TestServer> {
  const { home, root, token, tokenFile, environment } = await prepare();
  const [port, apiPort, hubPort] = [await freePort(), await freePort(), await freePort()];
  const user = userInfo().username;
  const config = join(home, "jupyterhub_config.py");
  await writeFile(
    config,
    [
      "c.JupyterHub.spawner_class = 'simple'",
      `c.SimpleLocalProcessSpawner.home_dir_template = ${JSON.stringify(root)}`,
      "c.Spawner.cmd = ['jupyterhub-singleuser']",
      "c.Spawner.args = ['--allow-root']",
      `c.Spawner.notebook_dir = ${JSON.stringify(root)}`,
      "c.Spawner.env_keep = ['PATH', 'JUPYTER_CONFIG_DIR', 'JUPYTER_DATA_DIR', 'JUPYTER_RUNTIME_DIR', 'IPYTHONDIR', 'XDG_CACHE_HOME', 'JUPYTER_PREFER_ENV_PATH']",
      "c.JupyterHub.authenticator_class = 'dummy'",
      "c.Authenticator.allow_all = True",
      `c.JupyterHub.bind_url = 'http://127.0.0.1:${port}/hub-of-test/'`,
      `c.JupyterHub.hub_port = ${hubPort}`,
      `c.ConfigurableHTTPProxy.api_url = 'http://127.0.0.1:${apiPort}'`,
      `c.ConfigurableHTTPProxy.command = [${JSON.stringify(process.execPath)}, ${JSON.stringify(proxy)}]`,
      `c.JupyterHub.services = [{'name': 'ci', 'api_token': '${token}'}]`,
      "c.JupyterHub.load_roles = [{'name': 'ci-role', 'services': ['ci'], 'scopes': ['admin:users', 'admin:servers', 'access:servers']}]",
      `c.Authenticator.allowed_users = {'${user}'}`,
      "",
    ].join("\n"),
  );
  const base = `http://127.0.0.1:${port}/hub-of-test/`;
  const server = await startServerProcess({
    command: [python, "-m", "jupyterhub", "--config", config],
    address: `${base}hub/api/`,
    cwd: home,
    environment,
  });
  return describe(server, { url: `${base}user/${user}/`, home, root, token, tokenFile });
}

/** What is kept of a server's start. */
interface Prepared {
  readonly home: string;
  readonly root: string;
  readonly token: string;
  readonly tokenFile: string;
  readonly environment: NodeJS.ProcessEnv;
}

async function start(
  module: string,
  argumentsOf: (place: { readonly port: number; readonly root: string; readonly token: string }) => readonly string[],
  {
    program = python,
    environment: more = {},
  }: { readonly program?: string; readonly environment?: NodeJS.ProcessEnv } = {},
): Promise<TestServer> {
  const { home, root, token, tokenFile, environment } = await prepare();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const server = await startServerProcess({
    command: [program, "-m", module, ...argumentsOf({ port, root, token })],
    // Not in the address, which the servers log.
    address: `${url}api/kernelspecs`,
    token,
    cwd: root,
    environment: { ...environment, ...more },
  });
  return describe(server, { url, home, root, token, tokenFile });
}

async function prepare(): Promise<Prepared> {
  const home = await mkdtemp(join(tmpdir(), "cellscope-server-"));
  const root = join(home, "work");
  await mkdir(root);
  const token = randomBytes(24).toString("hex");
  const tokenFile = join(home, "token");
  await writeFile(tokenFile, `${token}\n`);
  const environment = {
    PATH: `${dirname(python)}${delimiter}${process.env.PATH ?? ""}`,
    HOME: home,
    JUPYTER_CONFIG_DIR: join(home, "config"),
    JUPYTER_DATA_DIR: join(home, "data"),
    JUPYTER_RUNTIME_DIR: join(home, "runtime"),
    IPYTHONDIR: join(home, "ipython"),
    JUPYTER_TOKEN: undefined,
  };
  return { home, root, token, tokenFile, environment };
}

function describe(server: ServerProcess, place: Omit<Prepared, "environment"> & { readonly url: string }): TestServer {
  const { url, token, tokenFile, home, root } = place;
  return {
    url,
    token,
    tokenFile,
    root,
    log: server.log,
    runningKernels: async () => {
      const response = await fetch(`${url}api/kernels`, { headers: { Authorization: `token ${token}` } });
      if (!response.ok) throw new Error(`${url}api/kernels: ${response.status} ${await response.text()}`);
      return (await response.json()) as readonly { id: string; connections: number }[];
    },
    kill: () => process.kill(server.pid, "SIGKILL"),
    stop: () => process.kill(server.pid, "SIGTERM"),
    close: async () => {
      await server.close();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
