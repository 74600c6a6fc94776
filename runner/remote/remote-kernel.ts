// A kernel on a Jupyter server as a session uses it: started and ended by REST, spoken to by a WebSocket.
import type { Kernel } from "@jupyterlab/services";
import type { Content } from "../../kernel/protocol/messages.js";
import { KernelStartError, messageOf } from "../errors.js";
import { muteServices } from "../mute-services.js";
import { loadServices } from "../services.js";
import type { SessionEnd, SessionKernel } from "../session-kernel.js";
import { settlesWithin, sleep } from "../wait.js";
import { describeServerError, type JupyterServer, type ServerKernel, type StartedKernel, statusOf } from "./server.js";

/** A kernel that a server is to start. */
export interface RemoteLaunch extends ServerKernel {
  readonly server: JupyterServer;
  /** Its working directory, below the server's root. */
  readonly path?: string;
}

/** What a start on a server needs to know. */
export interface RemoteOptions {
  readonly startTimeout?: number;
  /** Gives the start up. */
  readonly signal?: AbortSignal | undefined;
  readonly onProblem?: (problem: string) => void;
}

/** Kernels on a cluster take their time. */
const defaultStartTimeout = 120_000;
/** How long a lost connection may take to come back. */
const reconnectLimit = 60_000;
const retryInterval = 500;
const lookInterval = 5000;
const shutdownLimit = 20_000;
/** Within this time a kernel that is shut down answers the cells that it has. */
const lastWordsTime = 2000;

/** Starts a kernel on a server and waits until it answers; throws a `KernelStartError` when it does not, and leaves none behind. */
export async function startRemoteKernel(launch: RemoteLaunch, options: RemoteOptions): Promise<SessionKernel> {
  const { server, name, path } = launch;
  const { startTimeout = defaultStartTimeout, signal, onProblem = () => undefined } = options;
  const { KernelAPI, KernelConnection } = await loadServices();
  const client = new KernelAPI.KernelAPIClient({ serverSettings: server.settings });
  const unmute = muteServices();
  const closing = new AbortController();
  /** The kernel itself has said that it ends. */
  let isLeaving = false;
  const close = async (id: string): Promise<void> => {
    closing.abort();
    try {
      const shutdown = shutDown(client, id);
      shutdown.catch(() => undefined); // Told below, unless it comes too late to be told.
      if (await settlesWithin(shutdown, shutdownLimit)) return;
      throw new Error(`it is still there after ${shutdownLimit / 1000} s`);
    } catch (error) {
      if (isLeaving) return;
      onProblem(
        `The kernel ${id} may still run on ${server.url}, which could not be asked to end it: ${messageOf(error)}`,
      );
    }
  };
  let model: Kernel.IModel;
  let started: StartedKernel | undefined;
  try {
    signal?.throwIfAborted();
    // Not given up by an abort: only its answer says which kernel is to be ended then.
    const starting = client.startNew({ name, ...(path !== undefined && { path }), ...kernelVariables(process.env) });
    started = startedKernel(client, starting);
    server.started.add(started);
    model = await starting;
  } catch (cause) {
    if (started) server.started.delete(started);
    unmute();
    signal?.throwIfAborted();
    throw new KernelStartError(`The kernel "${name}" did not start. ${describeServerError(cause, server.url)}`, {
      cause,
    });
  }
  const { id } = model;
  /** The library's own; but that it could not reconnect is told by its status, and not by a rejection that nobody hears. */
  class Connection extends KernelConnection {
    override async reconnect(): Promise<void> {
      if (closing.signal.aborted || this.isDisposed) return;
      await super.reconnect().catch(() => undefined); // As above.
    }
  }
  const connection = new Connection({
    model,
    serverSettings: server.settings,
    kernelAPIClient: new PatientClient(client, closing.signal),
    handleComms: false,
  });
  const died = watchConnection(connection, server.url, closing.signal);
  const end = async (): Promise<void> => {
    try {
      await close(id);
    } finally {
      if (started) server.started.delete(started);
      if (!connection.isDisposed) connection.dispose();
      unmute();
    }
  };
  let info: Content;
  try {
    info = await answerOf(connection, { launch, startTimeout, signal, died });
  } catch (error) {
    await end();
    throw error;
  }
  let last = performance.now();
  let tellShutdown: (end: SessionEnd) => void = () => undefined;
  const wasShutDown = new Promise<SessionEnd>((resolve) => {
    tellShutdown = resolve;
  });
  connection.anyMessage.connect((_sender, { direction, msg }) => {
    if (direction !== "recv") return;
    last = performance.now();
    if (msg.header.msg_type !== "shutdown_reply" || closing.signal.aborted) return;
    isLeaving = true;
    // What it still answers is better than what can be said from here.
    void sleep(lastWordsTime, closing.signal).then(() => {
      if (!closing.signal.aborted) tellShutdown({ reason: shutDownReason(server.url), stderr: "" });
    });
  });
  return {
    connection,
    pid: undefined,
    info,
    died: Promise.race([died, wasShutDown]),
    watch: (stop) => watchServer(client, id, server.url, { stop, lastMessage: () => last }),
    interrupt: () => {
      client.interrupt(id).catch((error: unknown) => {
        if (!closing.signal.aborted) onProblem(`The kernel could not be interrupted: ${messageOf(error)}`);
      });
    },
    kill: () => close(id),
    close: end,
  };
}

