import { setTimeout as delay } from "node:timers/promises";
import { RunnerError } from "../errors.js";

const startLimit = 300_000;
const lookInterval = 500;

/** Starts a user's server on a JupyterHub and waits until it runs; does nothing and says `false` when the address is not that of a stopped one. */
export async function startUserServer(
  url: string,
  token: string,
  { onNotice, signal }: { readonly onNotice?: (notice: string) => void; readonly signal?: AbortSignal },
): Promise<boolean> {
  // https://hub/prefix/user/NAME/[SERVER/]
  const [, hub, user, server = ""] = /^(.*\/)user\/([^/]+)\/(?:([^/]+)\/)?$/.exec(url) ?? [];
  if (hub === undefined || user === undefined || token === "") return false;
  const api = `${hub}hub/api/users/${user}`;
  const ask = async (address: string, method = "GET"): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(address, {
      method,
      headers: { Authorization: `token ${token}` },
      signal: AbortSignal.any([AbortSignal.timeout(30_000), ...(signal ? [signal] : [])]),
    });
    const text = await response.text();
    return { status: response.status, body: /^\s*\{/.test(text) ? JSON.parse(text) : undefined };
  };
  const isReady = (body: unknown): boolean => {
    // The hub's model of a user: its servers by name, "" for the default one.
    const { servers } = Object(body) as { readonly servers?: Readonly<Record<string, { readonly ready?: unknown }>> };
    return servers?.[server]?.ready === true;
  };
  const found = await ask(api);
  if (found.status !== 200 || isReady(found.body)) return false;
  onNotice?.(`Starting the server ${url} by its hub.`);
  const started = await ask(`${api}/${server === "" ? "server" : `servers/${server}`}`, "POST");
  // 201: it runs. 202: it is on its way. 400: somebody else has begun.
  if (![201, 202, 400].includes(started.status)) {
    const { message } = Object(started.body) as { readonly message?: unknown };
    throw new RunnerError(`The hub did not start the server ${url} (${started.status}): ${String(message ?? "")}`);
  }
  const deadline = performance.now() + startLimit;
  while (!isReady((await ask(api)).body)) {
    signal?.throwIfAborted();
    if (performance.now() > deadline) {
      throw new RunnerError(`The server ${url}, which its hub was asked to start, does not run after 5 min.`);
    }
    await delay(lookInterval);
  }
  return true;
}
