// Where a kernelspec goes, by the options of install and uninstall.
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { UsageError } from "../errors.js";
import {
  activePrefix,
  type JupyterSurroundings,
  jupyterDataDirectory,
  prefixDataDirectory,
} from "../protocol/jupyter-paths.js";

/** At most one of them is given; none means the user's own directory. */
export interface PlaceOptions {
  readonly user?: boolean | undefined;
  readonly sysPrefix?: boolean | undefined;
  readonly prefix?: string | undefined;
}

/** The directory that holds kernelspecs, one directory each; throws a `UsageError` when there is none. */
export function kernelsDirectory(options: PlaceOptions, surroundings: JupyterSurroundings = {}): string {
  const { env = process.env } = surroundings;
  const given = [
    options.user && "--user",
    options.sysPrefix && "--sys-prefix",
    options.prefix !== undefined && "--prefix",
  ];
  const names = given.filter((name) => typeof name === "string");
  if (names.length > 1)
    throw new UsageError(`Give one of --user, --sys-prefix and --prefix, got ${names.join(" and ")}.`);
  if (options.prefix !== undefined) {
    if (options.prefix === "") throw new UsageError('--prefix must be a directory, got "".');
    return join(prefixDataDirectory(options.prefix), "kernels");
  }
  if (options.sysPrefix) {
    const prefix = activePrefix(env);
    if (prefix === undefined) {
      throw new UsageError(
        "--sys-prefix needs an active Python environment, and neither VIRTUAL_ENV nor CONDA_PREFIX is set. " +
          "Activate one, or give its directory: --prefix DIR.",
      );
    }
    const isDirectory = statSync(prefix, { throwIfNoEntry: false })?.isDirectory() ?? false;
    if (!isDirectory) throw new UsageError(`The active Python environment ${prefix} is not there; give --prefix DIR.`);
    return join(prefixDataDirectory(prefix), "kernels");
  }
  return resolve(jupyterDataDirectory(surroundings), "kernels");
}