/** What gateways are told of a kernel's user, folder and the like: the variables `KERNEL_…`, as Jupyter Server passes them on to its gateway. Other servers take no notice. */
function kernelVariables(env: NodeJS.ProcessEnv): { readonly env?: Readonly<Record<string, string>> } {
  const variables = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith("KERNEL_") && value !== undefined ? [[name, value]] : [],
  );
  return variables.length === 0 ? {} : { env: Object.fromEntries(variables) };
}

function startedKernel(client: Kernel.IKernelAPIClient, starting: Promise<Kernel.IModel>): StartedKernel {
  let id: string | undefined;
  const known = starting.then((model) => {
    ({ id } = model);
  });
  known.catch(() => undefined); // Told where the start is waited for.
  return {
    id: () => id,
    shutdown: async () => {
      await known;
      if (id !== undefined) await client.shutdown(id);
    },
  };
}

/** The content of the first `kernel_info_reply`. */
async function answerOf(
  connection: Kernel.IKernelConnection,
  options: {
    readonly launch: RemoteLaunch;
    readonly startTimeout: number;
    readonly signal: AbortSignal | undefined;
    readonly died: Promise<SessionEnd>;
  },
): Promise<Content> {
  const { launch, startTimeout, signal, died } = options;
  const where = `The kernel "${launch.name}" on ${launch.server.url}`;
  const waiting = new AbortController();
  const abort = (): void => waiting.abort();
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  connection.info.catch(() => undefined); // A connection that is given up rejects it.
  try {
    const outcome = await Promise.race([
      connection.info.then((info) => ({ info })),
      died.then((end) => ({ end })),
      sleep(startTimeout, waiting.signal).then(() => undefined),
    ]);
    signal?.throwIfAborted();
    if (!outcome) throw new KernelStartError(`${where} did not answer within ${startTimeout / 1000} s.`);
    if ("end" in outcome) throw new KernelStartError(`${where} did not start. ${outcome.end.reason}`);
    // The content of every message is a JSON object.
    return outcome.info as unknown as Content;
  } finally {
    waiting.abort();
    signal?.removeEventListener("abort", abort);
  }
}

/** Asks the server to end the kernel until it is gone: one that the server starts anew just then survives the first time. */
async function shutDown(client: Kernel.IKernelAPIClient, id: string): Promise<void> {
  const deadline = performance.now() + shutdownLimit;
  while (performance.now() < deadline) {
    await client.shutdown(id).catch((error: unknown) => {
      if (statusOf(error) === undefined) throw error;
    });
    try {
      if ((await client.getModel(id)) === undefined) return;
    } catch (error) {
      if (statusOf(error) === 404) return;
      if (statusOf(error) === undefined) throw error;
    }
    await sleep(retryInterval, AbortSignal.timeout(shutdownLimit));
  }
}

