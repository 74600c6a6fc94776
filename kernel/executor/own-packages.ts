// What is loaded from Cellscope's own installation, whatever the notebook has.
import { createRequire } from "node:module";

const ownRequire = createRequire(import.meta.url);

/** Loads a package that Cellscope depends on. */
export function requireOwn(id: string): unknown {
  return ownRequire(id);
}

/** The version of a package that Cellscope depends on; the empty string where it cannot be told. */
export function versionOfOwn(name: string): string {
  try {
    const { version } = ownRequire(`${name}/package.json`) as { readonly version?: unknown };
    return typeof version === "string" ? version : "";
  } catch {
    // A package that hides its package.json has no version to show; nothing depends on it.
    return "";
  }
}
