import { join } from "node:path";
import { checkReplaceable, installKernelspec } from "../../kernel/kernelspec/install.js";
import { checkKernelName, displayNameOf, kernelNames, parseVariables } from "../../kernel/kernelspec/kernelspec.js";
import { kernelsDirectory } from "../../kernel/kernelspec/place.js";
import { isInNpxCache, stableNode, stableProgram } from "../../kernel/kernelspec/programs.js";
import { prepareLanguage } from "../../kernel/language/client.js";
import { packageRoot } from "../../runner/own-kernel.js";
import { defineCommand, parseArguments } from "../command.js";
import { languagePlace } from "../language-place.js";
import { addPlaceOptions, type PlaceArguments } from "../place-options.js";
import { readVersion } from "../version.js";

/** `cellscope install`: writes the kernelspec where Jupyter looks. */
export async function run(argv: readonly string[]): Promise<number> {
  const command = addPlaceOptions(defineCommand("install", "Make the kernel known to Jupyter."))
    .option("--display-name <text>", "What Jupyter shows; by default the language and (Cellscope).")
    .option("--env <name=value...>", "Variables of the kernel's environment; may be given more than once.");
  const done = parseArguments(command, argv);
  if (done !== undefined) return done;
  const { displayName, env = [], ...place } = command.opts<InstallArguments>();
  const root = packageRoot();
  const program = stableProgram(join(root, "dist", "cli", "main.cjs"), process.argv[1]);
  const kernels = kernelsDirectory(place);
  const shared = {
    kernels,
    logos: join(root, "logos"),
    node: stableNode(process.execPath),
    program,
    env: parseVariables(env),
    version: readVersion(),
  };
  const specs = kernelNames(checkKernelName(place.name)).map(({ name, language }) => ({
    name,
    language,
    displayName: displayNameOf(language, displayName),
  }));
  // Both or none: what stands in the way of the second one is told before the first is written.
  for (const { name } of specs) await checkReplaceable(kernels, name);
  for (const spec of specs) {
    const directory = await installKernelspec({ ...shared, ...spec });
    process.stdout.write(`Installed the kernel "${spec.name}", shown as "${spec.displayName}", in ${directory}\n`);
  }
  // Also made in the background by a kernel that lives long enough; those of short runs never do.
  await prepareLanguage(languagePlace());
  if (isInNpxCache(program)) {
    process.stderr.write(
      `cellscope: it runs from the cache of npx (${root}), which npm may clean at any time. ` +
        "For a kernel that stays: npm install --global cellscope, then cellscope install.\n",
    );
  }
  return 0;
}

interface InstallArguments extends PlaceArguments {
  readonly displayName?: string;
  readonly env?: readonly string[];
}
