import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { UsageError } from "../kernel/errors.js";

/** How npm is started. */
export interface NpmProgram {
  readonly program: string;
  readonly args: readonly string[];
}

/** Where npm is looked for. */
export interface NpmSurroundings {
  readonly execPath?: string;
  readonly path?: string;
  readonly platform?: NodeJS.Platform;
}

/** Finds the npm that belongs to the running Node, or else the first one on the PATH. */
export function findNpm({
  execPath = process.execPath,
  path = process.env.PATH ?? "",
  platform = process.platform,
}: NpmSurroundings = {}): NpmProgram {
  const folders = [dirname(execPath), ...path.split(delimiter)].filter((folder) => folder !== "");
  for (const folder of folders) {
    const script = platform === "win32" ? besideCommand(folder) : behindLink(folder);
    if (script === undefined) continue;
    return script.endsWith(".js") ? { program: execPath, args: [script] } : { program: script, args: [] };
  }
  throw new UsageError(
    `There is no npm beside ${execPath} nor on the PATH. Install npm, or a Node that brings it, and restart the kernel.`,
  );
}

/** `npm.cmd` only calls the script that lies beside it; Node starts that one without a shell. */
function besideCommand(folder: string): string | undefined {
  const script = join(folder, "node_modules", "npm", "bin", "npm-cli.js");
  return existsSync(join(folder, "npm.cmd")) && existsSync(script) ? script : undefined;
}

function behindLink(folder: string): string | undefined {
  const link = join(folder, "npm");
  return existsSync(link) ? realpathSync(link) : undefined;
}
