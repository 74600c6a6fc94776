// The last that a run does which is ended in a hurry: kernels on a server go on without it, and hold what they hold.
import { settlesWithin } from "../wait.js";
import type { JupyterServer, StartedKernel } from "./server.js";

/** Asks a server to end all kernels that were started on it, for `limit` milliseconds; returns sentences about those that may be left. */
export async function abandonKernels(server: JupyterServer, limit: number): Promise<string[]> {
  const told = await Promise.all([...server.started].map((kernel) => abandon(kernel, server.url, limit)));
  return told.flatMap((sentence) => sentence ?? []);
}

async function abandon(kernel: StartedKernel, url: string, limit: number): Promise<string | undefined> {
  const hasEnded = await settlesWithin(kernel.shutdown(), limit).catch(() => false);
  if (hasEnded) return undefined;
  const id = kernel.id();
  if (id !== undefined) {
    return `The kernel ${id} may still run on ${url}; to end it: ${request("DELETE", `${url}api/kernels/${id}`)}`;
  }
  return `A kernel was being started on ${url}, and may run there; to list kernels: ${request("GET", `${url}api/kernels`)}`;
}

/** The token stays out of it, as out of all that is told. */
function request(method: string, address: string): string {
  return `curl ${method === "GET" ? "" : `-X ${method} `}-H "Authorization: token $JUPYTER_TOKEN" ${address}`;
}
