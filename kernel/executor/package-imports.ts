// The file that an import of a package means. `require` resolves by other conditions: of packages that are there twice,
// as CommonJS and as ES modules, it would load the other one than the packages that import them do.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Package, resolve } from "resolve.exports";

/** The file that `import` of a package's name means in `directory`; `undefined` where the package does not say. */
export function resolveForImport(id: string, directory: string): string | undefined {
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(id)?.[0];
  if (name === undefined) return undefined;
  for (let at = directory; ; at = dirname(at)) {
    const folder = join(at, "node_modules", name);
    const manifest = readManifest(join(folder, "package.json"));
    // The nearest package of that name is the one, whether it has what is asked or not. It may have been installed
    // under another name than its own.
    if (manifest !== undefined) return resolveIn({ ...manifest, name }, id, folder);
    if (at === dirname(at)) return undefined;
  }
}

function resolveIn(manifest: Package, id: string, folder: string): string | undefined {
  try {
    const [file] = resolve(manifest, id, { conditions }) ?? [];
    return file === undefined ? undefined : join(folder, file);
  } catch {
    // It throws for a path that the package does not export: so does `require`, and its error is the better one.
    return undefined;
  }
}

/** Beside `import` and `default`. Node knows `module-sync` where `require` takes ES modules without a warning. */
const conditions = ["node", "node-addons", ...("require_module" in process.features ? ["module-sync"] : [])];

function readManifest(path: string): Package | undefined {
  try {
    // A package.json has this shape, or Node would not load the package either.
    return JSON.parse(readFileSync(path, "utf8")) as Package;
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) {
      return undefined;
    }
    throw error;
  }
}
