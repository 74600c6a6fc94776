import { RunnerError } from "../errors.js";
import type { Notebook } from "../nbformat.js";
import { languageOf, namedKernelOf } from "../notebook-kernel.js";
import type { RemoteLaunch } from "./remote-kernel.js";
import type { JupyterServer, ServerKernel } from "./server.js";

/**
 * The kernel of a server for a notebook: the one that `name` names, or else the one that the notebook names, ours for
 * TypeScript and JavaScript, or the only one of the notebook's language. Throws a `RunnerError` that lists those there are.
 */
export function chooseRemoteKernel(
  notebook: Notebook,
  server: JupyterServer,
  { name, path }: { readonly name?: string | undefined; readonly path?: string | undefined },
): RemoteLaunch {
  return { ...chooseFrom(notebook, server, name), server, ...(path !== undefined && { path }) };
}

function chooseFrom(notebook: Notebook, server: JupyterServer, name: string | undefined): ServerKernel {
  const wanted = name ?? namedKernelOf(notebook);
  const named = wanted === undefined ? undefined : server.kernels.get(wanted);
  if (named) return named;
  const language = languageOf(notebook);
  if (name === undefined) {
    const own = server.kernels.get(language === "javascript" ? "cellscope-js" : "cellscope");
    if (own && own.language.toLowerCase() === language) return own;
    const [only, ...others] = [...server.kernels.values()].filter(
      (kernel) => kernel.language.toLowerCase() === language,
    );
    if (only && others.length === 0) return only;
  }
  const names = [...server.kernels.keys()].sort().join(", ");
  const asked = wanted === undefined ? `fits a notebook of the language ${language}` : `is named "${wanted}"`;
  throw new RunnerError(
    `No kernel on the server ${server.url} ${asked}; ` +
      (names === "" ? "it has none at all." : `these are there: ${names}. Say which with --kernel NAME.`),
  );
}
