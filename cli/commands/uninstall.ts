import { UsageError } from "../../kernel/errors.js";
import { uninstallKernelspec } from "../../kernel/kernelspec/install.js";
import { checkKernelName, kernelNames } from "../../kernel/kernelspec/kernelspec.js";
import { kernelsDirectory } from "../../kernel/kernelspec/place.js";
import { defineCommand, parseArguments } from "../command.js";
import { addPlaceOptions, type PlaceArguments } from "../place-options.js";

/** `cellscope uninstall`: removes the kernelspec that `install` with the same options has written. */
export async function run(argv: readonly string[]): Promise<number> {
  const command = addPlaceOptions(defineCommand("uninstall", "Take the kernel away from Jupyter."));
  const done = parseArguments(command, argv);
  if (done !== undefined) return done;
  const place = command.opts<PlaceArguments>();
  const name = checkKernelName(place.name);
  const kernels = kernelsDirectory(place);
  let removed = 0;
  for (const spec of kernelNames(name)) {
    const directory = await uninstallKernelspec(kernels, spec.name);
    if (directory === undefined) continue;
    removed += 1;
    process.stdout.write(`Removed the kernel "${spec.name}" from ${directory}\n`);
  }
  if (removed === 0) throw new UsageError(`There is no kernelspec "${name}" in ${kernels}.`);
  return 0;
}
