// Packages whose `exports` know only the condition `import`: `require` refuses to resolve them, though Node can
// load the file that they mean.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Package, resolve } from "resolve.exports";

/** The file that `import` of a package's name means in `directory`; `undefined` where no package says. */
export function resolveImportOnly(id: string, directory: string): string | undefined {
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(id)?.[0];
  if (name === undefined) return undefined;
  for (let at = directory; ; at = dirname(at)) {
    const folder = join(at, "node_modules", name);
    const manifest = readManifest(join(folder, "package.json"));
    // The nearest package of that name is the one, whether it has what is asked or not.
    if (manifest !== undefined) return resolveIn(manifest, id, folder);
    if (at === dirname(at)) return undefined;
  }
}

function resolveIn(manifest: Package, id: string, folder: string): string | undefined {
  try {
    const [file] = resolve(manifest, id, { conditions: ["node"] }) ?? [];
    return file === undefined ? undefined : join(folder, file);
  } catch {
    // It throws for a path that the package does not export: so does `require`, and its error is the better one.
    return undefined;
  }
}

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
