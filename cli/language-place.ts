import { homedir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../runner/own-kernel.js";

/** Where the language process of this installation is, and where it keeps what makes it start sooner. */
export function languagePlace(): { readonly mainPath: string; readonly cacheDirectory: string } {
  return {
    mainPath: join(packageRoot(), "dist/kernel/language/main.cjs"),
    cacheDirectory: cacheDirectory(),
  };
}

/** The user's cache folder, as each system has it. */
export function cacheDirectory(): string {
  if (process.platform === "win32" && process.env.LOCALAPPDATA) return join(process.env.LOCALAPPDATA, "cellscope");
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "cellscope");
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "cellscope");
}
