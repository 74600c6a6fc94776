// The two paths that a kernelspec holds. They are used long after the install, so those are taken that
// an upgrade leaves where they are.
import { realpathSync } from "node:fs";

/** Homebrew's versioned directory of Node goes with the next upgrade; the link beside it stays. */
export function stableNode(execPath: string, realpath: (path: string) => string = realpathSync): string {
  const link = execPath.replace(/\/Cellar\/([^/]+)\/[^/]+\/bin\/node$/, "/opt/$1/bin/node");
  return link !== execPath && leadsTo(link, execPath, realpath) ? link : execPath;
}

/**
 * Package managers such as pnpm keep packages in versioned directories behind a link that stays. Node
 * has resolved it for `program`, but `invoked` (argv[1]) still goes through it.
 */
export function stableProgram(
  program: string,
  invoked: string | undefined,
  realpath: (path: string) => string = realpathSync,
): string {
  const isBundle = invoked?.replaceAll("\\", "/").endsWith("/dist/cli/main.cjs") ?? false;
  return invoked !== undefined && isBundle && leadsTo(invoked, program, realpath) ? invoked : program;
}

/** Whether a path lies in the cache of `npx`, which npm may clean at any time. */
export function isInNpxCache(program: string): boolean {
  return /[\\/]_npx[\\/]/.test(program);
}

function leadsTo(link: string, target: string, realpath: (path: string) => string): boolean {
  try {
    return realpath(link) === realpath(target);
  } catch {
    // A link that is not there leads nowhere.
    return false;
  }
}
