import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import type { KernelLaunch } from "../../runner/kernel-process.js";

/** A kernel over the echo interpreter that can be started as a process. */
export interface EchoProgram {
  readonly launch: KernelLaunch;
  /** A directory of the test's own. */
  readonly directory: string;
  readonly remove: () => Promise<void>;
}

/** Bundles the echo kernel into a directory of its own, inside the project so that its packages are found. */
export async function buildEchoProgram(): Promise<EchoProgram> {
  const root = join(import.meta.dirname, "../..");
  await mkdir(join(root, ".cache"), { recursive: true });
  const directory = await mkdtemp(join(root, ".cache", "echo-"));
  const program = join(directory, "echo.mjs");
  await build({
    entryPoints: [join(import.meta.dirname, "echo-program.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "warning",
  });
  return {
    launch: {
      name: "echo",
      displayName: "Echo",
      language: "echo",
      argv: [process.execPath, program, "{connection_file}"],
      interruptMode: "message",
    },
    directory,
    remove: () => rm(directory, { recursive: true }),
  };
}
