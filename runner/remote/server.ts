// A Jupyter server, a hub's server of one user, or a gateway: reached by its REST interface, which is the same for all.
import type { KernelSpec, ServerConnection } from "@jupyterlab/services";
import { messageOf, RunnerError } from "../errors.js";
import { loadServices } from "../services.js";
import { aborted } from "../wait.js";
import { createSocketClass } from "./remote-socket.js";
import { startUserServer } from "./user-server.js";

/** A server that has answered. */
export interface JupyterServer {
  /** Ends with a slash, and holds no secret. */
  readonly url: string;
  readonly settings: ServerConnection.ISettings;
  /** The kernels that it can start, by name. */
  readonly kernels: ReadonlyMap<string, ServerKernel>;
  /** Kernels that this program has started there and that are not ended yet. */
  readonly started: Set<StartedKernel>;
}

/** A kernel of ours on a server. */
export interface StartedKernel {
  /** Its id there; `undefined` until the server has said it. */
  readonly id: () => string | undefined;
  /** Asks the server once to end it, as soon as it has said the id; rejects when it does not. */
  readonly shutdown: () => Promise<void>;
}

/** A kernel that a server can start. */
export interface ServerKernel {
  readonly name: string;
  readonly displayName: string;
  readonly language: string;
}

/** No single request takes longer than this; the start of a kernel on a cluster may. */
const requestLimit = 30_000;
const startLimit = 300_000;

/** Connects to a server and asks it for its kernels; throws a `RunnerError` that says what is wrong with the address or the token. */
export async function connectServer(
  url: string,
  token: string,
  { onNotice, signal }: { readonly onNotice?: (notice: string) => void; readonly signal?: AbortSignal } = {},
): Promise<JupyterServer> {
  const { KernelSpecAPI, ServerConnection } = await loadServices();
  const settings = ServerConnection.makeSettings({
    baseUrl: url,
    token,
    // In a header, not in addresses: those are logged by the server and everything before it.
    appendToken: false,
    fetch: fetchWithin,
    WebSocket: createSocketClass(ServerConnection.makeSettings().WebSocket, token),
  });
  const ask = async (): Promise<KernelSpec.ISpecModels> => {
    const specs = await Promise.race([KernelSpecAPI.getSpecs(settings), ...(signal ? [aborted([signal])] : [])]);
    signal?.throwIfAborted();
    // Nothing but an abort ends the race without them.
    return specs as KernelSpec.ISpecModels;
  };
  let specs: KernelSpec.ISpecModels;
  try {
    specs = await ask().catch(async (error: unknown) => {
      if (!(await startUserServer(url, token, { ...(onNotice && { onNotice }), ...(signal && { signal }) })))
        throw error;
      return ask();
    });
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof RunnerError) throw cause;
    throw new RunnerError(describeServerError(cause, url), { cause });
  }
  const kernels = Object.values(specs.kernelspecs).flatMap((spec) =>
    spec ? [{ name: spec.name, displayName: spec.display_name, language: spec.language }] : [],
  );
  return { url, settings, kernels: new Map(kernels.map((kernel) => [kernel.name, kernel])), started: new Set() };
}

/** What went wrong with a request, for a person: what the servers themselves say can be misleading. */
export function describeServerError(error: unknown, url: string): string {
  const status = statusOf(error);
  switch (status) {
    case 401:
    case 403:
      return `The server at ${url} refused the request (${status})${wordsOf(error)}: it needs a token, by --token-file FILE or JUPYTER_TOKEN, and the one that it was given, if any, is not right or may not do this.`;
    case 404:
      return `There is no Jupyter server at ${url} (404): --url must be its base address, as "jupyter server list" shows it.`;
    case 405:
    case 424:
    case 503:
      return `The server at ${url} does not run (${status}): start it, from the hub's home page for example.`;
    case undefined:
      return `The server at ${url} does not answer as a Jupyter server: ${messageOf(error)}.`;
    default:
      return `The server at ${url} failed (${status}): ${messageOf(error)}.`;
  }
}

/** What the server says itself, as a gateway that lets only some users start kernels does: as a message, or as the reason of the status. */
function wordsOf(error: unknown): string {
  const { message, response } = Object(error) as { readonly message?: unknown; readonly response?: Response };
  const words = typeof message === "string" && message !== "" ? message : (response?.statusText ?? "");
  // A server without a token takes the request for one of a browser, and misses its "_xsrf argument".
  return /_xsrf|^Forbidden$|^Unauthorized$|^Invalid response/.test(words) || words === "" ? "" : `, saying "${words}"`;
}

/** The status of a server's answer; `undefined` when there was none. */
export function statusOf(error: unknown): number | undefined {
  // The library's ResponseError keeps the response.
  const { response } = Object(error) as { readonly response?: { readonly status?: unknown } };
  return typeof response?.status === "number" ? response.status : undefined;
}

/** `fetch` that ends, and that says why it failed. */
async function fetchWithin(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const isStart = input instanceof Request && input.method === "POST" && /\/api\/kernels(?:\?|$)/.test(input.url);
  const limit = isStart ? startLimit : requestLimit;
  const signals = [init?.signal, input instanceof Request ? input.signal : undefined, AbortSignal.timeout(limit)];
  try {
    return await fetch(input, { ...init, signal: AbortSignal.any(signals.filter((signal) => signal != null)) });
  } catch (error) {
    if (error instanceof Error && error.name === "TimeoutError") {
      throw new TypeError(`it did not answer within ${limit / 1000} s`, { cause: error });
    }
    // "fetch failed" has its reason in its cause.
    throw new TypeError(messageOf(error instanceof Error ? (error.cause ?? error) : error), { cause: error });
  }
}