/** Resolves when the server says that the kernel is gone, or when the connection is lost and does not come back. */
function watchConnection(connection: Kernel.IKernelConnection, url: string, closing: AbortSignal): Promise<SessionEnd> {
  return new Promise((resolve) => {
    const end = (reason: string): void => {
      if (!closing.aborted) resolve({ reason, stderr: "" });
    };
    const lost = `The connection to ${url} was lost and did not come back within ${reconnectLimit / 1000} s.`;
    let timer: NodeJS.Timeout | undefined;
    let wasConnected = false;
    closing.addEventListener("abort", () => clearTimeout(timer));
    connection.statusChanged.connect((_sender, status) => {
      if (status === "restarting" || status === "autorestarting") {
        end(
          `The kernel died, and ${url} has started a new one, which knows nothing of the cells before. The server does not tell why.`,
        );
      } else if (status === "dead") {
        end(timer ? lost : `The kernel died, or ${url} has ended it. The server does not tell why.`);
      }
    });
    connection.connectionStatusChanged.connect((_sender, status) => {
      if (closing.aborted) return;
      if (status === "connected") {
        wasConnected = true;
        clearTimeout(timer);
        timer = undefined;
        return;
      }
      if (!wasConnected) return;
      timer ??= setTimeout(end, reconnectLimit, lost);
      // The library takes a server's orderly close for the end.
      if (status === "disconnected") {
        void sleep(retryInterval, closing).then(async () => {
          if (!closing.aborted && !connection.isDisposed) await connection.reconnect();
        });
      }
    });
  });
}

/** Asks the server now and then for the kernel while a cell runs; settles when it has none, or one that no longer works on the cell. */
async function watchServer(
  client: Kernel.IKernelAPIClient,
  id: string,
  url: string,
  { stop, lastMessage }: { readonly stop: AbortSignal; readonly lastMessage: () => number },
): Promise<SessionEnd> {
  let idleLooks = 0;
  while (!stop.aborted) {
    await sleep(lookInterval, stop);
    if (stop.aborted) break;
    const isQuiet = performance.now() - lastMessage() >= lookInterval;
    let model: Kernel.IModel | undefined;
    try {
      model = await client.getModel(id);
    } catch (error) {
      if (statusOf(error) === 404) return gone(url);
      // A server that does not answer is the concern of the connection.
      continue;
    }
    if (stop.aborted) break;
    if (model === undefined) return gone(url);
    idleLooks = isQuiet && model.execution_state === "idle" ? idleLooks + 1 : 0;
    if (idleLooks >= 3) {
      const reason = `The kernel on ${url} is idle, and its answer for the cell never came: it was lost while the connection was down.`;
      return { reason, stderr: "" };
    }
  }
  return new Promise(() => undefined);
}

function shutDownReason(url: string): string {
  return `The kernel was shut down: ${url} is being stopped, or somebody has ended the kernel there.`;
}

function gone(url: string): SessionEnd {
  return {
    reason: `${url} has no such kernel any more: it died, or the server was restarted or has ended it.`,
    stderr: "",
  };
}

/** The library's client; but when the network fails it asks again soon, where the library by itself waits for up to half a minute. */
class PatientClient implements Kernel.IKernelAPIClient {
  readonly #client: Kernel.IKernelAPIClient;
  readonly #closing: AbortSignal;

  constructor(client: Kernel.IKernelAPIClient, closing: AbortSignal) {
    this.#client = client;
    this.#closing = closing;
  }

  get serverSettings(): Kernel.IKernelAPIClient["serverSettings"] {
    return this.#client.serverSettings;
  }

  async getModel(id: string): Promise<Kernel.IModel | undefined> {
    const deadline = performance.now() + reconnectLimit;
    while (true) {
      try {
        return await this.#client.getModel(id);
      } catch (error) {
        const status = statusOf(error);
        const mayPass = status === undefined || status === 424 || status === 502 || status === 503;
        // An error of another class than the library's own: it would ask again later, with a timer that nothing clears.
        if (!mayPass || this.#closing.aborted || performance.now() >= deadline)
          throw new Error(messageOf(error), { cause: error });
      }
      await sleep(retryInterval, this.#closing);
    }
  }

  listRunning(): Promise<Kernel.IModel[]> {
    return this.#client.listRunning();
  }

  startNew(options?: Kernel.IKernelOptions): Promise<Kernel.IModel> {
    return this.#client.startNew(options);
  }

  restart(id: string): Promise<void> {
    return this.#client.restart(id);
  }

  interrupt(id: string): Promise<void> {
    return this.#client.interrupt(id);
  }

  shutdown(id: string): Promise<void> {
    return this.#client.shutdown(id);
  }
}
