import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../runner/own-kernel.js";

/** The version of this package. */
export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8"));
  return String(version);
}
