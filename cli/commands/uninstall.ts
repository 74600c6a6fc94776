import { uninstallKernelspec } from "../../kernel/kernelspec/install.js";
import { checkKernelName } from "../../kernel/kernelspec/kernelspec.js";
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
  const directory = await uninstallKernelspec(kernelsDirectory(place), name);
  process.stdout.write(`Removed the kernel "${name}" from ${directory}\n`);
  return 0;
}
