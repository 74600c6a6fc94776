// The language process as the build makes it, in a folder of its own inside the clone, where it finds its packages.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { stockTypeScript } from "../../scripts/stock-typescript.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A folder with `dist/kernel/language/main.cjs`, laid out like the package. */
export interface LanguageBundle {
  readonly directory: string;
  readonly mainPath: string;
  readonly remove: () => void;
}

export async function buildLanguageBundle(): Promise<LanguageBundle> {
  const cache = join(root, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const directory = mkdtempSync(join(cache, "cellscope-language-"));
  const mainPath = join(directory, "dist/kernel/language/main.cjs");
  await build({
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    target: "node20.19",
    format: "cjs",
    entryPoints: ["kernel/language/main.ts"],
    outfile: mainPath,
    plugins: [stockTypeScript],
    logLevel: "error",
  });
  return { directory, mainPath, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
