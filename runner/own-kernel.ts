import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { RunnerError } from "./errors.js";
import type { KernelLaunch } from "./kernel-process.js";

/** The kernel of this installation for a language, whatever is installed elsewhere. */
export function ownKernel(language: "typescript" | "javascript" = "typescript"): KernelLaunch {
  const program = join(packageRoot(), "dist", "cli", "main.cjs");
  if (!existsSync(program)) throw new RunnerError(`${program} is missing: run "npm run build" first.`);
  const isJavaScript = language === "javascript";
  return {
    name: isJavaScript ? "cellscope-js" : "cellscope",
    displayName: isJavaScript ? "JavaScript (Cellscope)" : "TypeScript (Cellscope)",
    language,
    argv: [
      process.execPath,
      program,
      "kernel",
      ...(isJavaScript ? ["--javascript"] : []),
      ...["--connection-file", "{connection_file}"],
    ],
    interruptMode: "message",
    // Cells run in another process: only a kernel that is stopped or broken is silent for so long.
    heartbeatLimit: 60_000,
  };
}

/** The directory of this package, found from the bundle or the source that this file is part of. */
export function packageRoot(from: string = fileURLToPath(import.meta.url)): string {
  for (let directory = dirname(from); ; directory = dirname(directory)) {
    if (existsSync(join(directory, "package.json"))) return directory;
    if (directory === dirname(directory)) throw new RunnerError(`No package.json stands above ${from}.`);
  }
}
