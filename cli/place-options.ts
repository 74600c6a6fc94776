import type { Command } from "commander";

/** Where a kernelspec lies, as install and uninstall are told it. */
export interface PlaceArguments {
  readonly user?: boolean;
  readonly sysPrefix?: boolean;
  readonly prefix?: string;
  readonly name: string;
}

/** Adds the options that say where a kernelspec lies. */
export function addPlaceOptions(command: Command): Command {
  return command
    .option("--user", "In the user's own Jupyter directory; the default.")
    .option("--sys-prefix", "In the active Python environment (VIRTUAL_ENV or CONDA_PREFIX).")
    .option("--prefix <dir>", "In DIR/share/jupyter/kernels.")
    .option(
      "--name <name>",
      "The name by which Jupyter knows the kernel; the one for JavaScript is NAME-js.",
      "cellscope",
    );
}
