import { join, sep } from "node:path";
import { pathToFileURL } from "node:url";

/** Tells by the name of a script, a path or a `file:` address, whether it is ours: everything under `ownRoot` is. */
export function ownCodeUnder(ownRoot: string): (script: string) => boolean {
  const ownRoots = [join(ownRoot, sep), pathToFileURL(join(ownRoot, sep)).href];
  return (script) => ownRoots.some((root) => script.startsWith(root));
}
